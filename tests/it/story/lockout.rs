//! Failed logins: they lock out whoever guesses, in whichever way, and not the owner.

use crate::lab::{Bearer, Client, Lab, PASSWORD, Reply, at_once, call};
use serde_json::{Value, json};

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";
const NEW: &str = "another-Horse-43-stapler";
const MISMATCH: &str = "password:email_password_mismatch";
const TOO_MANY: &str = ":too_many_login_attempts";
const DEVICE: &str = "latchkey_device";
/// By account as by default; no client is limited, and no user.
const RATES: (&str, &str) =
    ("ACCOUNT_RATE_LIMITS", r#"{"login": null, "login_failed": "5/300s/key", "change_password": null}"#);
const REMEMBER: (&str, &str) = ("LATCHKEY_DEVICE_COOKIE", "true");
/// Usernames beside addresses.
const NAMES: [(&str, &str); 3] = [
    ("ACCOUNT_USER_MODEL_USERNAME_FIELD", "username"),
    ("ACCOUNT_LOGIN_METHODS", r#"["email", "username"]"#),
    ("ACCOUNT_SIGNUP_FIELDS", r#"["username", "email*", "password1*"]"#),
];

fn lab(settings: &[(&str, &str)]) -> Lab {
    let accounts = json!([
        {"email": ADA, "password": PASSWORD, "verified": true},
        {"email": GRACE, "password": PASSWORD, "verified": true},
    ]);
    Lab::with_accounts(&accounts, &[&[RATES, REMEMBER], settings].concat())
}

fn login(client: &mut Client, email: &str, password: &str) -> (u16, String) {
    let reply = client.post("auth/login", json!({"email": email, "password": password}));
    (reply.status, reply.errors().join(" "))
}

/// A browser that somebody has logged in with, and out again.
fn known_browser(lab: &Lab, email: &str) -> Client {
    let mut browser = lab.browser();
    assert_eq!(login(&mut browser, email, PASSWORD).0, 200);
    assert_eq!(browser.delete("auth/session").status, 401);
    assert!(browser.cookies.contains_key(DEVICE) && !browser.cookies.contains_key("sessionid"));
    browser
}

/// A browser that brings this cookie alone.
fn browser_with(lab: &Lab, cookie: &str) -> Client {
    let mut browser = lab.browser();
    browser.cookies.insert(DEVICE.to_owned(), cookie.to_owned());
    browser
}

/// Fails so often that a stranger may not try again.
fn lock(lab: &Lab, email: &str) {
    for _ in 0..5 {
        assert_eq!(login(&mut lab.app(), email, "wrong"), (400, MISMATCH.to_owned()));
    }
    assert_eq!(login(&mut lab.app(), email, PASSWORD), (400, TOO_MANY.to_owned()));
}

/// A request to the flat API.
fn flat(lab: &Lab, access: Option<&str>, path: &str, body: &Value) -> Reply {
    let bearer = format!("Bearer {}", access.unwrap_or_default());
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(access.map(|_| ("authorization", bearer.as_str())));
    call(&lab.url, "POST", &format!("/auth{path}"), &headers, Some(body.to_string()))
}

/// Whether a right login of each API is in.
fn can_log_in(lab: &Lab, password: &str) -> [bool; 3] {
    let credentials = json!({"email": ADA, "password": password});
    [
        login(&mut lab.app(), ADA, password).0 == 200,
        flat(lab, None, "/login/", &credentials).status == 200,
        lab.bearer().login(ADA, password).status == 200,
    ]
}

#[test]
fn a_strangers_failures_do_not_keep_the_owners_browser_out() {
    let lab = lab(&[]);
    let mut browser = known_browser(&lab, ADA);
    lock(&lab, ADA);
    assert_eq!(login(&mut lab.browser(), ADA, PASSWORD), (400, TOO_MANY.to_owned()), "a browser that nobody knows");
    assert_eq!(login(&mut browser, ADA, PASSWORD).0, 200);
    assert_eq!(can_log_in(&lab, PASSWORD), [false; 3], "the owner's login lets no stranger in");
}

#[test]
fn the_owners_browser_can_show_the_password_again_and_change_it_while_strangers_are_locked_out() {
    let lab = lab(&[]);
    let mut browser = lab.browser();
    assert_eq!(login(&mut browser, ADA, PASSWORD).0, 200);
    lock(&lab, ADA);
    assert_eq!(browser.post("auth/reauthenticate", json!({"password": PASSWORD})).status, 200);
    let change = json!({"current_password": PASSWORD, "new_password": NEW});
    assert_eq!(browser.post("account/password/change", change).status, 200);
}

#[test]
fn guesses_from_a_known_browser_are_limited_too() {
    let lab = lab(&[]);
    let mut browser = known_browser(&lab, ADA);
    for _ in 0..5 {
        assert_eq!(login(&mut browser, ADA, "wrong"), (400, MISMATCH.to_owned()));
    }
    assert_eq!(login(&mut browser, ADA, PASSWORD), (400, TOO_MANY.to_owned()));
    assert_eq!(login(&mut lab.app(), ADA, PASSWORD).0, 200, "they are counted in a log of their own");
    lab.advance(301);
    assert_eq!(login(&mut browser, ADA, PASSWORD).0, 200);
}

/// A login from a known browser is no way to another log.
#[test]
fn a_browser_keeps_its_log_when_somebody_logs_in_again() {
    let lab = lab(&[]);
    let mut browser = known_browser(&lab, ADA);
    for _ in 0..4 {
        assert_eq!(login(&mut browser, ADA, "wrong").1, MISMATCH);
    }
    assert_eq!(login(&mut browser, ADA, PASSWORD).0, 200);
    browser.delete("auth/session");
    assert_eq!(login(&mut browser, ADA, "wrong").1, MISMATCH);
    assert_eq!(login(&mut browser, ADA, PASSWORD).1, TOO_MANY);
}

#[test]
fn a_cookie_that_is_not_of_a_login_to_the_account_counts_as_none() {
    let lab = lab(&[("LATCHKEY_DEVICE_COOKIE_AGE", "86400")]);
    let other_service =
        Lab::with_accounts(&json!([{"email": ADA, "password": PASSWORD, "verified": true}]), &[RATES, REMEMBER]);
    let own = known_browser(&lab, ADA).cookies[DEVICE].clone();
    let other_account = known_browser(&lab, GRACE).cookies[DEVICE].clone();
    let foreign = known_browser(&other_service, ADA).cookies[DEVICE].clone();
    let forged = own.chars().rev().collect::<String>();
    lock(&lab, ADA);
    for (name, cookie) in
        [("forged", &forged), ("nonsense", &"W10".to_owned()), ("foreign", &foreign), ("other", &other_account)]
    {
        assert_eq!(login(&mut browser_with(&lab, cookie), ADA, PASSWORD).1, TOO_MANY, "{name}");
    }
    assert_eq!(login(&mut browser_with(&lab, &own), ADA, PASSWORD).0, 200);
    lab.advance(86_401);
    lock(&lab, ADA);
    assert_eq!(login(&mut browser_with(&lab, &own), ADA, PASSWORD).1, TOO_MANY, "expired");
}

#[test]
fn a_browser_is_known_for_every_account_that_logs_in_with_it_and_its_cookie_names_none() {
    let lab = lab(&[]);
    let mut browser = known_browser(&lab, ADA);
    assert_eq!(login(&mut browser, GRACE, PASSWORD).0, 200);
    browser.delete("auth/session");
    let reply = lab.browser().post("auth/login", json!({"email": ADA, "password": PASSWORD}));
    let lines = reply.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, line)| line.as_str());
    let line = lines.filter(|line| line.starts_with(DEVICE)).collect::<String>();
    assert!(line.contains("HttpOnly") && line.contains("Max-Age=31536000") && line.contains("SameSite=Lax"), "{line}");
    lock(&lab, ADA);
    lock(&lab, GRACE);
    for email in [ADA, GRACE] {
        assert_eq!(login(&mut browser, email, PASSWORD).0, 200, "{email}");
        browser.delete("auth/session");
    }
}

#[test]
fn where_browsers_are_not_remembered_none_is_known() {
    let lab = lab(&[]);
    let cookie = known_browser(&lab, ADA).cookies[DEVICE].clone();
    let lab = lab.restart_with(&[("LATCHKEY_DEVICE_COOKIE", "false")]);
    lock(&lab, ADA);
    assert_eq!(login(&mut browser_with(&lab, &cookie), ADA, PASSWORD).1, TOO_MANY);
    lab.advance(301);
    let mut browser = lab.browser();
    assert_eq!(login(&mut browser, ADA, PASSWORD).0, 200);
    assert!(!browser.cookies.contains_key(DEVICE));
}

/// An app has no cookie, and its credentials are not those of a browser.
#[test]
fn apps_and_the_flat_api_neither_get_nor_bring_the_cookie() {
    let lab = lab(&[]);
    let cookie = known_browser(&lab, ADA).cookies[DEVICE].clone();
    let mut app = lab.app();
    assert_eq!(login(&mut app, ADA, PASSWORD).0, 200);
    assert!(app.cookies.is_empty());
    lock(&lab, ADA);
    app.extra.push(("cookie".to_owned(), format!("{DEVICE}={cookie}")));
    app.token = None;
    assert_eq!(login(&mut app, ADA, PASSWORD).1, TOO_MANY);
}

#[test]
fn a_mailed_code_lets_the_owner_in_while_strangers_are_locked_out() {
    let lab = lab(&[("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true")]);
    lock(&lab, ADA);
    for mut client in [lab.app(), lab.browser()] {
        assert_eq!(client.post("auth/code/request", json!({"email": ADA})).status, 401);
        let reply = client.post("auth/code/confirm", json!({"code": lab.mail(ADA).key()}));
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(client.cookies.contains_key(DEVICE), client.kind == "browser");
    }
    assert_eq!(can_log_in(&lab, PASSWORD), [false; 3]);
}

#[test]
fn a_mailed_reset_lets_the_owner_in_through_every_api() {
    let headless = |lab: &Lab| {
        assert_eq!(lab.app().post("auth/password/request", json!({"email": ADA})).status, 200);
        let reset = json!({"key": lab.mail(ADA).key(), "password": NEW});
        assert_eq!(lab.app().post("auth/password/reset", reset).status, 401);
    };
    let flat_api = |lab: &Lab| {
        assert_eq!(flat(lab, None, "/password/reset/", &json!({"email": ADA})).status, 200);
        let reset = json!({"key": lab.mail(ADA).key(), "password": NEW});
        assert_eq!(flat(lab, None, "/password/reset/confirm/", &reset).status, 200);
    };
    let jwt = |lab: &Lab| {
        let mut client = lab.bearer();
        assert_eq!(client.post("password/reset/", json!({"email": ADA})).status, 200);
        assert_eq!(client.get(&lab.mail(ADA).link()).status, 302);
        let new = json!({"new_password1": NEW, "new_password2": NEW});
        assert_eq!(client.post("password/reset/set-new/", new).status, 200);
    };
    for reset in [headless, flat_api, jwt] as [fn(&Lab); 3] {
        let lab = lab(&[]);
        lock(&lab, ADA);
        reset(&lab);
        assert_eq!(can_log_in(&lab, NEW), [true; 3]);
    }
}

#[test]
fn a_browser_of_the_jwt_api_is_known_too() {
    let lab = lab(&[]);
    let mut browser = lab.bearer();
    assert_eq!(browser.login(ADA, PASSWORD).status, 200);
    assert!(browser.cookies.contains_key(DEVICE));
    lock(&lab, ADA);
    assert_eq!(lab.bearer().login(ADA, PASSWORD).status, 400);
    assert_eq!(browser.login(ADA, PASSWORD).status, 200);
    for _ in 0..5 {
        assert_eq!(browser.login(ADA, "wrong").status, 401);
    }
    assert_eq!(browser.login(ADA, PASSWORD).status, 400);

    // Whoever keeps refresh tokens elsewhere is no browser.
    let lab = lab.restart_with(&[("JWT_ALLAUTH_REFRESH_TOKEN_AS_COOKIE", "false")]);
    let cookies = browser.cookies;
    let mut client = lab.bearer();
    assert_eq!(client.login(ADA, PASSWORD).status, 400);
    client.cookies = cookies;
    assert_eq!(client.login(ADA, PASSWORD).status, 400);
    lab.advance(301);
    let mut client = lab.bearer();
    assert_eq!(client.login(ADA, PASSWORD).status, 200);
    assert!(client.cookies.is_empty());
}

/// One name more is no allowance more.
#[test]
fn failures_count_for_the_account_by_whichever_name_it_is_tried() {
    let lab = Lab::start(&[&[RATES], &NAMES[..]].concat());
    let mut owner = lab.app();
    let form = json!({"email": ADA, "username": "Ada", "password": PASSWORD});
    assert_eq!(owner.post("auth/signup", form).status, 401);
    assert_eq!(owner.post("auth/email/verify", json!({"key": lab.mail(ADA).key()})).status, 401);
    assert_eq!(login(&mut owner, ADA, PASSWORD).0, 200);
    assert_eq!(owner.post("account/email", json!({"email": "second@example.com"})).status, 200);
    assert_eq!(owner.post("auth/email/verify", json!({"key": lab.mail("second@example.com").key()})).status, 200);

    let names = [("email", ADA), ("username", "ada"), ("email", "second@example.com")];
    let attempt = |(field, name): (&str, &str), password: &str| {
        let reply = lab.app().post("auth/login", json!({field: name, "password": password}));
        reply.errors().join(" ")
    };
    for turn in 0..5 {
        let error = attempt(names[turn % 3], "wrong");
        assert!(error.ends_with("_password_mismatch"), "{error}");
    }
    for name in names {
        assert_eq!(attempt(name, PASSWORD), TOO_MANY, "{name:?}");
    }
}

/// What somebody types as a name nobody has fills no log of an account.
#[test]
fn a_name_that_nobody_has_counts_for_nobody() {
    let lab = lab(&NAMES);
    let mut owner = lab.app();
    let id = owner.post("auth/login", json!({"email": ADA, "password": PASSWORD})).json["data"]["user"]["id"].clone();
    let id = id.as_str().unwrap().to_owned();
    for name in [id.clone(), format!("account {id}")] {
        let attempt =
            || lab.app().post("auth/login", json!({"username": name, "password": "wrong"})).errors().join(" ");
        for _ in 0..5 {
            assert_eq!(attempt(), "password:username_password_mismatch");
        }
        assert_eq!(attempt(), TOO_MANY, "it looks like one that somebody has");
    }
    assert_eq!(login(&mut lab.app(), ADA, PASSWORD).0, 200);
}

/// A way to guess at the password in a session.
type Guess<'a> = Box<dyn Fn(&str) -> Reply + Sync + 'a>;

/// All of them, with their names.
fn guesses(lab: &Lab) -> Vec<(&'static str, Guess<'_>)> {
    let change = |guess: &str| json!({"current_password": guess, "new_password": NEW});
    let mut app = lab.app();
    assert_eq!(login(&mut app, ADA, PASSWORD).0, 200);
    let again = app.clone();
    let reply = flat(lab, None, "/login/", &json!({"email": ADA, "password": PASSWORD}));
    let access = reply.json["access_token"].as_str().unwrap().to_owned();
    let mut bearer: Bearer = lab.bearer();
    assert_eq!(bearer.login(ADA, PASSWORD).status, 200);
    // What is stolen is the token, not the browser.
    bearer.cookies.clear();
    let deactivating = bearer.clone();
    vec![
        ("headless change", Box::new(move |guess| app.clone().post("account/password/change", change(guess)))),
        (
            "headless reauthenticate",
            Box::new(move |guess| again.clone().post("auth/reauthenticate", json!({"password": guess}))),
        ),
        ("flat change", Box::new(move |guess| flat(lab, Some(&access), "/password/change/", &change(guess)))),
        (
            "jwt change",
            Box::new(move |guess| {
                let body = json!({"old_password": guess, "new_password1": NEW, "new_password2": NEW});
                bearer.clone().post("password/change/", body)
            }),
        ),
        (
            "jwt deactivate",
            Box::new(move |guess| deactivating.clone().post("mfa/deactivate/", json!({"password": guess}))),
        ),
    ]
}

const SESSIONS: [(&str, &str); 3] = [
    ("OLD_PASSWORD_FIELD_ENABLED", "true"),
    ("JWT_ALLAUTH_MFA_TOTP_MODE", "optional"),
    ("LOGOUT_ON_PASSWORD_CHANGE", "false"),
];

fn is_too_many(reply: &Reply) -> bool {
    reply.text.contains("Too many failed login attempts")
}

#[test]
fn guesses_in_a_stolen_session_count_as_failed_logins_do() {
    for place in 0..5 {
        let lab = lab(&SESSIONS);
        let all = guesses(&lab);
        let (name, guess) = &all[place];
        for _ in 0..3 {
            let reply = guess("wrong");
            assert!(reply.status == 400 && !is_too_many(&reply), "{name}: {}", reply.text);
        }
        for _ in 0..2 {
            assert_eq!(login(&mut lab.app(), ADA, "wrong").1, MISMATCH, "{name}");
        }
        // The right one is not compared either, here, in a login or by any of the other ways.
        assert_eq!(can_log_in(&lab, PASSWORD), [false; 3], "{name}");
        for (other, guess) in &all {
            let reply = guess(PASSWORD);
            assert!(reply.status == 400 && is_too_many(&reply), "{name}, {other}: {} {}", reply.status, reply.text);
        }
    }
}

#[test]
fn at_the_limit_each_api_says_so_of_the_field() {
    let lab = lab(&SESSIONS);
    let all = guesses(&lab);
    lock(&lab, ADA);
    let replies = all.iter().map(|(_, guess)| guess(PASSWORD)).collect::<Vec<_>>();
    assert_eq!(replies[0].errors(), ["current_password:too_many_login_attempts"]);
    assert_eq!(replies[1].errors(), ["password:too_many_login_attempts"]);
    assert_eq!(replies[2].json["error_codes"]["current_password"], json!(["too_many_login_attempts"]));
    assert_eq!(replies[3].json, json!({"old_password": ["Too many failed login attempts. Try again later."]}));
}

#[test]
fn the_right_password_in_a_session_uses_nothing_up() {
    let lab = lab(&[]);
    let mut app = lab.app();
    assert_eq!(login(&mut app, ADA, PASSWORD).0, 200);
    for _ in 0..6 {
        assert_eq!(app.post("auth/reauthenticate", json!({"password": PASSWORD})).status, 200);
    }
    assert_eq!(login(&mut lab.app(), ADA, PASSWORD).0, 200);
}

#[test]
fn fifty_parallel_guesses_in_a_stolen_session_are_five() {
    for place in [0, 2, 3] {
        let lab = lab(&SESSIONS);
        let all = guesses(&lab);
        let (name, guess) = &all[place];
        let replies = at_once(50, |_| guess("wrong"));
        assert!(replies.iter().all(|reply| reply.status == 400), "{name}");
        assert_eq!(replies.iter().filter(|reply| !is_too_many(reply)).count(), 5, "{name}");
    }
}

/// The promise of a login holds with the cookie, and at a locked account.
#[test]
fn a_login_from_a_known_browser_costs_what_every_login_costs() {
    let lab = lab(&[("ACCOUNT_RATE_LIMITS", "{}")]);
    let mut browser = known_browser(&lab, ADA);
    let trips = lab.trips(|| assert_eq!(login(&mut browser, ADA, PASSWORD).0, 200));
    assert_eq!((trips.len(), trips.iter().map(Vec::len).sum::<usize>()), (3, 8), "{trips:?}");
}
