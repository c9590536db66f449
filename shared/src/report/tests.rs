//! Faults in settings, and the checks that name them.

use super::{Check, Level, Place, of_settings};
use crate::clock::Timestamp;
use crate::settings::{Settings, Source};
use crate::store::{Description, Index};

const HTTPS: (&str, &str) = ("PUBLIC_URL", "https://auth.acme.dev");
const SENDER: (&str, &str) = ("DEFAULT_FROM_EMAIL", "Acme <hello@acme.dev>");
const PAGES: (&str, &str) = ("LATCHKEY_PAGES", "true");

/// Returns the faults of a deployment with these settings.
fn faults(pairs: &[(&str, &str)]) -> Vec<Check> {
    let all = [("SECRET_KEY", "0123456789abcdef0123456789abcdef"), HTTPS, SENDER, PAGES];
    let all = all.iter().chain(pairs).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let settings = Settings::load(&Source::new(all)).unwrap();
    of_settings(&settings, Place::Deployed).into_iter().filter(|check| check.level != Level::Ok).collect()
}

/// Asserts that settings have one fault with this name and level. Its message and its advice contain these texts.
fn assert_fault(pairs: &[(&str, &str)], name: &str, level: Level, message: &str, advice: &str) {
    let faults = faults(pairs);
    let [fault] = &faults[..] else { panic!("{pairs:?}: {faults:?}") };
    assert_eq!((fault.name, fault.level), (name, level), "{fault:?}");
    assert!(fault.message.contains(message), "{message}: {fault:?}");
    assert!(fault.advice.as_ref().is_some_and(|text| text.contains(advice)), "{advice}: {fault:?}");
}

#[test]
fn a_deployment_with_hosted_pages_has_no_fault() {
    assert_eq!(faults(&[]), []);
}

#[test]
fn a_frontend_on_another_host_of_the_same_domain_has_no_fault() {
    let faults = faults(&[
        ("HEADLESS_FRONTEND_URLS", r#"{"account_signup": "https://app.acme.dev/signup"}"#),
        ("CORS_ALLOWED_ORIGINS", r#"["https://app.acme.dev"]"#),
        ("CSRF_TRUSTED_ORIGINS", r#"["https://*.acme.dev"]"#),
        ("CSRF_COOKIE_DOMAIN", ".acme.dev"),
        ("MFA_SUPPORTED_TYPES", r#"["totp","webauthn","recovery_codes"]"#),
    ]);
    assert_eq!(faults, []);
}

#[test]
fn settings_of_a_developer_are_faults_of_a_deployment() {
    assert_fault(
        &[("PUBLIC_URL", "http://localhost:8000")],
        "public_url",
        Level::Error,
        "own machine",
        "set PUBLIC_URL",
    );
    assert_fault(&[("PUBLIC_URL", "http://auth.acme.dev")], "public_url", Level::Error, "not encrypted", "over https");
    assert_fault(
        &[("DEFAULT_FROM_EMAIL", "webmaster@localhost")],
        "sender",
        Level::Error,
        "SES sends nothing",
        "DEFAULT_FROM_EMAIL",
    );
    assert_fault(
        &[("ACCOUNT_RATE_LIMITS", "false")],
        "settings",
        Level::Warning,
        "failed logins are not limited",
        "ACCOUNT_RATE_LIMITS",
    );
}

#[test]
fn links_that_lead_nowhere_are_named() {
    let urls = |json| [("HEADLESS_FRONTEND_URLS", json)];
    for (settings, level, message, advice) in [
        (&urls(r#"{"account_signup": "http://localhost:3000/signup"}"#)[..], Level::Error, "own machine", "public URL"),
        (&urls(r#"{"account_signup": "https://app.example.com/signup"}"#), Level::Error, "of an example", "your page"),
        (
            &urls(r#"{"account_reset_password_from_key": "https://auth.acme.dev/reset"}"#),
            Level::Error,
            "without `{key}`",
            "put `{key}`",
        ),
        (
            &urls(r#"{"account_reset_password_from_key": "https://auth.acme.dev/{uid}/{key}"}"#),
            Level::Error,
            "only the placeholder `{key}`",
            "remove the other",
        ),
        (&urls(r#"{"account_signup": "/join"}"#), Level::Warning, "no such page", "whole URL"),
        (&urls(r#"{"account_sign_up": "https://auth.acme.dev/join"}"#), Level::Warning, "no effect", "account_signup"),
    ] {
        let named = faults(settings).into_iter().filter(|check| check.name == "links").collect::<Vec<_>>();
        let [fault] = &named[..] else { panic!("{settings:?}: {named:?}") };
        assert_eq!(fault.level, level, "{fault:?}");
        assert!(fault.message.contains(message), "{fault:?}");
        assert!(fault.advice.as_ref().unwrap().contains(advice), "{fault:?}");
    }
}

#[test]
fn without_pages_every_link_of_a_mail_needs_a_url() {
    let faults = faults(&[("LATCHKEY_PAGES", "false")]);
    let names =
        ["account_confirm_email", "account_reset_password", "account_reset_password_from_key", "account_signup"];
    assert_eq!(faults.len(), names.len(), "{faults:?}");
    for name in names {
        assert!(faults.iter().any(|fault| fault.message.starts_with(&format!("`{name}` leads to"))), "{faults:?}");
    }
    let by_code = [
        ("LATCHKEY_PAGES", "false"),
        ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS", "false"),
    ];
    let left = self::faults(&by_code);
    assert_eq!(left.len(), 1, "codes need no page: {left:?}");
    let off = [("HEADLESS_CLIENTS", r#"["app"]"#)];
    assert!(self::faults(&off).iter().any(|fault| fault.message.contains("LATCHKEY_PAGES is on, but")));
}

#[test]
fn frontends_that_browsers_keep_away_from_the_api_are_named() {
    let app = r#"["https://app.acme.dev"]"#;
    let both = [("CORS_ALLOWED_ORIGINS", app), ("CSRF_TRUSTED_ORIGINS", app)];
    let with = |more: &[(&'static str, &'static str)]| [&both[..], more].concat();
    let domain = ("CSRF_COOKIE_DOMAIN", "acme.dev");
    assert_fault(&with(&[]), "cookies", Level::Warning, "cannot read the CSRF cookie", "CSRF_COOKIE_DOMAIN=acme.dev");
    let only_browsers = with(&[("HEADLESS_CLIENTS", r#"["browser"]"#)]);
    assert_fault(&only_browsers, "cookies", Level::Error, "cannot read the CSRF cookie", "CSRF_COOKIE_DOMAIN=acme.dev");
    let no_credentials = with(&[domain, ("CORS_ALLOW_CREDENTIALS", "false")]);
    assert_fault(&no_credentials, "cors", Level::Warning, "keeps cookies out", "CORS_ALLOW_CREDENTIALS=true");
    let only_cors = [both[0], domain];
    assert_fault(&only_cors, "csrf", Level::Warning, "every change gets 403", "CSRF_TRUSTED_ORIGINS");
    let only_csrf = [both[1], domain];
    assert_fault(&only_csrf, "cors", Level::Warning, "browsers refuse calls", "CORS_ALLOWED_ORIGINS");
    let none = with(&[domain, ("SESSION_COOKIE_SAMESITE", "None")]);
    assert_fault(&none, "cookies", Level::Warning, "although https://app.acme.dev is on the same site", "Lax");
    let other = r#"["https://acme-app.net"]"#;
    let other = [("CORS_ALLOWED_ORIGINS", other), ("CSRF_TRUSTED_ORIGINS", other)];
    assert_fault(&other, "cookies", Level::Warning, "is another site than auth.acme.dev", "below one domain");
}

#[test]
fn frontends_that_cannot_use_passkeys_are_named() {
    let webauthn = ("MFA_SUPPORTED_TYPES", r#"["totp","webauthn","recovery_codes"]"#);
    let insecure = [webauthn, ("MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN", "true")];
    assert_fault(&insecure, "passkeys", Level::Error, "accepts every origin", "for development");
    let urls = ("HEADLESS_FRONTEND_URLS", r#"{"account_signup": "https://shop.acme.net/signup"}"#);
    let named = faults(&[webauthn, urls]);
    let named = named.iter().find(|fault| fault.name == "passkeys").unwrap();
    assert!(named.message.contains("pages of https://shop.acme.net cannot use passkeys of auth.acme.dev"), "{named:?}");
    let related = [
        webauthn,
        ("MFA_WEBAUTHN_RP_ID", "acme.dev"),
        ("MFA_WEBAUTHN_ORIGINS", r#"["https://auth.acme.dev","https://acme.net"]"#),
    ];
    assert_fault(&related, "passkeys", Level::Warning, "acme.dev/.well-known/webauthn", "let acme.dev serve");
}

/// Returns the description of a table as the template creates it.
fn table() -> Description {
    let key = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    let index = |(name, keys): &(&str, [&str; 2])| Index { name: (*name).to_owned(), key: key(*keys), is_active: true };
    Description {
        key: key(["pk", "sk"]),
        indexes: super::table::INDEXES.iter().map(index).collect(),
        stream: Some("KEYS_ONLY".to_owned()),
        ttl: Ok(Some("expires_at".to_owned())),
        has_backups: Ok(true),
        is_protected: true,
        answered_at: None,
    }
}

#[test]
fn a_table_that_differs_from_the_template_is_named() {
    let faults = |table: &Description| {
        let checks = super::table::check(table, Place::Deployed).into_iter();
        checks.filter(|check| check.level != Level::Ok).map(|check| (check.name, check.level)).collect::<Vec<_>>()
    };
    assert_eq!(faults(&table()), []);
    let changed = |change: fn(&mut Description)| {
        let mut table = table();
        change(&mut table);
        faults(&table)
    };
    assert_eq!(changed(|it| it.key = vec!["id".to_owned()]), [("table", Level::Error)]);
    assert_eq!(changed(|it| it.indexes.retain(|index| index.name != "due")), [("index", Level::Error)]);
    assert_eq!(changed(|it| it.indexes[0].key.reverse()), [("index", Level::Error)]);
    assert_eq!(changed(|it| it.indexes[0].is_active = false), [("index", Level::Warning)]);
    assert_eq!(changed(|it| it.stream = None), [("stream", Level::Error)]);
    assert_eq!(changed(|it| it.stream = Some("NEW_IMAGE".to_owned())), [("stream", Level::Warning)]);
    assert_eq!(changed(|it| it.ttl = Ok(None)), [("ttl", Level::Error)]);
    assert_eq!(changed(|it| it.ttl = Ok(Some("ends".to_owned()))), [("ttl", Level::Error)]);
    assert_eq!(changed(|it| it.ttl = Err("AccessDenied".to_owned())), [("ttl", Level::Warning)]);
    assert_eq!(changed(|it| it.has_backups = Ok(false)), [("backups", Level::Error)]);
    assert_eq!(changed(|it| it.is_protected = false), [("deletion_protection", Level::Warning)]);
}

#[test]
fn a_clock_that_differs_from_that_of_aws_is_named() {
    let now = Timestamp::from_seconds(1_800_000_000);
    let level = |seconds| super::clock::check(Some(now.plus_seconds(seconds)), now, Place::Deployed).level;
    assert_eq!([0, -3, 10].map(level), [Level::Ok; 3]);
    assert_eq!([11, -29].map(level), [Level::Warning; 2]);
    assert_eq!([30, -4000].map(level), [Level::Error; 2]);
    let slow = super::clock::check(Some(now.plus_seconds(7200)), now, Place::Deployed);
    assert!(slow.message.starts_with("2 hours behind AWS"), "{slow:?}");
    let skipped = super::clock::check(None, now, Place::Local);
    assert_eq!(skipped.message, "skipped: the table is on this machine");
}
