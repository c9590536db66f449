//! Tests of input that no regular client sends.

use crate::lab::{Client, Lab, PASSWORD, try_call};
use serde_json::json;

/// Every endpoint, each with one of its methods.
const ENDPOINTS: [(&str, &str); 8] = [
    ("GET", "config"),
    ("GET", "auth/session"),
    ("DELETE", "auth/session"),
    ("POST", "auth/login"),
    ("POST", "auth/signup"),
    ("GET", "auth/email/verify"),
    ("POST", "auth/email/verify"),
    ("POST", "auth/email/verify/resend"),
];

fn raw(client: &mut Client, path: &str, body: &str) -> (u16, String) {
    let reply = client.send("POST", path, Some(body.to_owned()), &[]);
    (reply.status, reply.errors().join(" "))
}

#[test]
fn a_body_that_is_not_an_object_is_a_bad_request() {
    let lab = Lab::start(&[]);
    for mut client in [lab.app(), lab.browser()] {
        for body in ["{", "[]", "null", "1", "\"text\"", "\u{feff}{}", "email=a@example.com&password=x"] {
            for path in ["auth/login", "auth/signup", "auth/email/verify"] {
                assert_eq!(raw(&mut client, path, body), (400, String::new()), "{path} {body}");
            }
        }
    }
}

#[test]
fn wrong_types_are_reported_by_field() {
    let lab = Lab::start(&[]);
    let mut client = lab.app();
    let signup = |client: &mut Client, body: &str| raw(client, "auth/signup", body).1;
    assert_eq!(signup(&mut client, r#"{"email": 1, "password": []}"#), "email:invalid password:required");
    assert_eq!(signup(&mut client, r#"{"email": {"a": 1}, "password": null}"#), "email:invalid password:required");
    assert_eq!(signup(&mut client, r#"{"email": true, "password": "correct-Horse-42"}"#), "email:invalid");
    assert_eq!(
        signup(&mut client, r#"{"email": "a@example.com", "password": "nul\u0000inside-42"}"#),
        "password:null_characters_not_allowed"
    );
    assert_eq!(raw(&mut client, "auth/email/verify", r#"{"key": {"$gt": ""}}"#).1, "key:invalid_or_expired_key");
}

#[test]
fn a_body_of_one_megabyte_is_validated_and_a_larger_one_is_refused() {
    let lab = Lab::start(&[]);
    let mut client = lab.app();
    let long = "x".repeat(1 << 20);
    let body = json!({"email": format!("{long}@example.com"), "password": long}).to_string();
    assert_eq!(raw(&mut client, "auth/login", &body), (400, "email:invalid email:max_length".to_owned()));
    // The service may close the connection before the client has sent everything, so the client may not get the answer.
    let body = json!({"email": "x".repeat(3 << 20)}).to_string();
    if let Ok(reply) = try_call(&lab.url, "POST", "/_allauth/app/v1/auth/login", &[], Some(body)) {
        assert_eq!(reply.status, 413);
    }
    assert_eq!(client.get("config").status, 200);
}

#[test]
fn the_content_type_does_not_matter() {
    let lab = Lab::start(&[("ACCOUNT_EMAIL_VERIFICATION", "none")]);
    let body = json!({"email": "ada@example.com", "password": PASSWORD}).to_string();
    let reply = lab.app().send("POST", "auth/signup", Some(body), &[("content-type", "text/plain")]);
    assert_eq!(reply.status, 200);
}

#[test]
fn an_unsupported_method_is_405_and_an_unknown_client_is_404() {
    let lab = Lab::start(&[("HEADLESS_CLIENTS", r#"["app"]"#)]);
    let reply = lab.app().send("PUT", "config", None, &[]);
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, OPTIONS")));
    assert_eq!(lab.app().get("auth/login").status, 405);
    assert_eq!(lab.app().send("OPTIONS", "auth/login", None, &[]).status, 200);
    for path in ["/_allauth/browser/v1/config", "/_allauth/robot/v1/config", "/_allauth/app/v2/config", "/nowhere"] {
        assert_eq!(lab.app().get(path).status, 404, "{path}");
    }
}

/// A limit must not be bypassed with a variant of a path.
#[test]
fn variants_of_a_path_are_404() {
    let lab = Lab::start(&[]);
    let variants = ["//_allauth/app/v1/auth/login", "/_allauth/app/v1/auth/login/", "/_allauth/app/v1//auth/login"];
    for path in variants {
        assert_eq!(lab.app().post(path, json!({})).status, 404, "{path}");
    }
}

#[test]
fn a_stale_or_malformed_token_of_an_app_is_410_everywhere() {
    let lab = Lab::start(&[]);
    let mut client = lab.app();
    lab.user(&mut client, "ada@example.com");
    let stale = client.token.clone().unwrap();
    client.delete("auth/session");
    for token in [stale.as_str(), "garbage", "AAAA", "%00", &"A".repeat(5000)] {
        for (method, path) in ENDPOINTS {
            let mut client = lab.app();
            client.token = Some(token.to_owned());
            let reply = client.send(method, path, Some("{}".to_owned()), &[]);
            assert_eq!(reply.status, 410, "{method} {path} with {token:.20}");
            assert!(reply.json["data"]["flows"].is_array() && reply.json["meta"]["is_authenticated"] == json!(false));
        }
    }
    // An empty token counts as no token.
    client.token = Some(String::new());
    assert_eq!(client.get("auth/session").status, 401);
}

/// CVE-2026-25748: a malformed cookie was accepted.
#[test]
fn a_malformed_session_cookie_is_anonymous() {
    let lab = Lab::start(&[]);
    for cookie in ["sessionid=garbage", "sessionid=", "sessionid", "=;=;", "sessionid=\"a; b\"", "sessionid=%ff%fe"] {
        let reply = lab.browser().get_with("auth/session", ("cookie", cookie));
        assert_eq!(reply.status, 401, "{cookie}");
    }
}

#[test]
fn an_unsafe_request_of_a_browser_needs_the_csrf_token_and_a_trusted_origin() {
    let lab = Lab::start(&[("CSRF_TRUSTED_ORIGINS", r#"["https://app.example.test", "https://*.pages.example"]"#)]);
    let mut client = lab.browser();
    client.get("config");
    let own = lab.url.replace("127.0.0.1", "localhost"); // the host of PUBLIC_URL
    let mut login = |headers: &[(&str, &str)]| client.send("POST", "auth/login", Some("{}".to_owned()), headers).status;
    assert_eq!(login(&[]), 400);
    assert_eq!(login(&[("x-csrftoken", "")]), 403);
    assert_eq!(login(&[("x-csrftoken", &"a".repeat(32))]), 403);
    assert_eq!(login(&[("cookie", "sessionid=x")]), 403);
    assert_eq!(login(&[("origin", &own)]), 400);
    assert_eq!(login(&[("origin", "https://app.example.test")]), 400);
    assert_eq!(login(&[("origin", "https://a.pages.example")]), 400);
    for foreign in ["https://pages.example", "https://evilpages.example", "http://a.pages.example"] {
        assert_eq!(login(&[("origin", foreign)]), 403, "{foreign}");
    }
    for foreign in ["https://evil.example", "null", "https://app.example.test.evil.example", "http://app.example.test"]
    {
        assert_eq!(login(&[("origin", foreign)]), 403, "{foreign}");
    }
    // Apps have no cookies that a foreign page could use.
    let reply = lab.app().send("POST", "auth/login", Some("{}".to_owned()), &[("origin", "https://evil.example")]);
    assert_eq!(reply.status, 400);
    assert!(lab.log().contains("origin=\"https://evil.example\""), "the log names the refused origin");
}

/// CVE-2025-61928, CVE-2026-27946: unexpected fields of a body were used.
#[test]
fn unexpected_fields_change_nothing() {
    let lab = Lab::start(&[]);
    let email = "ada@example.com";
    let body = json!({
        "email": email, "password": PASSWORD, "verified": true, "email_verified": true, "is_staff": true, "role": 1000,
        "id": "00000000-0000-0000-0000-000000000000", "user_id": 1, "is_active": false, "user": {"id": 1},
    });
    let mut client = lab.app();
    assert_eq!(client.post("auth/signup", body).pending().as_deref(), Some("verify_email"));
    let reply = lab.app().post("auth/login", json!({"email": email, "password": PASSWORD, "verified": true}));
    assert_eq!(reply.pending().as_deref(), Some("verify_email"));
    let key = lab.mails(email)[0].key();
    client.post("auth/email/verify", json!({"key": key, "user_id": "x"}));
    let reply = lab.app().post("auth/login", json!({"email": email, "password": PASSWORD}));
    assert_ne!(reply.json["data"]["user"]["id"], json!("00000000-0000-0000-0000-000000000000"));
    assert!(reply.json["data"]["user"].get("role").is_none());
}

/// The Host header was used in mailed links.
#[test]
fn the_urls_of_links_come_only_from_the_settings() {
    let lab = Lab::start(&[("HEADLESS_FRONTEND_URLS", "{}")]);
    let headers = [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example")];
    let body = json!({"email": "ada@example.com", "password": PASSWORD}).to_string();
    assert_eq!(lab.app().send("POST", "auth/signup", Some(body), &headers).status, 401);
    let mail = lab.mail("ada@example.com");
    assert!(!format!("{mail:?}").contains("evil.example"));
    assert!(mail.text.contains("http://localhost:"), "{}", mail.text);
}

#[test]
fn logs_report_what_happened_without_secrets() {
    let lab = Lab::start(&[("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true")]);
    let mut client = lab.app();
    let email = "ada.lovelace@example.com";
    client.post("auth/signup", json!({"email": email, "password": PASSWORD}));
    let (pending, code) = (client.token.clone().unwrap(), lab.mail(email).key());
    client.post("auth/email/verify", json!({"key": "WRNG-CDXX"}));
    client.post("auth/email/verify", json!({"key": code}));
    client.post("auth/login", json!({"email": email, "password": "not the password 1"}));
    client.send("POST", "auth/login", Some("{\"password\": \"broken-body".to_owned()), &[]);
    let log = lab.log();
    for secret in
        [email, PASSWORD, &pending, client.token.as_ref().unwrap(), &code, "WRNG", "not the password", "broken"]
    {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    assert!(log.contains("auth/email/verify") && log.contains("status=400") && log.contains("incorrect_code"));
}

#[test]
fn a_table_that_fails_is_reported_in_the_format_of_the_api() {
    let lab = Lab::start(&[]);
    let mut client = lab.app();
    lab.user(&mut client, "ada@example.com");
    lab.faults(json!({"throttle": {"percent": 100}}));
    for (method, path, body) in [
        ("GET", "auth/session", None),
        ("POST", "auth/login", Some(json!({"email": "ada@example.com", "password": PASSWORD}).to_string())),
        ("POST", "auth/signup", Some(json!({"email": "eve@example.com", "password": PASSWORD}).to_string())),
        ("DELETE", "auth/session", None),
    ] {
        let reply = client.send(method, path, body, &[]);
        assert_eq!((reply.status, reply.json), (503, json!({"status": 503})), "{method} {path}");
    }
    assert!(lab.log().contains("ProvisionedThroughputExceededException"));
    lab.faults(json!({}));
    assert_eq!(client.get("auth/session").status, 200, "the session still exists");
}
