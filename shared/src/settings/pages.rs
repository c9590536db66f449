//! The settings of the hosted pages.

use super::declaration::section;
use super::{ClientKind, Settings, trusted_origin};
use url::Url;

section! {
    /// The hosted pages.
    PagesSettings {
        /// Whether the hosted pages are served (Latchkey only), at `/accounts/`. The local service serves them unless it is
        /// `false`. They need the API for browsers and its CSRF cookie, so `HEADLESS_ONLY=true`, `HEADLESS_CLIENTS` without
        /// `browser` and `CSRF_COOKIE_HTTPONLY=true` turn them off.
        enabled: bool = "LATCHKEY_PAGES", false;
        /// The page after a login without `next`: a path below `PUBLIC_URL`, or a URL of this service or of a trusted origin.
        login_redirect_url: String = "LOGIN_REDIRECT_URL", "/accounts/profile/".into();
        /// The page after a logout. If unset, it is the login page.
        logout_redirect_url: Option<String> = "LOGOUT_REDIRECT_URL", None;
        /// The logo on the pages (Latchkey only): a URL with `https:` or `data:`, or a path. It is at most 40 pixels high.
        logo_url: Option<String> = "LATCHKEY_LOGO_URL", None;
        /// The color of buttons and links (Latchkey only), as `#rrggbb`. Links are darker or lighter if it has too
        /// little contrast.
        accent_color: Option<String> = "LATCHKEY_ACCENT_COLOR", None;
        /// The terms of service that the pages link to (Latchkey only).
        terms_url: Option<String> = "LATCHKEY_TERMS_URL", None;
        /// The privacy policy that the pages link to (Latchkey only).
        privacy_url: Option<String> = "LATCHKEY_PRIVACY_URL", None;
        /// CSS rules that the pages load after their own (Latchkey only).
        css: String = "LATCHKEY_PAGES_CSS", String::new();
    }
}

impl Settings {
    /// Returns whether the hosted pages are served.
    pub fn serves_pages(&self) -> bool {
        let has_browsers = self.headless.clients.contains(&ClientKind::Browser) && !self.cookies.csrf_httponly;
        self.pages.enabled && has_browsers && !self.headless.only
    }

    pub(super) fn check_pages(&self, problems: &mut Vec<String>) {
        let pages = &self.pages;
        let trusted = self.frontend_origins();
        let is_ours = |url: &str| {
            let Ok(url) = self.service.public_url.join(url) else { return false };
            let origin = url.origin();
            let text = origin.ascii_serialization();
            origin == self.service.public_url.origin() || trusted.iter().any(|trusted| trusted_origin(trusted, &text))
        };
        for (name, url) in [
            ("LOGIN_REDIRECT_URL", Some(&pages.login_redirect_url)),
            ("LOGOUT_REDIRECT_URL", pages.logout_redirect_url.as_ref()),
        ] {
            if url.is_some_and(|url| !is_ours(url)) {
                problems.push(format!(
                    "{name}: must be a path, or a URL of an origin in CORS_ALLOWED_ORIGINS, CSRF_TRUSTED_ORIGINS or \
                     HEADLESS_FRONTEND_URLS"
                ));
            }
        }
        let is_web =
            |url: &str| url.starts_with('/') || Url::parse(url).is_ok_and(|url| url.scheme().starts_with("http"));
        let is_logo = |url: &str| is_web(url) || url.starts_with("data:image/");
        if pages.logo_url.as_deref().is_some_and(|url| !is_logo(url)) {
            problems.push("LATCHKEY_LOGO_URL: must be a path, an `https:` URL or a `data:image/` URL".to_owned());
        }
        for (name, url) in [("LATCHKEY_TERMS_URL", &pages.terms_url), ("LATCHKEY_PRIVACY_URL", &pages.privacy_url)] {
            if url.as_deref().is_some_and(|url| !is_web(url)) {
                problems.push(format!("{name}: must be a path or an `https:` URL"));
            }
        }
        let is_color = |color: &str| {
            color.len() == 7 && color.starts_with('#') && color[1..].bytes().all(|digit| digit.is_ascii_hexdigit())
        };
        if pages.accent_color.as_deref().is_some_and(|color| !is_color(color)) {
            problems.push("LATCHKEY_ACCENT_COLOR: must be a color such as `#1f5fbf`".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::{Settings, Source};

    /// Returns the problems of a setting.
    fn problems(name: &str, value: &str) -> Vec<String> {
        let all = [
            ("SECRET_KEY", "0123456789abcdef0123456789abcdef"),
            ("CSRF_TRUSTED_ORIGINS", r#"["https://*.example.com"]"#),
            (name, value),
        ];
        let source = Source::new(all.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Settings::load(&source).err().map(|problems| problems.0).unwrap_or_default()
    }

    #[test]
    fn redirects_of_pages_are_limited_to_our_own_and_trusted_origins() {
        for name in ["LOGIN_REDIRECT_URL", "LOGOUT_REDIRECT_URL"] {
            for url in ["/home?a=1", "http://localhost:8000/x", "https://app.example.com/"] {
                assert_eq!(problems(name, url), [""; 0], "{name} {url}");
            }
            for url in ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil.example"] {
                assert!(problems(name, url)[0].starts_with(name), "{name} {url}");
            }
        }
    }

    #[test]
    fn links_and_colors_of_the_brand_are_checked() {
        for (name, right, wrong) in [
            ("LATCHKEY_LOGO_URL", "data:image/png;base64,AA==", "javascript:alert(1)"),
            ("LATCHKEY_TERMS_URL", "/terms", "terms"),
            ("LATCHKEY_PRIVACY_URL", "https://example.com/privacy", "javascript:alert(1)"),
            ("LATCHKEY_ACCENT_COLOR", "#1F5fbf", "red; } body { display: none"),
            ("SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX", "sso", "a/b"),
        ] {
            assert_eq!(problems(name, right), [""; 0], "{name}");
            assert!(problems(name, wrong)[0].starts_with(name), "{name}");
        }
    }
}
