//! The boot data: the settings that the pages need, as JSON in the document. `web/src/boot.ts` has the same types.

use serde::Serialize;
use shared::envelope::{Authentication, Configuration, ConfigurationResponse, UnauthenticatedResponse};
use shared::http::ApiRequest;
use shared::session::Caller;
use shared::settings::{ClientKind, LoginMethod, Settings, SignupFields};

/// The boot data in the document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Boot<'a> {
    /// `PUBLIC_URL`, without a slash at its end.
    public_url: &'a str,
    /// The `data` of `GET config`.
    configuration: Configuration<'a>,
    /// The body of `GET auth/session`, if the browser sends no session.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<UnauthenticatedResponse<'a>>,
    brand: Brand<'a>,
    login_redirect_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    logout_redirect_url: Option<&'a str>,
    /// The other origins that `next` can lead to.
    trusted_origins: Vec<String>,
    csrf_cookie_name: &'a str,
    csrf_header_name: String,
    signup: Signup<'a>,
    account: Account,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Brand<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terms_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    privacy_url: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signup<'a> {
    fields: Vec<Field<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    honeypot: Option<&'a str>,
    by_passkey: bool,
}

#[derive(Serialize)]
struct Field<'a> {
    name: &'a str,
    required: bool,
}

/// The features of accounts that `GET config` does not list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    providers_only: bool,
    has_phone: bool,
    changes_email: bool,
    logs_out_on_password_change: bool,
    can_resend_email_code: bool,
    can_change_pending_email: bool,
    can_resend_phone_code: bool,
    can_change_pending_phone: bool,
    can_resend_login_code: bool,
}

impl<'a> Boot<'a> {
    /// Creates the data for the browser that sent this request.
    pub(crate) fn new(request: &'a ApiRequest) -> Self {
        static ANONYMOUS: Caller = Caller::Anonymous;
        let app = &*request.app;
        let settings = &*app.settings;
        let (service, pages, cookies) = (&settings.service, &settings.pages, &settings.cookies);
        let has_session = request.cookie(&cookies.session_name).is_some();
        let session = match Authentication::new(app, ClientKind::Browser, &ANONYMOUS) {
            Authentication::Unauthenticated(response) if !has_session => Some(response),
            _ => None,
        };
        Self {
            public_url: service.public_url.as_str().trim_end_matches('/'),
            configuration: ConfigurationResponse::new(app, ClientKind::Browser).data,
            session,
            brand: Brand {
                name: &service.product_name,
                logo_url: pages.logo_url.as_deref(),
                terms_url: pages.terms_url.as_deref(),
                privacy_url: pages.privacy_url.as_deref(),
            },
            login_redirect_url: &pages.login_redirect_url,
            logout_redirect_url: pages.logout_redirect_url.as_deref(),
            trusted_origins: settings.frontend_origins(),
            csrf_cookie_name: &cookies.csrf_name,
            csrf_header_name: settings.csrf_header(),
            signup: Signup {
                fields: fields(&settings.account.signup_fields),
                honeypot: settings.account.signup_form_honeypot_field.as_deref(),
                by_passkey: settings.mfa.has_passkey_signup(),
            },
            account: Account::new(settings),
        }
    }
}

impl Account {
    fn new(settings: &Settings) -> Self {
        let account = &settings.account;
        let by_phone = account.login_methods.contains(&LoginMethod::Phone);
        let resends_code =
            account.email_verification_by_code_enabled && account.email_verification_supports_resend.0 > 0;
        Self {
            providers_only: settings.social.only,
            has_phone: by_phone || account.signup_fields.get("phone").is_some(),
            changes_email: account.change_email,
            logs_out_on_password_change: account.logout_on_password_change,
            can_resend_email_code: resends_code,
            can_change_pending_email: account.email_verification_supports_change.0 > 0,
            can_resend_phone_code: account.phone_verification_supports_resend.0 > 0,
            can_change_pending_phone: account.phone_verification_supports_change.0 > 0,
            can_resend_login_code: account.login_by_code_supports_resend.0 > 0,
        }
    }
}

fn fields(fields: &SignupFields) -> Vec<Field<'_>> {
    fields.iter().map(|(name, field)| Field { name, required: field.required }).collect()
}
