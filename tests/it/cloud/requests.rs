//! Tests of how the functions handle the gateway's events.

use super::deployment::Cloud;
use super::gateway::{PUBLIC_URL, page_event, reply};
use serde_json::json;

#[test]
fn the_clients_address_is_what_the_gateway_saw_whatever_a_header_claims() {
    let cloud = Cloud::start(&[("ACCOUNT_RATE_LIMITS", r#"{"login": "3/m/ip", "login_failed": "100/m/ip"}"#)]);
    let guess = json!({"email": "nobody@example.com", "password": "guessed"}).to_string();
    let mut guesser = cloud.gateway.app().at("203.0.113.7");
    let mut guess_as = |claimed: &str| {
        let headers = [("x-forwarded-for", claimed)];
        guesser.send("POST", "auth/login", Some(guess.clone()), &headers).status
    };
    assert_eq!(["6.6.6.1", "6.6.6.2", "6.6.6.3", "6.6.6.4"].map(&mut guess_as), [400, 400, 400, 429]);
    let mut other = cloud.gateway.app().at("203.0.113.8");
    let reply = other.send("POST", "auth/login", Some(guess.clone()), &[("x-forwarded-for", "203.0.113.7")]);
    assert_eq!(reply.status, 400);
}

#[test]
fn a_browser_gets_its_cookies_one_by_one_and_needs_the_csrf_header() {
    let cloud = Cloud::start(&[("ACCOUNT_EMAIL_VERIFICATION", "none")]);
    let mut browser = cloud.gateway.browser();
    browser.get("config");
    let account = json!({"email": "ada@example.com", "password": crate::lab::PASSWORD});
    let forged = browser.send("POST", "auth/signup", Some(account.to_string()), &[("x-csrftoken", "forged")]);
    assert_eq!(forged.status, 403);
    let elsewhere = [("origin", "https://evil.example.test")];
    assert_eq!(browser.send("POST", "auth/signup", Some(account.to_string()), &elsewhere).status, 403);
    let reply = browser.post("auth/signup", account);
    assert_eq!(reply.status, 200, "{}", reply.text);
    let cookies = reply.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, line)| line.as_str());
    let cookies = cookies.collect::<Vec<_>>();
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    assert!(cookies.iter().all(|line| line.contains("Secure")), "{cookies:?}");
    assert!(cookies[0].starts_with("sessionid=") && cookies[0].contains("HttpOnly"), "{cookies:?}");
    assert_eq!(browser.get("auth/session").status, 200);
}

#[test]
fn behind_the_gateway_a_cookie_beyond_ascii_does_not_affect_the_other_cookies() {
    let cloud = Cloud::start(&[("ACCOUNT_EMAIL_VERIFICATION", "none")]);
    let mut browser = cloud.gateway.browser();
    let account = json!({"email": "ada@example.com", "password": crate::lab::PASSWORD});
    assert_eq!(browser.post("auth/signup", account).status, 200);
    browser.cookies.insert("another".to_owned(), "Jürgen".to_owned());
    assert_eq!(browser.get("auth/session").status, 200);
    let reply = browser.send("DELETE", "auth/session", None, &[]);
    assert_eq!(reply.status, 401, "logged out: {}", reply.text);
    for (name, value) in [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY")] {
        assert_eq!(reply.header(name), Some(value));
    }
}

#[test]
fn a_header_with_several_values_reaches_the_browser_whole() {
    let origin = "https://app.example.test";
    let cloud = Cloud::start(&[("CORS_ALLOWED_ORIGINS", &json!([origin]).to_string())]);
    let reply = cloud.gateway.browser().get_with("config", ("origin", origin));
    assert_eq!(reply.header("access-control-allow-origin"), Some(origin));
    let vary = reply.header("vary").unwrap_or_default().to_lowercase();
    let names = vary.split(',').map(str::trim).collect::<Vec<_>>();
    assert!(names.contains(&"cookie") && names.contains(&"origin"), "{vary}");
}

#[test]
fn an_event_can_contain_the_path_of_the_public_url_or_not() {
    let cloud = Cloud::start(&[("PUBLIC_URL", &format!("{PUBLIC_URL}/people"))]);
    // The event of a custom domain's mapping lacks the path of the public URL. If a CDN passes the request on, the path
    // is there.
    for path in ["/_allauth/app/v1/config", "/people/_allauth/app/v1/config"] {
        let answer = cloud.gateway.config.invoke(&page_event(path)).unwrap();
        assert_eq!(reply(&answer).status, 200, "{path}");
    }
    let answer = cloud.gateway.config.invoke(&page_event("/peoples/_allauth/app/v1/config")).unwrap();
    assert_eq!(reply(&answer).status, 404);
}

#[test]
fn the_gateway_answers_404_without_a_route_and_the_function_without_an_endpoint() {
    let cloud = Cloud::start(&[]);
    let mut app = cloud.gateway.app();
    assert_eq!((app.get("/nothing").status, cloud.gateway.passed()), (404, 0));
    // With a stalled table, a function that read it would time out and answer 503.
    cloud.ground.table.stall(true);
    assert_eq!(app.get("auth/nothing").json, json!({"status": 404}));
    assert_eq!(app.get("/_allauth/nobody/v1/auth/session").json, json!({"status": 404}));
    assert_eq!(cloud.gateway.passed(), 2);
}

#[test]
fn head_answers_like_get_without_a_body() {
    let cloud = Cloud::start(&[]);
    let mut app = cloud.gateway.app();
    let length = app.get("config").text.len().to_string();
    let head = app.send("HEAD", "config", None, &[]);
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), Some(length.as_str()));
    assert_eq!(app.send("HEAD", "auth/nothing", None, &[]).text, "");
}

#[test]
fn a_function_gives_up_on_a_silent_table_before_the_gateway_times_out() {
    let cloud = Cloud::start(&[("ACCOUNT_EMAIL_VERIFICATION", "none")]);
    let mut app = cloud.gateway.app();
    assert_eq!(
        app.post("auth/signup", json!({"email": "ada@example.com", "password": crate::lab::PASSWORD})).status,
        200
    );
    cloud.ground.table.stall(true);
    let reply = app.get("auth/session");
    assert_eq!((reply.status, &reply.json), (503, &json!({"status": 503})));
    let errors = cloud.gateway.auth.logged("error", 1);
    assert!(errors[0]["error"].as_str().unwrap().contains("timeout"), "{errors:?}");
    let requests = cloud.gateway.auth.logged("operation", 2);
    let took = requests.iter().find(|line| line["status"] == 503).and_then(|line| line["milliseconds"].as_f64());
    assert!(took.is_some_and(|took| took < 12_000.0), "the function's time limit is 15 seconds: {requests:?}");
    cloud.ground.table.stall(false);
    assert_eq!(app.get("auth/session").status, 200);
}
