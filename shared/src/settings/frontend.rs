//! The pages of the frontend that mails and redirects lead to.

use super::Settings;

/// A page of the frontend. Its name is the one in `HEADLESS_FRONTEND_URLS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrontendPage {
    /// Its name in the settings.
    pub name: &'static str,
    /// The path of the hosted page, which is used if the settings do not name another.
    pub hosted: &'static str,
}

impl FrontendPage {
    /// Verifies an email address.
    pub const CONFIRM_EMAIL: Self = Self { name: "account_confirm_email", hosted: "/accounts/confirm-email/{key}/" };
    /// Asks for a reset link.
    pub const RESET_PASSWORD: Self = Self { name: "account_reset_password", hosted: "/accounts/password/reset/" };
    /// Sets a new password.
    pub const RESET_PASSWORD_FROM_KEY: Self =
        Self { name: "account_reset_password_from_key", hosted: "/accounts/password/reset/key/{key}/" };
    /// Signs up.
    pub const SIGNUP: Self = Self { name: "account_signup", hosted: "/accounts/signup/" };
    /// Shows why a login through a provider failed.
    pub const LOGIN_ERROR: Self = Self { name: "socialaccount_login_error", hosted: "/accounts/3rdparty/login/error/" };

    /// The names of `HEADLESS_FRONTEND_URLS` that have an effect.
    pub const NAMES: [&'static str; 6] = [
        Self::CONFIRM_EMAIL.name,
        Self::RESET_PASSWORD.name,
        Self::RESET_PASSWORD_FROM_KEY.name,
        Self::SIGNUP.name,
        Self::LOGIN_ERROR.name,
        "socialaccount_callback",
    ];

    /// Returns whether the page needs the key of its link.
    pub fn needs_key(self) -> bool {
        self.hosted.contains("{key}")
    }
}

impl Settings {
    /// Returns the URL of a page, with the key of a link. It depends only on the settings, never on a request.
    pub fn frontend_url(&self, page: FrontendPage, key: &str) -> String {
        let template = self.headless.frontend_urls.get(page.name).map_or(page.hosted, String::as_str);
        let url = crate::iri::to_uri(&template.replace("{key}", key));
        let base = self.service.public_url.as_str().trim_end_matches('/');
        if url.starts_with('/') { format!("{base}{url}") } else { url }
    }
}
