//! Tests of requests as browsers send them, and of the headers that protect browsers.

use crate::lab::{Bearer, Lab, PASSWORD, Reply, call};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::net::TcpStream;

const ADA: &str = "ada@example.com";
const OPEN: [(&str, &str); 2] = [("EMAIL_VERIFICATION", "none"), ("ACCOUNT_RATE_LIMITS", "false")];
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");
const EVIL: (&str, &str) = ("origin", "https://evil.example");
const APP: (&str, &str) = ("origin", "https://app.example.test");

fn lab(settings: &[(&str, &str)]) -> Lab {
    Lab::start(&[&OPEN, settings].concat())
}

fn cookie<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    let mut lines = reply.headers.iter().filter(|(header, _)| header == "set-cookie").map(|(_, line)| line.as_str());
    lines.find(|line| line.starts_with(&format!("{name}=")))
}

/// Sends a request with a method that the HTTP library of the tests does not send.
fn raw(lab: &Lab, method: &str, path: &str) -> String {
    let address = lab.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn cookies_of(client: &Bearer) -> String {
    client.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_cookie_beyond_ascii_does_not_affect_the_other_cookies() {
    let lab = lab(&[("ALLAUTH_TRUSTED_PROXY_COUNT", "1")]);
    let mut browser = lab.browser();
    lab.user(&mut browser, ADA);
    let cookies =
        format!("name=Jürgen; sessionid={}; csrftoken={}", browser.cookies["sessionid"], browser.cookies["csrftoken"]);
    let headers = [("cookie", cookies.as_str())];
    assert_eq!(browser.send("GET", "auth/session", None, &headers).status, 200);
    let more = json!({"email": "ada@example.org"}).to_string();
    assert_eq!(browser.send("POST", "account/email", Some(more), &headers).status, 200, "the CSRF cookie is read too");

    // Other headers that users can influence are read in the same way.
    let headers = [("user-agent", "Jürgens Browser/1.0"), ("x-forwarded-for", "unknown-ü, [2001:db8::7]")];
    let login = json!({"email": ADA, "password": PASSWORD}).to_string();
    let mut other = lab.app();
    assert_eq!(other.send("POST", "auth/login", Some(login), &headers).status, 200);
    let sessions = other.get("auth/sessions").json["data"].clone();
    let own = sessions.as_array().unwrap().iter().find(|it| it["is_current"] == true).unwrap();
    assert_eq!((&own["user_agent"], &own["ip"]), (&json!("Jürgens Browser/1.0"), &json!("2001:db8::7")));

    let mut client = lab.bearer();
    client.login(ADA, PASSWORD);
    let cookies = format!("name=Jürgen; {}", cookies_of(&client));
    let refresh = || call(&lab.url, "POST", "/jwt-allauth/refresh/", &[JSON, ("cookie", &cookies)], Some("{}".into()));
    assert_eq!(refresh().status, 200);
}

#[test]
fn every_answer_has_the_security_headers_of_djangos_middleware() {
    let lab =
        lab(&[("CORS_ALLOWED_ORIGINS", r#"["https://app.example.test"]"#), ("HEADLESS_SERVE_SPECIFICATION", "true")]);
    let preflight = [APP, ("access-control-request-method", "POST")];
    for (method, path, headers) in [
        ("GET", "/_allauth/app/v1/config", &[][..]),
        ("GET", "/_allauth/browser/v1/auth/session", &[]),
        ("POST", "/_allauth/browser/v1/auth/login", &[JSON]),
        ("PUT", "/_allauth/app/v1/config", &[]),
        ("OPTIONS", "/_allauth/app/v1/config", &preflight),
        ("OPTIONS", "/_allauth/app/v1/config", &[]),
        ("HEAD", "/_allauth/app/v1/config", &[]),
        ("GET", "/_allauth/openapi.json", &[]),
        ("GET", "/_allauth/openapi.html", &[]),
        ("GET", "/accounts/nowhere/", &[]),
        ("GET", "/nowhere", &[]),
        ("POST", "/jwt-allauth/login/", &[JSON]),
        ("POST", "/jwt-allauth/login/", &[EVIL]),
        ("GET", "/jwt-allauth/login", &[]),
        ("GET", "/jwt-allauth/password/reset/complete/", &[]),
        ("GET", "/jwt-allauth/nowhere/", &[]),
        ("POST", "/auth/login/", &[JSON]),
        ("GET", "/auth/providers/", &[]),
    ] {
        let reply = call(&lab.url, method, path, headers, None);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            let all = reply.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
            assert_eq!(all.collect::<Vec<_>>(), [value], "{method} {path}");
        }
        assert_eq!(reply.header("strict-transport-security"), None);
        assert!(policy(&reply).contains("frame-ancestors 'none'"), "{method} {path}");
    }
    let https = [("PUBLIC_URL", "https://auth.example.test"), ("SECURE_HSTS_SECONDS", "3600")];
    let lab = Lab::start(&[&OPEN[..], &https].concat());
    let reply = lab.app().get("config");
    assert_eq!(reply.header("strict-transport-security"), Some("max-age=3600"));
}

fn policy(reply: &Reply) -> String {
    reply.header("content-security-policy").unwrap_or_default().to_owned()
}

/// Checks that a page's policy allows the page's own parts and nothing else.
fn assert_strict(reply: &Reply) {
    let policy = policy(reply);
    assert!(policy.starts_with("default-src 'none'; base-uri 'none'"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    for (tag, directive) in [("style", "style-src"), ("script", "script-src")] {
        let part =
            reply.text.split_once(&format!("<{tag}>")).and_then(|(_, rest)| rest.split_once(&format!("</{tag}>")));
        match part {
            Some((text, _)) => {
                let digest = STANDARD.encode(Sha256::digest(text));
                assert!(policy.contains(&format!("{directive} 'sha256-{digest}'")), "{tag}: {policy}");
            }
            None => assert!(!policy.contains(directive), "{policy}"),
        }
    }
    let form = if reply.text.contains("<form") { "form-action 'self'" } else { "form-action 'none'" };
    assert!(policy.contains(form), "{policy}");
}

#[test]
fn every_page_has_a_policy_that_allows_only_its_own_parts() {
    let lab = lab(&[("HEADLESS_SERVE_SPECIFICATION", "true"), ("SOCIALACCOUNT_PROVIDERS", r#"{"dummy": {}}"#)]);
    let mut client = lab.bearer();
    client.register(ADA);
    client.post("password/reset/", json!({"email": ADA}));
    client.get(&lab.mail(ADA).link());
    let form = client.get("password/reset/default/");
    assert!(form.text.contains("<script>") && form.text.contains("<style>"), "{}", form.text);
    assert_strict(&form);
    assert_strict(&client.get(&lab.mail(ADA).link()));
    for path in [
        "/jwt-allauth/password/reset/complete/",
        "/jwt-allauth/password/reset/confirm/x/y/",
        "/jwt-allauth/nowhere/",
        "/_allauth/openapi.html",
    ] {
        let reply = call(&lab.url, "GET", path, &[], None);
        assert!(reply.text.contains("<h1>"), "{path}: {}", reply.text);
        assert_strict(&reply);
    }
    let forbidden = call(&lab.url, "POST", "/_allauth/browser/v1/auth/login", &[JSON], None);
    assert_eq!(forbidden.status, 403);
    assert_strict(&forbidden);
    let dummy = call(&lab.url, "GET", "/accounts/dummy/authenticate/", &[], None);
    assert_strict(&dummy);
    assert!(
        policy(&dummy).contains("form-action 'self' https://app.example.test;"),
        "the form redirects to the frontend"
    );
}

#[test]
fn a_form_on_a_foreign_page_cannot_log_in_the_browser() {
    let lab = lab(&[
        ("CORS_ALLOWED_ORIGINS", r#"["https://app.example.test"]"#),
        ("CSRF_TRUSTED_ORIGINS", r#"["https://*.pages.example"]"#),
        ("JWT_ALLAUTH_MFA_TOTP_MODE", "optional"),
    ]);
    let own = lab.url.replace("127.0.0.1", "localhost"); // the host of PUBLIC_URL
    let mut client = lab.bearer();
    client.register(ADA);
    let (form, cookies) = (format!("email={ADA}&password={PASSWORD}"), cookies_of(&client));
    let post = |path: &str, headers: &[(&str, &str)], body: &str| {
        call(&lab.url, "POST", &format!("/jwt-allauth/{path}"), &[&[FORM][..], headers].concat(), Some(body.to_owned()))
    };
    let foreign: [&[(&str, &str)]; 5] = [
        &[EVIL],
        &[("origin", "null")],
        &[("origin", "https://evil.com/.pages.example")],
        &[("origin", "https://app.example.test.evil.example")],
        &[("sec-fetch-site", "cross-site")],
    ];
    for headers in foreign {
        let reply = post("login/", headers, &form);
        assert_eq!((reply.status, cookie(&reply, "refresh_token")), (403, None), "{headers:?}");
        assert!(
            reply.json["detail"].as_str().unwrap().starts_with("CSRF Failed: Origin checking failed"),
            "{}",
            reply.text
        );
    }
    let ours: [&[(&str, &str)]; 5] = [
        &[],
        &[("origin", &own)],
        &[APP],
        &[("origin", "https://a.pages.example")],
        &[("sec-fetch-site", "same-origin")],
    ];
    for headers in ours {
        let reply = post("login/", headers, &form);
        assert!(reply.status == 200 && cookie(&reply, "refresh_token").is_some(), "{headers:?} {}", reply.text);
    }
    // All other endpoints that set a cookie.
    for path in [
        "registration/",
        "refresh/",
        "mfa/activate/",
        "mfa/verify/",
        "mfa/verify-recovery/",
        "password/change/",
        "password/reset/set-new/",
    ] {
        let access = format!("Bearer {}", client.access.as_ref().unwrap());
        let reply = post(path, &[EVIL, ("cookie", &cookies), ("authorization", &access)], &form);
        assert!(reply.status == 403 && cookie(&reply, "refresh_token").is_none(), "{path} {}", reply.text);
    }
    assert_eq!(client.post("refresh/", json!({})).status, 200, "the refresh token was not used up");
    assert!(lab.log().contains("origin=\"https://evil.example\""), "the log names the refused origin");

    // If tokens are in response bodies, a foreign page cannot read them, so the request is allowed.
    let lab = Lab::start(&[&OPEN[..], &[("JWT_ALLAUTH_REFRESH_TOKEN_AS_COOKIE", "false")]].concat());
    lab.bearer().register(ADA);
    let reply = call(&lab.url, "POST", "/jwt-allauth/login/", &[FORM, EVIL], Some(form));
    assert_eq!((reply.status, cookie(&reply, "refresh_token")), (200, None));
}

#[test]
fn an_origin_is_compared_by_its_host() {
    let lab = lab(&[("CSRF_TRUSTED_ORIGINS", r#"["https://*.pages.example"]"#)]);
    let mut client = lab.browser();
    let mut login =
        |origin: &str| client.send("POST", "auth/login", Some("{}".to_owned()), &[("origin", origin)]).status;
    assert_eq!(login("https://a.pages.example"), 400);
    for foreign in [
        "https://evil.com/.pages.example",
        "https://evil.com?.pages.example",
        "https://a.pages.example:8443",
        "https://ü.pages.example",
    ] {
        assert_eq!(login(foreign), 403, "{foreign}");
    }
}

/// Returns the links of a verification, an invitation and a password reset.
fn links(lab: &Lab) -> [String; 3] {
    lab.bearer().register(ADA);
    let (grace, bob) = ("grace@example.com", "bob@example.com");
    let mut staff = lab.bearer();
    staff.login(grace, PASSWORD);
    assert_eq!(staff.post("registration/user-register/", json!({"email": bob, "role": 0})).status, 201);
    lab.advance(1);
    lab.bearer().post("password/reset/", json!({"email": grace}));
    [ADA, bob, grace].map(|email| lab.mail(email).link())
}

fn with_links(settings: &[(&str, &str)]) -> Lab {
    let grace = json!({"email": "grace@example.com", "password": PASSWORD, "verified": true, "role": 1000});
    let strict =
        [("EMAIL_VERIFICATION", "mandatory"), ("ACCOUNT_RATE_LIMITS", "false"), ("JWT_ALLAUTH_INVITATIONS", "true")];
    Lab::with_accounts(&json!([grace]), &[&strict[..], settings].concat())
}

/// RFC 9110, section 9.2.1.
#[test]
fn head_changes_nothing_and_reveals_nothing() {
    let lab = with_links(&[]);
    let links = links(&lab);
    for link in &links {
        let mut client = lab.bearer();
        for _ in 0..2 {
            let reply = client.send("HEAD", link, None);
            assert_eq!(
                (reply.status, reply.header("location"), reply.header("set-cookie")),
                (200, None, None),
                "{link}"
            );
        }
    }
    assert_eq!(lab.bearer().login(ADA, PASSWORD).json["code"], "email_not_verified");
    for link in &links {
        assert_eq!(lab.bearer().get(link).status, 302, "the link is not used up");
    }
    assert_eq!(lab.bearer().login(ADA, PASSWORD).status, 200);
}

#[test]
fn a_link_that_asks_first_acts_only_when_its_button_is_pressed() {
    let lab = with_links(&[
        ("LATCHKEY_LINKS_ASK_FIRST", "true"),
        ("PASSWORD_RESET_REDIRECT", "https://app.example.test/new-password?from=mail"),
        ("JWT_ALLAUTH_SESSION_ON_EMAIL_VERIFICATION", "true"),
        ("EMAIL_VERIFIED_REDIRECT", "example-app://verified"),
    ]);
    let done = ["refresh_token", "set_password_access_token", "password_reset_access_token"];
    for (link, done) in links(&lab).iter().zip(done) {
        let mut client = lab.bearer();
        for _ in 0..2 {
            let page = client.get(link);
            assert_eq!((page.status, page.header("set-cookie")), (200, None), "{}", page.text);
            assert!(page.text.contains("<form method=\"post\"><button>"), "{}", page.text);
            assert_strict(&page);
            // Browsers apply the policy of the form's page to every redirect after the form is sent.
            assert!(policy(&page).contains("form-action 'self' example-app: https:;"), "{}", policy(&page));
        }
        assert_eq!(client.send("HEAD", link, None).status, 200);
        assert_eq!(client.send("PUT", link, None).status, 405);
        let path = &link[link.find("/jwt-allauth/").unwrap()..];
        let press = |headers: &[(&str, &str)]| call(&lab.url, "POST", path, &[&[FORM][..], headers].concat(), None);
        for foreign in [EVIL, ("origin", "null"), ("sec-fetch-site", "cross-site")] {
            let reply = press(&[foreign]);
            assert_eq!((reply.status, reply.header("set-cookie")), (403, None), "{foreign:?}");
        }
        let own = lab.url.replace("127.0.0.1", "localhost");
        let reply = press(&[("origin", &own), ("sec-fetch-site", "same-origin")]);
        assert!(reply.status == 302 && cookie(&reply, done).is_some(), "{link}: {} {}", reply.status, reply.text);
        // An invitation can be opened until the user sets a password.
        assert_eq!(
            cookie(&press(&[]), done).is_some(),
            done == "set_password_access_token",
            "the other links work once"
        );
    }
    assert_eq!(lab.bearer().login(ADA, PASSWORD).status, 200);
}

#[test]
fn a_link_that_does_not_ask_first_acts_when_it_is_opened() {
    let lab = with_links(&[]);
    for link in links(&lab) {
        let mut client = lab.bearer();
        assert_eq!(client.post(&link, json!({})).status, 405);
        assert_eq!(client.get(&link).status, 302);
    }
}

#[test]
fn trace_is_405_everywhere() {
    let lab = lab(&[("HEADLESS_SERVE_SPECIFICATION", "true"), ("SOCIALACCOUNT_PROVIDERS", r#"{"dummy": {}}"#)]);
    for path in [
        "/_allauth/browser/v1/config",
        "/_allauth/browser/v1/auth/session",
        "/_allauth/browser/v1/auth/login",
        "/_allauth/browser/v1/auth/provider/redirect",
        "/_allauth/browser/v1/account/authenticators/totp",
        "/_allauth/app/v1/auth/email/verify",
        "/_allauth/app/v1/tokens/refresh",
        "/_allauth/openapi.html",
        "/accounts/dummy/authenticate/",
        "/jwt-allauth/login/",
        "/jwt-allauth/user/",
        "/jwt-allauth/registration/verification/key/",
        "/auth/login/",
        "/auth/user/",
    ] {
        let answer = raw(&lab, "TRACE", path);
        assert!(answer.starts_with("HTTP/1.1 405 ") && answer.contains("allow: "), "{path}: {answer}");
    }
}

#[test]
fn urls_of_redirects_and_mails_are_percent_encoded() {
    let lab = lab(&[
        ("SOCIALACCOUNT_PROVIDERS", r#"{"dummy": {}}"#),
        ("EMAIL_VERIFICATION", "mandatory"),
        ("EMAIL_VERIFIED_REDIRECT", "https://app.example.test/geprüft und gut/?a=1%202"),
        (
            "HEADLESS_FRONTEND_URLS",
            r#"{"account_confirm_email": "https://app.example.test/bestätigen/{key}", "socialaccount_login_error": "https://app.example.test/Mißerfolg"}"#,
        ),
    ]);
    let mut browser = lab.browser();
    browser.get("config");
    let mut leave = |callback: &str| {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs([("provider", "dummy"), ("process", "login"), ("callback_url", callback)]);
        body.append_pair("csrfmiddlewaretoken", &browser.cookies["csrftoken"]);
        let reply = browser.send("POST", "auth/provider/redirect", Some(body.finish()), &[FORM, ("x-csrftoken", "")]);
        let location = reply.header("location").unwrap().to_owned();
        let Some((_, state)) = location.split_once("?state=") else { return location };
        let cancelled = format!("action=cancel&state={state}");
        let reply = browser.send("POST", "/accounts/dummy/authenticate/", Some(cancelled), &[FORM]);
        reply.header("location").unwrap().to_owned()
    };
    assert_eq!(
        leave("https://app.example.test/zurück zu uns?a=%20b#ö"),
        "https://app.example.test/zur%C3%BCck%20zu%20uns?a=%20b&error=cancelled&error_process=login#%C3%B6"
    );
    assert_eq!(leave("/zurück"), "/zur%C3%BCck?error=cancelled&error_process=login");
    let unknown = "https://app.example.test/Mi%C3%9Ferfolg?error=unknown&error_process=login";
    for unsafe_url in
        ["https://evil.example/ü", "https://app.example.test\\@evil.example", "https://app.example.test /"]
    {
        assert_eq!(leave(unsafe_url), unknown, "{unsafe_url}");
    }
    lab.bearer().register(ADA);
    let reply = lab.bearer().get(&lab.mail(ADA).link());
    assert_eq!(reply.header("location"), Some("https://app.example.test/gepr%C3%BCft%20und%20gut/?a=1%202"));
    lab.app().post("auth/signup", json!({"email": "grace@example.com", "password": PASSWORD}));
    let mail = lab.mail("grace@example.com").text;
    assert!(mail.contains("https://app.example.test/best%C3%A4tigen/"), "{mail}");
}

#[test]
fn every_cookie_can_be_partitioned() {
    let lab = Lab::with_accounts(
        &json!([{"email": ADA, "password": PASSWORD, "verified": true}]),
        &[
            ("PUBLIC_URL", "https://auth.example.test"),
            ("LATCHKEY_COOKIE_PARTITIONED", "true"),
            ("SESSION_COOKIE_SAMESITE", "None"),
            ("CSRF_COOKIE_SAMESITE", "None"),
            ("JWT_ALLAUTH_REFRESH_TOKEN_COOKIE_SAME_SITE", "None"),
        ],
    );
    let mut browser = lab.browser();
    browser.get("config");
    let body = json!({"email": ADA, "password": PASSWORD}).to_string();
    let origin = ("origin", "https://auth.example.test");
    let headless = browser.send("POST", "auth/login", Some(body.clone()), &[origin]);
    let jwt = call(&lab.url, "POST", "/jwt-allauth/login/", &[JSON, origin], Some(body));
    lab.bearer().post("password/reset/", json!({"email": ADA}));
    let reset = lab.bearer().get(&lab.mail(ADA).link());
    for (reply, name) in [
        (&headless, "sessionid"),
        (&headless, "csrftoken"),
        (&jwt, "refresh_token"),
        (&reset, "password_reset_access_token"),
    ] {
        let line = cookie(reply, name).unwrap_or_else(|| panic!("{name}: {} {}", reply.status, reply.text));
        assert!(line.contains("; Partitioned") && line.contains("; Secure"), "{line}");
    }
    let gone = browser.send("DELETE", "auth/session", None, &[origin]);
    assert!(
        cookie(&gone, "sessionid").unwrap().contains("; Partitioned"),
        "without it, the browser would delete another cookie"
    );
}
