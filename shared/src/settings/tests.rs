use super::*;

pub(super) fn load(pairs: &[(&str, &str)]) -> Result<Settings, Problems> {
    let secret = ("SECRET_KEY", "0123456789abcdef0123456789abcdef");
    let url = ("HEADLESS_FRONTEND_URLS", r#"{"account_confirm_email": "https://app.example/verify/{key}"}"#);
    let pairs = [secret, url].into_iter().chain(pairs.iter().copied());
    Settings::load(&Source::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))))
}

#[test]
fn defaults_that_differ_from_the_reference_are_as_documented() {
    let settings = load(&[]).unwrap();
    assert_eq!(settings.account.login_methods, [LoginMethod::Email]);
    assert_eq!(settings.account.email_verification, EmailVerification::Mandatory);
    assert_eq!(settings.account.username_field, None);
    assert!(settings.mfa.enabled && settings.user_sessions.enabled);
}

#[test]
fn strings_are_plain_and_other_values_are_json() {
    let settings = load(&[
        ("ACCOUNT_EMAIL_VERIFICATION", "optional"),
        ("ACCOUNT_LOGIN_METHODS", r#"["email","username"]"#),
        ("ACCOUNT_USER_MODEL_USERNAME_FIELD", "username"),
        ("ACCOUNT_PREVENT_ENUMERATION", "strict"),
        ("ACCOUNT_EMAIL_SUBJECT_PREFIX", "123"),
        ("ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND", "true"),
    ])
    .unwrap();
    assert_eq!(settings.account.email_verification, EmailVerification::Optional);
    assert_eq!(settings.account.login_methods, [LoginMethod::Email, LoginMethod::Username]);
    assert_eq!(settings.account.prevent_enumeration, PreventEnumeration::Strict);
    assert_eq!(settings.account.email_subject_prefix, "123");
    assert_eq!(settings.account.email_verification_supports_resend, Quota(2));
}

#[test]
fn settings_of_the_references_without_effect_are_listed_and_do_not_prevent_startup() {
    let pairs = [("ACCOUNT_TEMPLATE_EXTENSION", "html"), ("JWT_ALLAUTH_SOCIAL_CALLBACK_URLS", "{}")];
    assert!(load(&pairs).is_ok());
    let source = Source::new(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(Settings::unread(&source), pairs.map(|(name, _)| name));
}

#[test]
fn every_mistake_is_reported_together_by_name() {
    let Problems(problems) = load(&[
        ("ACCOUNT_EMAIL_VERIFICATION", "sometimes"),
        ("ACCOUNT_LOGIN_TIMEOUT", "soon"),
        ("ACCOUNT_LOGIN_METHOD", "[]"),
        ("SECRET_KEY", "short"),
        ("CORS_ALLOWED_ORIGINS", r#"["https://app.example/path"]"#),
    ])
    .unwrap_err();
    for name in ["ACCOUNT_EMAIL_VERIFICATION:", "ACCOUNT_LOGIN_TIMEOUT:", "SECRET_KEY:", "CORS_ALLOWED_ORIGINS:"] {
        assert!(problems.iter().any(|problem| problem.starts_with(name)), "{name} in {problems:?}");
    }
    assert!(
        problems.contains(&"ACCOUNT_LOGIN_METHOD: unknown setting; did you mean ACCOUNT_LOGIN_METHODS?".to_owned())
    );
}

#[test]
fn a_deprecated_name_is_refused_with_its_replacement() {
    let problems = load(&[("ACCOUNT_EMAIL_REQUIRED", "true")]).unwrap_err().0;
    assert_eq!(
        problems,
        ["ACCOUNT_EMAIL_REQUIRED: is deprecated in django-allauth; use `email*` in ACCOUNT_SIGNUP_FIELDS"]
    );
}

#[test]
fn an_origin_is_scheme_host_and_port_and_nothing_else() {
    let load = |origin: &str| {
        let list = serde_json::json!([origin]).to_string();
        load(&[("CORS_ALLOWED_ORIGINS", &list), ("CSRF_TRUSTED_ORIGINS", &list)])
    };
    for good in ["https://app.example", "http://localhost:3000", "capacitor://localhost", "chrome-extension://abcdef"] {
        assert!(load(good).is_ok(), "{good}");
    }
    for bad in [
        "app.example",
        "https://app.example/",
        "capacitor://localhost/",
        "https://*",
        "null",
        "file://",
        "x:y",
        "a://b@c",
    ] {
        let Problems(problems) = load(bad).unwrap_err();
        assert!(problems.iter().any(|problem| problem.starts_with("CORS_ALLOWED_ORIGINS:")), "{bad}: {problems:?}");
    }
}

#[test]
fn security_headers_have_djangos_defaults_and_invalid_values_are_refused() {
    let security = load(&[]).unwrap().security;
    assert!(security.content_type_nosniff && security.hsts_seconds == 0);
    assert_eq!(security.referrer_policy.as_deref(), Some("same-origin"));
    assert_eq!(security.frame_options, FrameOptions::Deny);
    assert!(load(&[("SECURE_REFERRER_POLICY", "no-referrer, same-origin")]).is_ok());
    assert_eq!(load(&[("SECURE_REFERRER_POLICY", "null")]).unwrap().security.referrer_policy, None);
    for wrong in [
        ("SECURE_REFERRER_POLICY", "nowhere"),
        ("SECURE_CROSS_ORIGIN_OPENER_POLICY", "nobody"),
        ("X_FRAME_OPTIONS", "ALLOWALL"),
        ("SECURE_HSTS_SECONDS", "-1"),
        ("SECURE_HSTS_SECOND", "1"),
        ("ALLAUTH_TRUSTED_CLIENT_IP_HEADER", "X Real IP"),
    ] {
        let Problems(problems) = load(&[wrong]).unwrap_err();
        assert!(problems.len() == 1 && problems[0].starts_with(&format!("{}:", wrong.0)), "{problems:?}");
    }
}

#[test]
fn a_secret_key_is_required() {
    let Problems(problems) = Settings::load(&Source::default()).unwrap_err();
    assert!(problems.iter().any(|problem| problem.starts_with("SECRET_KEY: ")), "{problems:?}");
}

#[test]
fn with_third_party_identities_only_other_login_methods_are_refused() {
    let all = [
        ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
        ("MFA_PASSKEY_LOGIN_ENABLED", "true"),
        ("MFA_PASSKEY_SIGNUP_ENABLED", "true"),
        ("MFA_SUPPORTED_TYPES", r#"["webauthn"]"#),
        ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
    ];
    assert!(load(&all).is_ok());
    let Problems(problems) = load(&[&all[..], &[("SOCIALACCOUNT_ONLY", "true")]].concat()).unwrap_err();
    for (name, _) in &all[..3] {
        assert!(problems.iter().any(|it| it.starts_with("SOCIALACCOUNT_ONLY: ") && it.contains(name)), "{problems:?}");
    }
    assert!(load(&[("SOCIALACCOUNT_ONLY", "true")]).is_ok());
}

#[test]
fn the_stricter_setting_of_verification_applies_to_every_api() {
    use EmailVerification::{Mandatory, None, Optional};
    let of = |pairs: &[(&str, &str)]| {
        let settings = load(pairs).unwrap();
        (settings.account.email_verification, settings.jwt_api.verification())
    };
    let (own, headless) = ("EMAIL_VERIFICATION", "ACCOUNT_EMAIL_VERIFICATION");
    assert_eq!(of(&[]), (Mandatory, Mandatory));
    assert_eq!(of(&[(own, "optional")]), (Optional, Optional));
    assert_eq!(of(&[(own, "true")]), (Mandatory, Mandatory));
    assert_eq!(of(&[(own, "false")]), (None, None));
    assert_eq!(of(&[(headless, "none")]), (None, None));
    assert_eq!(of(&[(own, "mandatory"), (headless, "optional")]), (Mandatory, Mandatory));
    assert_eq!(of(&[(own, "true"), (headless, "optional")]), (Optional, Optional));
    assert_eq!(of(&[(own, "none"), (headless, "mandatory")]), (Mandatory, Mandatory));
}

#[test]
fn the_jwt_api_accepts_the_references_values_and_refuses_invalid_ones() {
    let of = |pairs: &[(&str, &str)]| load(pairs).map(|settings| settings.jwt_api);
    for (given, prefix) in [("/auth/", "/auth"), ("auth", "/auth"), ("/", "")] {
        assert_eq!(of(&[("JWT_ALLAUTH_PREFIX", given)]).unwrap().prefix.as_str(), prefix, "{given}");
    }
    let at = |pairs: &[(&str, &str)]| load(pairs).map(|settings| settings.flat.prefix.as_str().to_owned());
    assert_eq!(at(&[("JWT_ALLAUTH_PREFIX", "/auth")]), Ok(String::new()), "the flat API is turned off");
    assert!(at(&[("JWT_ALLAUTH_PREFIX", "/x"), ("HEADLESS_FLAT_PREFIX", "/x")]).is_err());
    let age = |given| of(&[("JWT_ALLAUTH_REFRESH_TOKEN_COOKIE_MAX_AGE", given)]).unwrap().refresh_cookie_max_age;
    assert_eq!((age("null"), age("60")), (MaxAge::Browser, MaxAge::Seconds(60)));
    let paths = of(&[("JWT_ALLAUTH_USER_ATTRIBUTES", r#"["organization.id"]"#)]).unwrap().user_attributes;
    assert_eq!(paths.0.get("id").map(String::as_str), Some("organization.id"));
    for wrong in [
        ("JWT_ALLAUTH_PREFIX", "/a b"),
        ("JWT_ALLAUTH_MFA_TOTP_MODE", "sometimes"),
        ("JWT_ALLAUTH_USER_ATTRIBUTES", r#"{"role": "attributes.role"}"#),
        ("JWT_ALLAUTH_ACCESS_TOKEN_LIFETIME", "0"),
        ("JWT_ALLAUTH_SECRET_KEY", "short"),
        ("JWT_ALLAUTH_NONSENSE", "1"),
        ("EMAIL_VERIFICATION", "sometimes"),
    ] {
        let Problems(problems) = of(&[wrong]).unwrap_err();
        assert!(problems.iter().all(|problem| problem.starts_with(wrong.0)), "{problems:?}");
    }
    let off = [("JWT_ALLAUTH_MFA_TOTP_MODE", "optional"), ("MFA_ENABLED", "false")];
    assert!(of(&off).is_err());
}

#[test]
fn the_environment_overrides_the_file() {
    let mut source = Source::new([("ACCOUNT_LOGIN_TIMEOUT".to_owned(), "60".to_owned())]);
    source.file = serde_json::from_str(
        r#"{"ACCOUNT_LOGIN_TIMEOUT": 5, "SESSION_COOKIE_AGE": 7, "SECRET_KEY": "0123456789abcdef0123456789abcdef",
            "HEADLESS_ONLY": false}"#,
    )
    .unwrap();
    let settings = Settings::load(&source).unwrap();
    assert_eq!((settings.account.login_timeout, settings.cookies.session_age), (60, 7));
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_unicode_is_ignored() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let given = [("ACCOUNT_LOGIN_TIMEOUT", b"60".to_vec()), ("LS_COLORS", vec![0xff])];
    let given = given.map(|(name, value)| (OsString::from(name), OsString::from_vec(value)));
    let source = Source::from_variables(given.into_iter()).unwrap();
    let source =
        source.with_default("SECRET_KEY", || "0".repeat(32)).with_default("HEADLESS_ONLY", || "false".to_owned());
    assert_eq!(Settings::load(&source).unwrap().account.login_timeout, 60);
}

#[test]
fn the_settings_page_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/settings.md");
    let page = std::fs::read_to_string(path).unwrap_or_default();
    assert!(page == document(), "docs/settings.md is stale: cargo run -- settings > docs/settings.md");
}

#[test]
fn a_preset_sets_a_group_and_explicit_settings_override_it() {
    let of = |pairs: &[(&str, &str)]| load(pairs).unwrap();
    let passkeys = of(&[("LATCHKEY_PRESET", "passkeys")]);
    assert!(
        passkeys.mfa.has_passkey_login() && passkeys.mfa.has_passkey_signup() && passkeys.mfa.webauthn_full_options
    );
    assert!(passkeys.account.email_notifications);
    let own = of(&[("LATCHKEY_PRESET", "passkeys"), ("MFA_PASSKEY_SIGNUP_ENABLED", "false")]);
    assert!(own.mfa.has_passkey_login() && !own.mfa.has_passkey_signup());
    let passwordless = of(&[("LATCHKEY_PRESET", "passwordless")]);
    assert!(passwordless.account.login_by_code_enabled);
    assert!(passwordless.account.signup_fields.get("password1").is_none());
    let classic = of(&[("LATCHKEY_PRESET", "classic")]);
    assert!(classic.cookies.device_cookie && classic.mfa.supports("webauthn") && !classic.mfa.has_passkey_login());
    assert!(!of(&[]).account.email_notifications);
    let Problems(problems) = load(&[("LATCHKEY_PRESET", "passkey")]).unwrap_err();
    assert!(problems[0].starts_with("LATCHKEY_PRESET: must be one of: classic passwordless passkeys"), "{problems:?}");
}

#[test]
fn security_keys_are_bound_to_the_domain_of_the_shared_cookies() {
    let base = [
        ("PUBLIC_URL", "https://auth.example.com"),
        ("CORS_ALLOWED_ORIGINS", r#"["https://app.example.com"]"#),
        ("LATCHKEY_PRESET", "passkeys"),
    ];
    let with = |more: &[(&str, &str)]| load(&[&base[..], more].concat());
    let policy = with(&[("CSRF_COOKIE_DOMAIN", ".example.com")]).unwrap().webauthn_policy();
    assert_eq!(policy.rp_id, "example.com");
    assert!(policy.origins.contains(&"https://app.example.com".to_owned()), "{:?}", policy.origins);
    assert_eq!(with(&[("MFA_WEBAUTHN_RP_ID", "example.com")]).unwrap().webauthn_policy().rp_id, "example.com");
    let Problems(problems) = with(&[]).unwrap_err();
    assert!(problems.iter().any(|it| it.starts_with("CORS_ALLOWED_ORIGINS: pages of `https://app.example.com`")));
    let without_keys =
        [("PUBLIC_URL", "https://auth.example.com"), ("CORS_ALLOWED_ORIGINS", r#"["https://app.example.com"]"#)];
    assert!(load(&without_keys).is_ok(), "security keys are off there");
}
