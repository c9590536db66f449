//! The settings of the JWT API, under the names of django-jwt-allauth.

use super::declaration::section;
use super::prefix::Prefix;
use super::secrets::SecretKey;
use super::values::{EmailVerification, SameSite, Value};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

section! {
    /// The JWT API.
    JwtApiSettings {
        /// Path of the JWT API (Latchkey only). `/` is the root. An empty prefix turns the API off.
        prefix: Prefix = "JWT_ALLAUTH_PREFIX", Prefix::new(JwtApiSettings::DEFAULT_PREFIX);
        /// The secret that signs the tokens of this API (HS256), at least 32 bytes. If unset, it is derived from `SECRET_KEY`.
        secret_key: Option<SecretKey> = "JWT_ALLAUTH_SECRET_KEY", None;
        /// Earlier values of `JWT_ALLAUTH_SECRET_KEY` (Latchkey only). They verify tokens, but do not sign. Without a
        /// `JWT_ALLAUTH_SECRET_KEY`, keys derived from `SECRET_KEY_FALLBACKS` also verify tokens.
        secret_key_fallbacks: Vec<SecretKey> = "JWT_ALLAUTH_SECRET_KEY_FALLBACKS", vec![];
        /// Lifetime of an access token in seconds.
        access_token_lifetime: i64 = "JWT_ALLAUTH_ACCESS_TOKEN_LIFETIME", 1800;
        /// Lifetime of a refresh token in seconds. Each refresh starts it again.
        refresh_token_lifetime: i64 = "JWT_ALLAUTH_REFRESH_TOKEN_LIFETIME", 1_209_600;
        /// Seconds after the login at which a session ends, however often it is refreshed. `null` means never, which is the
        /// default of django-jwt-allauth.
        session_lifetime: Option<i64> = "JWT_ALLAUTH_SESSION_LIFETIME", Some(7_776_000);
        /// Seconds for which the same client may still use a refresh token that was replaced (Latchkey only). It works like
        /// `HEADLESS_JWT_REFRESH_GRACE_SECONDS`. With 0, as in django-jwt-allauth, every second use of a refresh token ends its
        /// session. This logs out tabs that refresh at the same time, and phones that lose an answer. We recommend 60.
        refresh_grace_seconds: i64 = "JWT_ALLAUTH_REFRESH_GRACE_SECONDS", 0;
        /// Whether access tokens are valid only while their session exists.
        session_check: bool = "JWT_ALLAUTH_ACCESS_TOKEN_SESSION_CHECK", false;
        /// Whether refresh tokens are sent in a cookie, which is always `Secure`. If `false`, they are in bodies.
        refresh_token_as_cookie: bool = "JWT_ALLAUTH_REFRESH_TOKEN_AS_COOKIE", true;
        /// Whether scripts cannot read this cookie.
        refresh_cookie_http_only: bool = "JWT_ALLAUTH_REFRESH_TOKEN_COOKIE_HTTP_ONLY", true;
        /// The `SameSite` attribute of this cookie: `Lax`, `Strict`, `None`, or `false` for no attribute.
        refresh_cookie_same_site: SameSite = "JWT_ALLAUTH_REFRESH_TOKEN_COOKIE_SAME_SITE", SameSite::Lax;
        /// Path of this cookie.
        refresh_cookie_path: String = "JWT_ALLAUTH_REFRESH_TOKEN_COOKIE_PATH", "/".into();
        /// Lifetime of this cookie in seconds. If unset, it is that of the token. `null` makes it a cookie of the browser
        /// session.
        refresh_cookie_max_age: MaxAge = "JWT_ALLAUTH_REFRESH_TOKEN_COOKIE_MAX_AGE", MaxAge::OfToken;
        /// Whether `PUT user/` changes both names (Latchkey only), as the documentation of django-jwt-allauth describes. The
        /// package itself answers 405.
        user_put_enabled: bool = "JWT_ALLAUTH_USER_PUT_ENABLED", false;
        /// Additional claims, each with its path in the user: `{"given_name": "first_name"}`.
        user_attributes: ClaimPaths = "JWT_ALLAUTH_USER_ATTRIBUTES", ClaimPaths::default();
        /// Whether a capability in a cookie also needs the CSRF token.
        capability_cookie_csrf: bool = "JWT_ALLAUTH_CAPABILITY_COOKIE_CSRF", true;
        /// Whether users can be invited.
        invitations: bool = "JWT_ALLAUTH_INVITATIONS", false;
        /// Whether accounts can be created by invitation only. It closes signup in every API, like `ACCOUNT_SIGNUP_OPEN=false`.
        admin_managed_registration: bool = "JWT_ALLAUTH_ADMIN_MANAGED_REGISTRATION", false;
        /// The roles that may invite users.
        registration_allowed_roles: Vec<u32> = "JWT_ALLAUTH_REGISTRATION_ALLOWED_ROLES", vec![1000, 900];
        /// Whether a verification link logs the user in, in the browser that opens it.
        session_on_email_verification: bool = "JWT_ALLAUTH_SESSION_ON_EMAIL_VERIFICATION", false;
        /// Authenticator apps in this API: `disabled`, `optional` or `required`. If an account has a second factor, each mode
        /// asks for it.
        mfa_totp_mode: TotpMode = "JWT_ALLAUTH_MFA_TOTP_MODE", TotpMode::Disabled;
        /// The issuer that authenticator apps show. If `null` or empty, it is the host of `PUBLIC_URL`.
        totp_issuer: Option<String> = "JWT_ALLAUTH_TOTP_ISSUER", Some("JWT-Allauth".into());
        /// Failed attempts that end the challenge of a login. 0 means no limit.
        mfa_challenge_max_attempts: u32 = "JWT_ALLAUTH_MFA_CHALLENGE_MAX_ATTEMPTS", 5;
        /// Failed attempts that lock a user out of the second factor. 0 means no limit.
        mfa_max_attempts: u32 = "JWT_ALLAUTH_MFA_MAX_ATTEMPTS", 10;
        /// Seconds for which these failures count.
        mfa_lockout_seconds: i64 = "JWT_ALLAUTH_MFA_LOCKOUT_SECONDS", 900;
        /// Whether addresses have to be verified: `mandatory`, `optional` or `none` (or `false`). The APIs share their
        /// accounts, so this setting and `ACCOUNT_EMAIL_VERIFICATION` apply to every API. If only one is set, it counts. If
        /// both are set, the stricter one counts. If neither is set, verification is mandatory. `true` means `mandatory`,
        /// unless the other setting is `optional`.
        email_verification: JwtEmailVerification = "EMAIL_VERIFICATION", EmailVerification::Mandatory.into();
        /// Whether a link opens a page with a button, and only the button acts. If `false`, opening the link acts, as in
        /// django-jwt-allauth. Programs that check the links in mails then use them up.
        links_ask_first: bool = "LATCHKEY_LINKS_ASK_FIRST", false;
        /// Page to show after a verification link. If unset, a built-in page is used.
        email_verified_redirect: Option<String> = "EMAIL_VERIFIED_REDIRECT", None;
        /// Page where a user chooses a new password after a reset link. If unset, a built-in page is used.
        password_reset_redirect: Option<String> = "PASSWORD_RESET_REDIRECT", None;
        /// Page where a user chooses a first password after an invitation. If unset, a built-in page is used.
        password_set_redirect: Option<String> = "PASSWORD_SET_REDIRECT", None;
        /// The frontend's page for requesting a reset. Mails to owners of taken addresses link to it.
        password_reset_request_url: Option<String> = "PASSWORD_RESET_REQUEST_URL", None;
        /// Lifetime of a reset's cookie in seconds. The token in it lives as long as an access token.
        reset_cookie_max_age: i64 = "PASSWORD_RESET_COOKIE_MAX_AGE", 3600;
        /// Whether scripts cannot read this cookie.
        reset_cookie_http_only: bool = "PASSWORD_RESET_COOKIE_HTTP_ONLY", true;
        /// Whether this cookie is sent over https only.
        reset_cookie_secure: bool = "PASSWORD_RESET_COOKIE_SECURE", true;
        /// The `SameSite` attribute of this cookie: `Lax`, `Strict`, `None`, or `false` for no attribute.
        reset_cookie_same_site: SameSite = "PASSWORD_RESET_COOKIE_SAME_SITE", SameSite::Lax;
        /// Lifetime of an invitation's cookie in seconds. The token in it lives as long as an access token.
        set_cookie_max_age: i64 = "PASSWORD_SET_COOKIE_MAX_AGE", 86_400;
        /// Whether scripts cannot read this cookie.
        set_cookie_http_only: bool = "PASSWORD_SET_COOKIE_HTTP_ONLY", true;
        /// Whether this cookie is sent over https only.
        set_cookie_secure: bool = "PASSWORD_SET_COOKIE_SECURE", true;
        /// The `SameSite` attribute of this cookie: `Lax`, `Strict`, `None`, or `false` for no attribute.
        set_cookie_same_site: SameSite = "PASSWORD_SET_COOKIE_SAME_SITE", SameSite::Lax;
        /// Whether a password change requires the current password.
        old_password_field_enabled: bool = "OLD_PASSWORD_FIELD_ENABLED", true;
        /// Whether a new password ends all sessions and logins of the account.
        logout_on_password_change: bool = "LOGOUT_ON_PASSWORD_CHANGE", true;
    }
}

impl JwtApiSettings {
    /// The default path of the JWT API.
    pub const DEFAULT_PREFIX: &'static str = "/jwt-allauth";

    /// Returns whether users can be invited.
    pub fn has_invitations(&self) -> bool {
        self.invitations || self.admin_managed_registration
    }

    /// Returns whether the JWT API is served.
    pub fn is_on(&self) -> bool {
        self.prefix.is_on()
    }

    /// Returns whether users can register without an invitation.
    pub fn has_registration(&self) -> bool {
        !self.admin_managed_registration
    }

    /// Returns whether and when addresses are verified. After the settings are loaded, it is the same as
    /// `ACCOUNT_EMAIL_VERIFICATION`.
    pub fn verification(&self) -> EmailVerification {
        self.email_verification.method
    }

    /// Checks the settings of this API, together and with those of other sections.
    pub(super) fn check(&self, mfa_enabled: bool, problems: &mut Vec<String>) {
        for (name, seconds) in [
            ("JWT_ALLAUTH_ACCESS_TOKEN_LIFETIME", self.access_token_lifetime),
            ("JWT_ALLAUTH_REFRESH_TOKEN_LIFETIME", self.refresh_token_lifetime),
            ("JWT_ALLAUTH_SESSION_LIFETIME", self.session_lifetime.unwrap_or(1)),
        ] {
            if seconds < 1 {
                problems.push(format!("{name}: must be at least 1"));
            }
        }
        if self.mfa_totp_mode != TotpMode::Disabled && !mfa_enabled {
            problems.push("JWT_ALLAUTH_MFA_TOTP_MODE: needs MFA_ENABLED=true".into());
        }
        const RESERVED: [&str; 9] =
            ["token_type", "exp", "iat", "jti", "user_id", "session", "session_iat", "role", "email_verified"];
        for name in self.user_attributes.0.keys().filter(|name| RESERVED.contains(&name.as_str())) {
            problems.push(format!("JWT_ALLAUTH_USER_ATTRIBUTES: `{name}` is a reserved claim"));
        }
    }
}

/// The lifetime of a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxAge {
    /// The lifetime of the token in it.
    OfToken,
    /// Until the browser closes.
    Browser,
    /// This number of seconds.
    Seconds(i64),
}

impl Value for MaxAge {
    const KIND: &'static str = "number";
    fn from_json(json: &Json) -> Result<Self, String> {
        match json {
            Json::Null => Ok(Self::Browser),
            other => i64::deserialize(other).map(Self::Seconds).map_err(|_| "must be a number or null".to_owned()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::OfToken => String::new(),
            Self::Browser => "null".to_owned(),
            Self::Seconds(seconds) => seconds.to_string(),
        }
    }
}

/// Names of claims, each with its path in the user. In a list, the last part of each path is the name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimPaths(pub BTreeMap<String, String>);

impl Value for ClaimPaths {
    const KIND: &'static str = "dictionary or list";
    fn from_json(json: &Json) -> Result<Self, String> {
        const RIGHT: &str = "must be a JSON object of strings, or a list of them";
        if let Ok(paths) = Vec::<String>::deserialize(json) {
            let named = |path: String| (path.rsplit('.').next().unwrap_or_default().to_owned(), path);
            return Ok(Self(paths.into_iter().map(named).collect()));
        }
        BTreeMap::deserialize(json).map(Self).map_err(|_| RIGHT.to_owned())
    }
    fn show(&self) -> String {
        serde_json::json!(self.0).to_string()
    }
}

/// The use of authenticator apps in this API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotpMode {
    /// Users cannot set one up.
    Disabled,
    /// Users can set one up.
    Optional,
    /// Users must set one up to log in.
    Required,
}

impl Value for TotpMode {
    const KIND: &'static str = "`disabled`, `optional` or `required`";
    fn from_json(json: &Json) -> Result<Self, String> {
        match json.as_str() {
            Some("disabled") => Ok(Self::Disabled),
            Some("optional") => Ok(Self::Optional),
            Some("required") => Ok(Self::Required),
            _ => Err("must be one of: disabled optional required".to_owned()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Disabled => "disabled",
            Self::Optional => "optional",
            Self::Required => "required",
        }
        .to_owned()
    }
}

/// `EMAIL_VERIFICATION`, a word or a boolean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JwtEmailVerification {
    /// The method.
    pub(super) method: EmailVerification,
    /// Whether the method was not named, that is, the value was `true`.
    is_any: bool,
}

impl From<EmailVerification> for JwtEmailVerification {
    fn from(method: EmailVerification) -> Self {
        Self { method, is_any: false }
    }
}

impl JwtEmailVerification {
    /// Returns the value in combination with `ACCOUNT_EMAIL_VERIFICATION`.
    pub(super) fn beside(self, other: EmailVerification) -> Self {
        if self.is_any && other == EmailVerification::Optional { other.into() } else { self }
    }
}

impl Value for JwtEmailVerification {
    const KIND: &'static str = "`mandatory`, `optional`, `none` or boolean";
    fn from_json(json: &Json) -> Result<Self, String> {
        match json {
            Json::Bool(true) => Ok(Self { method: EmailVerification::Mandatory, is_any: true }),
            Json::Bool(false) => Ok(EmailVerification::None.into()),
            Json::String(word) => EmailVerification::from_json(&Json::String(word.to_lowercase())).map(Self::from),
            _ => Err("must be one of: mandatory optional none true false".to_owned()),
        }
    }
    fn show(&self) -> String {
        self.method.show()
    }
}
