//! Tests of the browser client's cookies and of CORS.

use crate::lab::{Lab, PASSWORD, Reply};
use serde_json::json;

fn cookie<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    let mut lines = reply.headers.iter().filter(|(header, _)| header == "set-cookie").map(|(_, line)| line.as_str());
    lines.rfind(|line| line.starts_with(&format!("{name}=")))
}

fn signup(lab: &Lab) -> Reply {
    lab.browser().post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}))
}

const OPEN: (&str, &str) = ("ACCOUNT_EMAIL_VERIFICATION", "none");

#[test]
fn scripts_can_read_the_csrf_cookie_but_not_the_session_cookie() {
    let lab = Lab::start(&[OPEN]);
    let reply = signup(&lab);
    let session = cookie(&reply, "sessionid").unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1209600"] {
        assert!(session.contains(attribute), "{session}");
    }
    assert!(!session.contains("Secure"), "PUBLIC_URL is http");
    let csrf = cookie(&reply, "csrftoken").unwrap();
    assert!(!csrf.contains("HttpOnly") && csrf.contains("SameSite=Lax") && csrf.contains("Max-Age=31449600"));
    assert!(reply.json["meta"].get("session_token").is_none(), "a browser gets its session token only as a cookie");
}

#[test]
fn cookies_follow_their_settings() {
    let lab = Lab::start(&[
        OPEN,
        ("PUBLIC_URL", "https://auth.example.test"),
        ("SESSION_COOKIE_NAME", "sid"),
        ("SESSION_COOKIE_DOMAIN", ".example.test"),
        ("SESSION_COOKIE_SAMESITE", "None"),
        ("CSRF_COOKIE_NAME", "xsrf"),
        ("CSRF_HEADER_NAME", "HTTP_X_XSRF_TOKEN"),
        ("ACCOUNT_SESSION_REMEMBER", "false"),
    ]);
    let secret = cookie(&lab.browser().get("config"), "xsrf").unwrap()[5..37].to_owned();
    let headers = [
        ("cookie", format!("xsrf={secret}")),
        ("x-xsrf-token", secret.clone()),
        ("origin", "https://auth.example.test".to_owned()),
    ];
    let headers = headers.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>();
    let body = json!({"email": "ada@example.com", "password": PASSWORD}).to_string();
    let reply = lab.browser().send("POST", "auth/signup", Some(body), &headers);
    assert_eq!(reply.status, 200, "{}", reply.text);
    let session = cookie(&reply, "sid").unwrap();
    for attribute in ["Secure", "SameSite=None", "Domain=example.test"] {
        assert!(session.contains(attribute), "{session}");
    }
    assert!(!session.contains("Max-Age"), "a session cookie without Max-Age ends with the browser: {session}");
    assert!(cookie(&reply, "xsrf").unwrap().contains("Secure"));
}

/// ASVS 5.0 7.2.4: a login creates a new token.
#[test]
fn login_changes_session_and_csrf_secret_and_logout_deletes_the_cookie() {
    let lab = Lab::start(&[]);
    let mut client = lab.browser();
    client.post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    let (pending, secret) = (client.cookies["sessionid"].clone(), client.cookies["csrftoken"].clone());
    client.post("auth/email/verify", json!({"key": lab.mail("ada@example.com").key()}));
    client.post("auth/login", json!({"email": "ada@example.com", "password": PASSWORD}));
    assert_ne!(client.cookies["sessionid"], pending);
    assert_ne!(client.cookies["csrftoken"], secret);
    let session = client.cookies["sessionid"].clone();
    client.delete("auth/session");
    assert!(!client.cookies.contains_key("sessionid"));
    client.cookies.insert("sessionid".to_owned(), session);
    assert_eq!(client.get("auth/session").status, 401, "ASVS 5.0 7.4.1: the session has ended on the server");
}

#[test]
fn only_origins_of_the_settings_can_call_with_credentials() {
    let lab = Lab::start(&[("CORS_ALLOWED_ORIGINS", r#"["https://app.example.test"]"#)]);
    let preflight = |origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,user-agent,x-csrftoken"),
        ];
        lab.browser().send("OPTIONS", "/_allauth/browser/v1/auth/login", None, &headers)
    };
    let reply = preflight("https://app.example.test");
    assert_eq!(reply.header("access-control-allow-origin"), Some("https://app.example.test"));
    assert_eq!(reply.header("access-control-allow-credentials"), Some("true"));
    let allowed = reply.header("access-control-allow-headers").unwrap();
    // The default headers of django-cors-headers, and those that django-allauth's documentation adds.
    for header in ["accept", "authorization", "content-type", "user-agent", "x-csrftoken", "x-requested-with"] {
        assert!(allowed.contains(header), "{header} in {allowed}");
    }
    for header in ["x-session-token", "x-email-verification-key", "x-password-reset-key"] {
        assert!(allowed.contains(header), "{header} in {allowed}");
    }
    assert_eq!(preflight("https://evil.example").header("access-control-allow-origin"), None);
    let reply = lab.browser().get_with("config", ("origin", "https://app.example.test"));
    assert_eq!(reply.header("access-control-allow-origin"), Some("https://app.example.test"));
}

#[test]
fn hybrid_apps_can_call_from_origins_with_their_own_scheme() {
    let lab = Lab::start(&[
        OPEN,
        ("CORS_ALLOWED_ORIGINS", r#"["capacitor://localhost"]"#),
        ("CORS_ALLOW_CREDENTIALS", "false"),
        ("CORS_ALLOW_HEADERS", r#"["traceparent"]"#),
    ]);
    let origin = ("origin", "capacitor://localhost");
    let asked = [origin, ("access-control-request-method", "POST"), ("access-control-request-headers", "traceparent")];
    let reply = lab.app().send("OPTIONS", "auth/signup", None, &asked);
    assert_eq!(reply.header("access-control-allow-origin"), Some(origin.1));
    assert_eq!(reply.header("access-control-allow-credentials"), None);
    assert!(reply.header("access-control-allow-headers").unwrap().contains("traceparent"));
    let body = json!({"email": "ada@example.com", "password": PASSWORD}).to_string();
    let reply = lab.app().send("POST", "auth/signup", Some(body), &[origin]);
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, Some(origin.1)));
}

#[test]
fn answers_are_not_kept_by_caches() {
    let lab = Lab::start(&[]);
    let reply = lab.app().get("auth/session");
    assert!(reply.header("cache-control").unwrap().contains("no-store"));
}

/// ASVS 5.0 7.3.1.
#[test]
fn a_session_ends_after_its_lifetime() {
    let lab = Lab::start(&[OPEN, ("SESSION_COOKIE_AGE", "3600")]);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    lab.advance(3500);
    assert_eq!(client.get("auth/session").status, 200);
    lab.advance(200);
    assert_eq!(client.get("auth/session").status, 410);
}
