//! Names that are not settings of Latchkey: settings of the references that it does not read, and misspelled names.

use super::{Settings, Source};
use strsim::damerau_levenshtein;

/// Prefixes of setting names. A name with one of these prefixes is a known setting or a mistake. The prefixes are as
/// narrow as possible, because the environment also contains variables of other programs, such as `SESSION_MANAGER`.
const PREFIXES: [&str; 24] = [
    "ACCOUNT_",
    "ALLAUTH_",
    "CORS_",
    "CSRF_",
    "DEFAULT_FROM_",
    "EMAIL_",
    "HEADLESS_",
    "JWT_ALLAUTH_",
    "LATCHKEY_",
    "LOGIN_REDIRECT_",
    "LOGOUT_ON_",
    "LOGOUT_REDIRECT_",
    "MFA_",
    "OLD_PASSWORD_",
    "PASSWORD_RESET_",
    "PASSWORD_SET_",
    "PUBLIC_URL",
    "SECRET_KEY",
    "SECURE_",
    "SESSION_COOKIE_",
    "SESSION_EXPIRE_",
    "SOCIALACCOUNT_",
    "USERSESSIONS_",
    "X_FRAME_",
];

/// Settings of Django, django-cors-headers and the references that this version does not read. Each is named in a warning.
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
    "ACCOUNT_SALT",
    "ACCOUNT_SIGNUP_FORM_CLASS",
    "ACCOUNT_SIGNUP_REDIRECT_URL",
    "ACCOUNT_TEMPLATE_EXTENSION",
    "ACCOUNT_USERNAME_VALIDATORS",
    "ACCOUNT_USER_DISPLAY",
    "ACCOUNT_USER_MODEL_EMAIL_FIELD",
    "ALLAUTH_DEFAULT_AUTO_FIELD",
    "CORS_ALLOWED_ORIGIN_REGEXES",
    "CORS_ALLOW_ALL_ORIGINS",
    "CORS_ALLOW_METHODS",
    "CORS_ALLOW_PRIVATE_NETWORK",
    "CORS_EXPOSE_HEADERS",
    "CORS_ORIGIN_ALLOW_ALL",
    "CORS_ORIGIN_REGEX_WHITELIST",
    "CORS_ORIGIN_WHITELIST",
    "CORS_PREFLIGHT_MAX_AGE",
    "CORS_URLS_REGEX",
    "CSRF_FAILURE_VIEW",
    "CSRF_USE_SESSIONS",
    "EMAIL_BACKEND",
    "EMAIL_FILE_PATH",
    "EMAIL_HOST",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_HOST_USER",
    "EMAIL_PORT",
    "EMAIL_SSL_CERTFILE",
    "EMAIL_SSL_KEYFILE",
    "EMAIL_SUBJECT_PREFIX",
    "EMAIL_TIMEOUT",
    "EMAIL_USE_LOCALTIME",
    "EMAIL_USE_SSL",
    "EMAIL_USE_TLS",
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
    "SESSION_CACHE_ALIAS",
    "SESSION_ENGINE",
    "SESSION_FILE_PATH",
    "SESSION_SAVE_EVERY_REQUEST",
    "SESSION_SERIALIZER",
    "SOCIALACCOUNT_ADAPTER",
    "SOCIALACCOUNT_FORMS",
    "SOCIALACCOUNT_LOGIN_ON_GET",
    "SOCIALACCOUNT_SOCIALACCOUNT_STR",
    "USERSESSIONS_ADAPTER",
];

/// Settings that django-allauth still accepts under their old names, and their replacements.
const DEPRECATED: [(&str, &str); 10] = [
    ("ACCOUNT_AUTHENTICATION_METHOD", "ACCOUNT_LOGIN_METHODS"),
    ("ACCOUNT_EMAIL_CONFIRMATION_COOLDOWN", "`confirm_email` in ACCOUNT_RATE_LIMITS"),
    ("ACCOUNT_EMAIL_REQUIRED", "`email*` in ACCOUNT_SIGNUP_FIELDS"),
    ("ACCOUNT_LOGIN_ATTEMPTS_LIMIT", "`login_failed` in ACCOUNT_RATE_LIMITS"),
    ("ACCOUNT_LOGIN_ATTEMPTS_TIMEOUT", "`login_failed` in ACCOUNT_RATE_LIMITS"),
    ("ACCOUNT_SESSION_COOKIE_AGE", "SESSION_COOKIE_AGE"),
    ("ACCOUNT_SIGNUP_EMAIL_ENTER_TWICE", "`email2*` in ACCOUNT_SIGNUP_FIELDS"),
    ("ACCOUNT_SIGNUP_PASSWORD_ENTER_TWICE", "`password2*` in ACCOUNT_SIGNUP_FIELDS"),
    ("ACCOUNT_SIGNUP_PASSWORD_VERIFICATION", "`password2*` in ACCOUNT_SIGNUP_FIELDS"),
    ("ACCOUNT_USERNAME_REQUIRED", "`username*` in ACCOUNT_SIGNUP_FIELDS"),
];

/// Settings of the references that must not be ignored, because the service would be less secure than they require.
const UNSUPPORTED: [&str; 1] = ["ACCOUNT_PASSWORD_MIN_LENGTH"];

/// Read before the settings, so no section contains it.
const FILE: &str = "LATCHKEY_SETTINGS";

/// Returns the problem of a name that no section has, or `None` if the name is not meant for Latchkey.
pub(super) fn problem(name: &str) -> Option<String> {
    let is_ours = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    if !is_ours || name == FILE || REFERENCE.contains(&name) {
        return None;
    }
    if UNSUPPORTED.contains(&name) {
        return Some(format!("{name}: this version does not support this setting of django-allauth"));
    }
    Some(match DEPRECATED.iter().find(|(old, _)| *old == name) {
        Some((_, instead)) => format!("{name}: is deprecated in django-allauth; use {instead}"),
        None => format!("{name}: unknown setting{}", suggestion(name)),
    })
}

pub(super) fn unread(source: &Source) -> Vec<String> {
    source.all().map(|(name, _)| name).filter(|name| REFERENCE.contains(name)).map(str::to_owned).collect()
}

/// Returns a hint with the known name that is the fewest edits away, if it is close.
fn suggestion(name: &str) -> String {
    let nearest = Settings::names().map(|known| (damerau_levenshtein(name, known), known)).min();
    match nearest {
        Some((edits, known)) if edits <= 3.max(name.len() / 5) => format!("; did you mean {known}?"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_known_prefix_so_a_misspelled_one_prevents_startup() {
        let outside = |name: &&str| !PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        assert_eq!(Settings::names().filter(outside).collect::<Vec<_>>(), [""; 0]);
        for name in Settings::names() {
            let misspelled = format!("{name}S");
            let problem = problem(&misspelled).unwrap_or_else(|| panic!("the misspelled name {misspelled} is ignored"));
            // The plural of one setting can be closer to another setting.
            assert!(problem.contains("; did you mean "), "{problem}");
        }
    }

    #[test]
    fn a_suggestion_is_the_closest_name_within_a_few_edits() {
        for (name, expected) in [
            ("SESSION_COOKIE_AEG", "; did you mean SESSION_COOKIE_AGE?"),
            ("SECURE_HSTS_SECOND", "; did you mean SECURE_HSTS_SECONDS?"),
            ("CSRF_TRUSTED_ORIGIN", "; did you mean CSRF_TRUSTED_ORIGINS?"),
            ("PASSWORD_RESET_TIME_OUT", "; did you mean PASSWORD_RESET_TIMEOUT?"),
            ("SECRET_KEY_FALLBACK", "; did you mean SECRET_KEY_FALLBACKS?"),
            ("X_FRAME_OPTION", "; did you mean X_FRAME_OPTIONS?"),
            // The same letters in another order are a different name.
            ("MFA_SEPYT_DETROPPUS", ""),
            ("EMAIL_API_KEY_OF_ANOTHER_SERVICE", ""),
        ] {
            assert_eq!(suggestion(name), expected, "{name}");
        }
    }

    #[test]
    fn names_of_other_programs_are_ignored() {
        let environment = [
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_REGION",
            "AWS_SESSION_TOKEN",
            "EMAIL",
            "HOME",
            "LAMBDA_TASK_ROOT",
            "LANG",
            "LD_LIBRARY_PATH",
            "PATH",
            "SECRETS_DIR",
            "SESSION_MANAGER",
            "TZ",
            "XDG_SESSION_ID",
            "_HANDLER",
            "_X_AMZN_TRACE_ID",
        ];
        for name in environment {
            assert_eq!(problem(name), None, "{name}");
        }
    }

    #[test]
    fn each_name_is_in_only_one_list() {
        let deprecated = DEPRECATED.iter().map(|(name, _)| *name);
        let mut all =
            Settings::names().chain(REFERENCE.iter().copied()).chain(deprecated).chain(UNSUPPORTED).collect::<Vec<_>>();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
