//! Tests of a table that was restored to an earlier time. Sessions and tokens that had ended since must not become
//! valid again.

use super::second_factors::{code, with_app};
use crate::lab::{Client, Lab, PASSWORD};
use crate::latchkey::Latchkey;
use serde_json::json;
use std::path::Path;

const EMAIL: &str = "ada@example.com";
const NEW_PASSWORD: &str = "another-Horse-43-battery";
const SETTINGS: [(&str, &str); 5] = [
    ("MFA_TOTP_TOLERANCE", "1"),
    ("MFA_TRUST_ENABLED", "true"),
    ("ACCOUNT_RATE_LIMITS", "false"),
    ("HEADLESS_TOKEN_STRATEGY", "jwt"),
    ("HEADLESS_JWT_ALGORITHM", "HS256"),
];

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

fn log_in(client: &mut Client, password: &str) -> u16 {
    client.post("auth/login", json!({"email": EMAIL, "password": password})).status
}

/// Formats seconds since 1970 as RFC 3339.
fn moment(seconds: i64) -> String {
    shared::clock::Timestamp::from_seconds(seconds).to_jiff().to_string()
}

#[test]
fn sessions_links_and_tokens_from_before_a_restore_are_invalid() {
    let lab = Lab::start(&SETTINGS);
    let (mut app, mut browser, mut waiting) = (lab.app(), lab.browser(), lab.app());
    lab.user(&mut app, EMAIL);
    assert_eq!(log_in(&mut browser, PASSWORD), 200);
    let given = lab.app().post("auth/login", json!({"email": EMAIL, "password": PASSWORD}));
    let token = |name: &str| given.json["meta"][name].as_str().unwrap_or_else(|| panic!("{}", given.text)).to_owned();
    let (access, refresh) = (token("access_token"), token("refresh_token"));
    let with_access = |lab: &Lab| {
        let mut client = lab.app();
        client.extra.push(("authorization".to_owned(), format!("Bearer {access}")));
        client.get("auth/session").status
    };
    assert_eq!(with_access(&lab), 200);
    lab.app().post("auth/password/request", json!({"email": EMAIL}));
    let link = lab.mail(EMAIL).key();
    waiting.post("auth/signup", json!({"email": "eve@example.com", "password": PASSWORD}));
    let verification = lab.mail("eve@example.com").key();
    let mut bearer = lab.bearer();
    assert_eq!(bearer.login(EMAIL, PASSWORD).status, 200);
    assert_eq!(bearer.get("user/").status, 200);

    let at = moment(lab.now() + 1);
    let lab = lab.restart_with(&[("LATCHKEY_RESTORED_AT", &at)]);
    lab.advance(2);
    let (mut app, mut browser, mut bearer) = (app.at(&lab.url), browser.at(&lab.url), bearer.at(&lab.url));
    assert_eq!(app.get("auth/session").status, 410, "an app gets 410 for its ended session");
    assert_eq!(browser.get("auth/session").status, 401);
    assert_eq!(bearer.get("user/").status, 401, "an access token of the JWT API");
    assert_ne!(with_access(&lab), 200, "an access token of the headless API");
    let reply = lab.app().post("tokens/refresh", json!({"refresh_token": refresh}));
    assert_eq!(reply.status, 400, "{}", reply.text);
    let reply = lab.app().post("auth/password/reset", json!({"key": link, "password": NEW_PASSWORD}));
    assert_eq!(reply.errors(), ["key:invalid_password_reset"]);
    let reply = lab.app().post("auth/email/verify", json!({"key": verification}));
    assert_eq!(reply.errors(), ["key:invalid_or_expired_key"], "{}", reply.text);
    assert_eq!(waiting.at(&lab.url).get("auth/session").pending(), None, "a login in progress");

    // New sessions and tokens work.
    let (mut app, mut browser) = (lab.app(), lab.browser());
    for client in [&mut app, &mut browser] {
        assert_eq!(log_in(client, PASSWORD), 200);
        assert_eq!(client.get("auth/session").status, 200);
    }
    let mut bearer = lab.bearer();
    assert_eq!(bearer.login(EMAIL, PASSWORD).status, 200);
    assert_eq!(bearer.get("user/").status, 200);
    assert_eq!(
        app.get("auth/sessions").json["data"].as_array().map(Vec::len),
        Some(3),
        "the earlier sessions are not listed"
    );
}

#[test]
fn a_browser_that_was_trusted_before_a_restore_needs_the_second_factor_again() {
    let lab = Lab::start(&SETTINGS);
    let secret = with_app(&lab, &mut lab.app());
    let mut browser = lab.browser();
    assert_eq!(log_in(&mut browser, PASSWORD), 401);
    lab.advance(30);
    let reply = browser.post("auth/2fa/authenticate", json!({"code": code(&lab, &secret, 0)}));
    assert_eq!(reply.pending().as_deref(), Some("mfa_trust"), "{}", reply.text);
    assert_eq!(browser.post("auth/2fa/trust", json!({"trust": true})).status, 200);
    browser.delete("auth/session");
    assert_eq!(log_in(&mut browser, PASSWORD), 200, "the browser is trusted");
    browser.delete("auth/session");
    let at = moment(lab.now() + 1);
    let lab = lab.restart_with(&[("LATCHKEY_RESTORED_AT", &at)]);
    lab.advance(2);
    assert_eq!(log_in(&mut browser.at(&lab.url), PASSWORD), 401);
}

#[test]
fn a_user_who_changed_the_password_since_must_set_a_new_one() {
    const OTHER: &str = "bob@example.com";
    let lab = Lab::start(&[("ACCOUNT_RATE_LIMITS", "false")]);
    let mut app = lab.app();
    lab.user(&mut app, EMAIL);
    lab.user(&mut lab.app(), OTHER);
    // A copy of the table at the time to which it will be restored.
    let lab = lab.restart_after(|folder| copy(&folder.join("data"), &folder.join("backup")));
    let mut app = app.at(&lab.url);
    let change = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    assert_eq!(app.post("account/password/change", change).status, 200);
    lab.user(&mut lab.app(), "late@example.com");
    let lab = lab.restart_after(|folder| {
        std::fs::rename(folder.join("data"), folder.join("before")).unwrap();
        std::fs::rename(folder.join("backup"), folder.join("data")).unwrap();
        let text = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let told = Latchkey::default().last(&["restored", "--yes", "--data", &text("data"), "--from", &text("before")]);
        let counts = ["users", "changed_password", "changed_factors", "deleted"].map(|name| told[name].as_u64());
        assert_eq!(counts, [Some(2), Some(1), Some(0), Some(0)], "{told}");
        assert!(told["LATCHKEY_RESTORED_AT"].as_str().unwrap().ends_with('Z'));
    });
    // The command uses the machine's clock and rounds the time up to the next second.
    lab.advance(5);
    assert_eq!(app.at(&lab.url).get("auth/session").status, 410, "sessions from before the restore have ended");
    for password in [PASSWORD, NEW_PASSWORD] {
        assert_eq!(log_in(&mut lab.app(), password), 400, "{password}");
    }
    let mut other = lab.app();
    let reply = other.post("auth/login", json!({"email": OTHER, "password": PASSWORD}));
    assert_eq!(reply.status, 200, "a user who did not change the password can still log in: {}", reply.text);
    lab.app().post("auth/password/request", json!({"email": EMAIL}));
    let key = lab.mail(EMAIL).key();
    let reply = lab.app().post("auth/password/reset", json!({"key": key, "password": NEW_PASSWORD}));
    assert_eq!(reply.status, 401, "{}", reply.text);
    assert_eq!(log_in(&mut lab.app(), NEW_PASSWORD), 200);
}
