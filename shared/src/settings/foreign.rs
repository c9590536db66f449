//! Names that are not ours: those the references know and nothing here reads, and plain mistakes.

use super::{Settings, Source};

/// A name with one of these is meant for us.
const PREFIXES: [&str; 14] = [
    "ACCOUNT_",
    "ALLAUTH_",
    "CORS_",
    "CSRF_",
    "HEADLESS_",
    "JWT_ALLAUTH_",
    "LATCHKEY_",
    "MFA_",
    "SECURE_CONTENT_",
    "SECURE_CROSS_",
    "SECURE_HSTS_",
    "SECURE_REFERRER_",
    "SOCIALACCOUNT_",
    "USERSESSIONS_",
];

/// Settings of the references that this version does not read.
const REFERENCE: &[&str] = &[
    "ACCOUNT_ADAPTER",
    "ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS",
    "ACCOUNT_CONFIRM_EMAIL_ON_GET",
    "ACCOUNT_DEFAULT_HTTP_PROTOCOL",
    "ACCOUNT_EMAIL_CONFIRMATION_ANONYMOUS_REDIRECT_URL",
    "ACCOUNT_EMAIL_CONFIRMATION_AUTHENTICATED_REDIRECT_URL",
    "ACCOUNT_EMAIL_CONFIRMATION_HMAC",
    "ACCOUNT_EMAIL_MAX_LENGTH",
    "ACCOUNT_FORMS",
    "ACCOUNT_LOGOUT_ON_GET",
    "ACCOUNT_LOGOUT_REDIRECT_URL",
    "ACCOUNT_PASSWORD_INPUT_RENDER_VALUE",
    "ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR",
    "ACCOUNT_SIGNUP_FORM_CLASS",
    "ACCOUNT_SIGNUP_REDIRECT_URL",
    "ACCOUNT_TEMPLATE_EXTENSION",
    "ACCOUNT_USERNAME_VALIDATORS",
    "ACCOUNT_USER_DISPLAY",
    "ACCOUNT_USER_MODEL_EMAIL_FIELD",
    "CSRF_FAILURE_VIEW",
    "CSRF_USE_SESSIONS",
    "HEADLESS_ADAPTER",
    "HEADLESS_ENABLED",
    "HEADLESS_SPECIFICATION_TEMPLATE_NAME",
    "JWT_ACCESS_TOKEN_LIFETIME",
    "JWT_ALLAUTH_CLIENT_IP_RESOLVER",
    "JWT_ALLAUTH_COLLECT_USER_AGENT",
    "JWT_ALLAUTH_REFRESH_TOKEN",
    "JWT_ALLAUTH_REFRESH_TOKEN_COOKIE_SECURE",
    "JWT_ALLAUTH_REGISTER_PERMISSION_CLASSES",
    "JWT_ALLAUTH_SERIALIZERS",
    "JWT_ALLAUTH_SOCIAL_CALLBACK_URLS",
    "JWT_ALLAUTH_SOCIAL_EMAIL_LINKING",
    "JWT_ALLAUTH_SOCIAL_REQUIRE_VERIFIED_EMAIL",
    "JWT_ALLAUTH_TEMPLATES",
    "JWT_ALLAUTH_TOKEN_RETENTION",
    "JWT_REFRESH_TOKEN_LIFETIME",
    "JWT_SECRET_KEY",
    "MFA_ADAPTER",
    "MFA_FORMS",
    "MFA_TOTP_INSECURE_BYPASS_CODE",
    "SECURE_PROXY_SSL_HEADER",
    "SECURE_REDIRECT_EXEMPT",
    "SECURE_SSL_HOST",
    "SECURE_SSL_REDIRECT",
    "SOCIALACCOUNT_ADAPTER",
    "SOCIALACCOUNT_FORMS",
    "SOCIALACCOUNT_LOGIN_ON_GET",
    "USERSESSIONS_ADAPTER",
];

/// Settings that django-allauth still understands under their old names, and what stands in their place.
const DEPRECATED: [(&str, &str); 9] = [
    ("ACCOUNT_AUTHENTICATION_METHOD", "ACCOUNT_LOGIN_METHODS"),
    ("ACCOUNT_EMAIL_CONFIRMATION_COOLDOWN", "`confirm_email` in ACCOUNT_RATE_LIMITS"),
    ("ACCOUNT_EMAIL_REQUIRED", "`email*` in ACCOUNT_SIGNUP_FIELDS"),
    ("ACCOUNT_LOGIN_ATTEMPTS_LIMIT", "`login_failed` in ACCOUNT_RATE_LIMITS"),
    ("ACCOUNT_LOGIN_ATTEMPTS_TIMEOUT", "`login_failed` in ACCOUNT_RATE_LIMITS"),
    ("ACCOUNT_SESSION_COOKIE_AGE", "SESSION_COOKIE_AGE"),
    ("ACCOUNT_SIGNUP_EMAIL_ENTER_TWICE", "`email2*` in ACCOUNT_SIGNUP_FIELDS"),
    ("ACCOUNT_SIGNUP_PASSWORD_ENTER_TWICE", "`password2*` in ACCOUNT_SIGNUP_FIELDS"),
    ("ACCOUNT_USERNAME_REQUIRED", "`username*` in ACCOUNT_SIGNUP_FIELDS"),
];

/// Read before the settings are, so no section knows it.
const FILE: &str = "LATCHKEY_SETTINGS";

/// What is wrong with a name that no section has, unless it is none of our business.
pub(super) fn problem(name: &str) -> Option<String> {
    let is_ours = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    if !is_ours || name == FILE || REFERENCE.contains(&name) {
        return None;
    }
    Some(match DEPRECATED.iter().find(|(old, _)| *old == name) {
        Some((_, instead)) => format!("{name}: is deprecated in django-allauth; use {instead}"),
        None => format!("{name}: there is no setting of this name{}", suggestion(name)),
    })
}

pub(super) fn unread(source: &Source) -> Vec<String> {
    source.all().map(|(name, _)| name).filter(|name| REFERENCE.contains(name)).map(str::to_owned).collect()
}

/// The known name that differs least, where one is close.
fn suggestion(name: &str) -> String {
    let nearest = Settings::names().map(|known| (differing(name, known), known)).min();
    match nearest {
        Some((letters, known)) if letters <= 3 => format!("; did you mean {known}?"),
        _ => String::new(),
    }
}

/// How many letters of the one are missing in the other, both ways.
fn differing(a: &str, b: &str) -> usize {
    let mut counts = std::collections::BTreeMap::<char, isize>::new();
    a.chars().for_each(|letter| *counts.entry(letter).or_default() += 1);
    b.chars().for_each(|letter| *counts.entry(letter).or_default() -= 1);
    counts.values().map(|count| count.unsigned_abs()).sum()
}
