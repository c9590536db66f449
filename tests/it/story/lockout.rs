//! Tests of failed logins. They lock out the attacker who guesses, with each login method, but not the owner.

use crate::lab::{Bearer, Client, Lab, PASSWORD, Reply, at_once, call};
use serde_json::{Value, json};

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";
const NEW: &str = "another-Horse-43-stapler";
const MISMATCH: &str = "password:email_password_mismatch";
const TOO_MANY: &str = ":too_many_login_attempts";
const DEVICE: &str = "latchkey_device";
/// The default limit of failures per account, and no limits per client or user.
const RATES: (&str, &str) =
    ("ACCOUNT_RATE_LIMITS", r#"{"login": null, "login_failed": "5/300s/key", "change_password": null}"#);
const REMEMBER: (&str, &str) = ("LATCHKEY_DEVICE_COOKIE", "true");
/// Settings with usernames in addition to addresses.
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

/// Returns a browser that has logged in and out again. It has the device cookie.
fn known_browser(lab: &Lab, email: &str) -> Client {
    let mut browser = lab.browser();
    assert_eq!(login(&mut browser, email, PASSWORD).0, 200);
    assert_eq!(browser.delete("auth/session").status, 401);
    assert!(browser.cookies.contains_key(DEVICE) && !browser.cookies.contains_key("sessionid"));
    browser
}

/// Returns a browser with only this device cookie.
fn browser_with(lab: &Lab, cookie: &str) -> Client {
    let mut browser = lab.browser();
    browser.cookies.insert(DEVICE.to_owned(), cookie.to_owned());
    browser
}

/// Fails to log in until an unknown client is locked out.
fn lock(lab: &Lab, email: &str) {
    for _ in 0..5 {
        assert_eq!(login(&mut lab.app(), email, "wrong"), (400, MISMATCH.to_owned()));
    }
    assert_eq!(login(&mut lab.app(), email, PASSWORD), (400, TOO_MANY.to_owned()));
}

/// Sends a request to the flat API.
fn flat(lab: &Lab, access: Option<&str>, path: &str, body: &Value) -> Reply {
    let bearer = format!("Bearer {}", access.unwrap_or_default());
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(access.map(|_| ("authorization", bearer.as_str())));
    call(&lab.url, "POST", &format!("/auth{path}"), &headers, Some(body.to_string()))
}

/// Returns for each API whether a login with this password succeeds.
fn can_log_in(lab: &Lab, password: &str) -> [bool; 3] {
    let credentials = json!({"email": ADA, "password": password});
    [
        login(&mut lab.app(), ADA, password).0 == 200,
        flat(lab, None, "/login/", &credentials).status == 200,
        lab.bearer().login(ADA, password).status == 200,
    ]
}

#[test]
fn failures_of_a_stranger_do_not_lock_out_the_owners_browser() {
    let lab = lab(&[]);
    let mut browser = known_browser(&lab, ADA);
    lock(&lab, ADA);
    assert_eq!(login(&mut lab.browser(), ADA, PASSWORD), (400, TOO_MANY.to_owned()), "an unknown browser");
    assert_eq!(login(&mut browser, ADA, PASSWORD).0, 200);
    assert_eq!(can_log_in(&lab, PASSWORD), [false; 3], "the owner's login does not unlock other clients");
}

#[test]
fn the_owners_browser_can_reauthenticate_and_change_the_password_while_strangers_are_locked_out() {
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
    assert_eq!(login(&mut lab.app(), ADA, PASSWORD).0, 200, "failures of a known browser have their own counter");
    lab.advance(301);
    assert_eq!(login(&mut browser, ADA, PASSWORD).0, 200);
}

/// A login from a known browser does not give it a new counter of failures.
#[test]
fn a_browser_keeps_its_counter_of_failures_after_another_login() {
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
fn a_cookie_of_another_account_or_service_is_ignored() {
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
fn a_browser_is_known_for_every_account_that_has_logged_in_with_it() {
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
fn without_the_setting_no_browser_is_known() {
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

/// An app does not use cookies.
#[test]
fn apps_do_not_get_the_cookie_and_cannot_use_it() {
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
fn the_owner_can_log_in_by_mailed_code_while_strangers_are_locked_out() {
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
fn after_a_password_reset_the_owner_can_log_in_to_every_api() {
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

    // If the refresh token is not in a cookie, the client does not count as a browser.
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

/// Additional names of an account do not allow additional guesses.
#[test]
fn failures_count_for_the_account_under_each_of_its_names() {
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

/// A login name that no account has must not add failures to an account's counter.
#[test]
fn failures_with_an_unknown_name_do_not_count_for_an_account() {
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
        assert_eq!(attempt(), TOO_MANY, "an unknown name gets the same answer as a known one");
    }
    assert_eq!(login(&mut lab.app(), ADA, PASSWORD).0, 200);
}

/// A request in a session that compares a password.
type Guess<'a> = Box<dyn Fn(&str) -> Reply + Sync + 'a>;

/// Returns all such requests, each with a name and a session of its own.
fn guesses(lab: &Lab) -> Vec<(&'static str, Guess<'_>)> {
    let change = |guess: &str| json!({"current_password": guess, "new_password": NEW});
    let mut app = lab.app();
    assert_eq!(login(&mut app, ADA, PASSWORD).0, 200);
    let again = app.clone();
    let reply = flat(lab, None, "/login/", &json!({"email": ADA, "password": PASSWORD}));
    let access = reply.json["access_token"].as_str().unwrap().to_owned();
    let mut bearer: Bearer = lab.bearer();
    assert_eq!(bearer.login(ADA, PASSWORD).status, 200);
    // The thief has the token but not the cookies of the browser.
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
fn guesses_in_a_stolen_session_count_like_failed_logins() {
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
        // After that, the correct password is also refused: in this request, in a login, and in the other requests.
        assert_eq!(can_log_in(&lab, PASSWORD), [false; 3], "{name}");
        for (other, guess) in &all {
            let reply = guess(PASSWORD);
            assert!(reply.status == 400 && is_too_many(&reply), "{name}, {other}: {} {}", reply.status, reply.text);
        }
    }
}

#[test]
fn at_the_limit_each_api_reports_the_error_for_the_password_field() {
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
fn the_correct_password_in_a_session_does_not_count_as_a_failure() {
    let lab = lab(&[]);
    let mut app = lab.app();
    assert_eq!(login(&mut app, ADA, PASSWORD).0, 200);
    for _ in 0..6 {
        assert_eq!(app.post("auth/reauthenticate", json!({"password": PASSWORD})).status, 200);
    }
    assert_eq!(login(&mut lab.app(), ADA, PASSWORD).0, 200);
}

#[test]
fn of_fifty_parallel_guesses_in_a_stolen_session_five_are_compared() {
    for place in [0, 2, 3] {
        let lab = lab(&SESSIONS);
        let all = guesses(&lab);
        let (name, guess) = &all[place];
        let replies = at_once(50, |_| guess("wrong"));
        assert!(replies.iter().all(|reply| reply.status == 400), "{name}");
        assert_eq!(replies.iter().filter(|reply| !is_too_many(reply)).count(), 5, "{name}");
    }
}

/// A login with the device cookie, at a locked account, makes as many table requests as any login.
#[test]
fn a_login_from_a_known_browser_makes_as_many_table_requests_as_any_login() {
    let lab = lab(&[("ACCOUNT_RATE_LIMITS", "{}")]);
    let mut browser = known_browser(&lab, ADA);
    let trips = lab.trips(|| assert_eq!(login(&mut browser, ADA, PASSWORD).0, 200));
    assert_eq!((trips.len(), trips.iter().map(Vec::len).sum::<usize>()), (3, 8), "{trips:?}");
}
