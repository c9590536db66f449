//! Tests of authenticator apps, recovery codes and trusted browsers, and of the restrictions on a login that waits for
//! a second factor.

use super::races::{assert_one_success, assert_orderly, plans};
use crate::lab::{Client, Lab, PASSWORD, Reply, at_once};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use totp_rs::{Builder, Secret};

const EMAIL: &str = "ada@example.com";
const TOTP: &str = "account/authenticators/totp";
const CODES: &str = "account/authenticators/recovery-codes";
/// With this tolerance, a code stays valid if a slow test passes into the next time step.
const SETTINGS: [(&str, &str); 3] =
    [("MFA_TOTP_TOLERANCE", "1"), ("ACCOUNT_RATE_LIMITS", "false"), ("ACCOUNT_EMAIL_NOTIFICATIONS", "true")];

/// Returns the code that an authenticator app with this secret shows `steps` time steps from now.
pub fn code(lab: &Lab, secret: &str, steps: i64) -> String {
    let totp = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap();
    totp.generate(u64::try_from(lab.now() + steps * 30).unwrap()).to_string()
}

/// Signs up a user and sets up an authenticator app. Returns its secret.
pub fn with_app(lab: &Lab, client: &mut Client) -> String {
    lab.user(client, EMAIL);
    client.post("auth/reauthenticate", json!({"password": PASSWORD}));
    let reply = client.get(TOTP);
    assert_eq!(reply.status, 404, "{}", reply.text);
    let secret = reply.json["meta"]["secret"].as_str().unwrap().to_owned();
    let reply = client.post(TOTP, json!({"code": code(lab, &secret, 0)}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    secret
}

fn codes(client: &mut Client) -> Vec<String> {
    let reply = client.get(CODES);
    serde_json::from_value(reply.json["data"]["unused_codes"].clone()).unwrap_or_else(|_| panic!("{}", reply.text))
}

fn login(client: &mut Client) -> Reply {
    client.post("auth/login", json!({"email": EMAIL, "password": PASSWORD}))
}

/// Returns a client whose login waits for the second factor.
fn waiting(client: Client) -> Client {
    let mut client = client;
    let reply = login(&mut client);
    assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("mfa_authenticate")), "{}", reply.text);
    client
}

fn show(client: &mut Client, code: &str) -> Reply {
    client.post("auth/2fa/authenticate", json!({"code": code}))
}

#[test]
fn a_login_waits_for_a_code_of_the_app_and_each_code_works_once() {
    let lab = Lab::start(&SETTINGS);
    let secret = with_app(&lab, &mut lab.app());
    assert!(lab.mail(EMAIL).text.contains("authenticator app"), "the user gets a mail about the app");
    for kind in [lab.app(), lab.browser()] {
        let mut second = waiting(kind);
        assert_eq!(second.get("auth/session").status, 401, "not logged in yet");
        lab.advance(90);
        let now = code(&lab, &secret, 0);
        assert_eq!(show(&mut second, "000000x").errors(), ["code:incorrect_code"]);
        let reply = show(&mut second, &now);
        assert_eq!(reply.status, 200, "{}", reply.text);
        let methods = reply.json["data"]["methods"].as_array().unwrap();
        let names = methods.iter().map(|it| it["method"].as_str().unwrap()).collect::<Vec<_>>();
        assert_eq!(names, ["password", "mfa"]);
        assert_eq!(methods[1]["type"], "totp");
        assert_eq!(second.get("auth/session").status, 200);
        let mut third = waiting(lab.app());
        assert_eq!(show(&mut third, &now).errors(), ["code:incorrect_code"], "the code was already used");
    }
}

#[test]
fn recovery_codes_work_once_and_end_when_new_ones_are_generated() {
    let lab = Lab::start(&SETTINGS);
    let mut client = lab.app();
    with_app(&lab, &mut client);
    let old = codes(&mut client);
    assert_eq!((old.len(), old.iter().collect::<BTreeSet<_>>().len()), (10, 10));
    assert_eq!(client.get("account/authenticators/recovery_codes").status, 200, "the older spelling of the path");
    assert_eq!(show(&mut waiting(lab.app()), &old[3]).status, 200);
    assert_eq!(show(&mut waiting(lab.app()), &old[3]).status, 400);
    let left = client.get(CODES).json["data"]["unused_code_count"].clone();
    assert_eq!((left, codes(&mut client).contains(&old[3])), (json!(9), false));

    assert_eq!(client.send("POST", CODES, None, &[]).status, 200);
    assert!(lab.mail(EMAIL).text.contains("recovery codes"));
    let new = codes(&mut client);
    assert!(new.iter().all(|code| !old.contains(code)));
    assert_eq!(show(&mut waiting(lab.app()), &old[0]).status, 400);
    assert_eq!(show(&mut waiting(lab.app()), &new[0]).status, 200);
}

#[test]
fn with_the_setting_recovery_codes_are_shown_once() {
    let lab = Lab::start(&[("MFA_RECOVERY_CODES_SHOW_ONCE", "true"), ("MFA_RECOVERY_CODE_COUNT", "4")]);
    let mut client = lab.app();
    with_app(&lab, &mut client);
    assert_eq!(codes(&mut client).len(), 4);
    let again = client.get(CODES);
    assert_eq!((again.status, again.json["data"].get("unused_codes")), (200, None));
}

#[test]
fn the_code_that_has_set_up_the_app_does_not_log_in() {
    let lab = Lab::start(&SETTINGS);
    let secret = with_app(&lab, &mut lab.app());
    let mut client = waiting(lab.app());
    assert_eq!(show(&mut client, &code(&lab, &secret, 0)).errors(), ["code:incorrect_code"]);
    lab.advance(30);
    assert_eq!(show(&mut client, &code(&lab, &secret, 0)).status, 200);
}

/// Sends one code fifty times in parallel, from ten logins.
fn race(make: impl Fn(&Lab, &mut Client, &str) -> String) {
    for (fault, plan) in plans() {
        let lab = Lab::start(&SETTINGS);
        let mut client = lab.app();
        let secret = with_app(&lab, &mut client);
        let logins = (0..10).map(|_| waiting(lab.app())).collect::<Vec<_>>();
        let code = make(&lab, &mut client, &secret);
        lab.faults(plan);
        let replies = at_once(50, |n| show(&mut logins[n % 10].clone(), &code));
        lab.faults(json!({}));
        assert_orderly(fault, &replies, &[200, 400, 409]);
        assert_one_success(fault, &replies);
        assert_eq!(show(&mut waiting(lab.app()), &code).errors(), ["code:incorrect_code"], "{fault}: used up");
    }
}

/// CVE-2026-33624: a code worked twice in a race (ASVS 5.0 6.5.1).
#[test]
fn of_fifty_parallel_uses_of_one_code_of_the_app_one_succeeds() {
    race(|lab, _, secret| code(lab, secret, 1));
}

/// CVE-2026-34224: a recovery code worked twice in a race (ASVS 5.0 6.5.1).
#[test]
fn of_fifty_parallel_uses_of_one_recovery_code_one_succeeds() {
    race(|_, client, _| codes(client).remove(0));
}

#[test]
fn a_second_factor_entered_during_a_password_change_gives_no_access() {
    for seed in 0..12 {
        let lab = Lab::start(&SETTINGS);
        let mut owner = lab.app();
        let secret = with_app(&lab, &mut owner);
        let login = waiting(lab.app());
        let code = code(&lab, &secret, 1);
        let change = json!({"current_password": PASSWORD, "new_password": "another-Horse-43-battery"});
        lab.faults(json!({"seed": seed, "conflict": {"percent": 60}, "latency_ms": 2}));
        // Because of conflicts, both operations start again, in any order. In either order, the password change must
        // end the login of the old password.
        let clients = at_once(2, |n| {
            let mut client = if n == 0 { owner.clone() } else { login.clone() };
            let reply = match n {
                0 => client.post("account/password/change", change.clone()),
                _ => show(&mut client, &code),
            };
            (client, reply)
        });
        lab.faults(json!({}));
        let ((_, changed), (mut intruder, shown)) = (clients[0].clone(), clients[1].clone());
        assert!([200, 503].contains(&changed.status), "{}", changed.text);
        if changed.status == 200 {
            assert_ne!(intruder.get("auth/session").status, 200, "{seed}: {}", shown.text);
        }
    }
}

/// ASVS 5.0 6.4.3.
#[test]
fn a_reset_that_logs_in_still_waits_for_the_second_factor() {
    let lab = Lab::start(&[SETTINGS[0], SETTINGS[1], ("ACCOUNT_LOGIN_ON_PASSWORD_RESET", "true")]);
    let secret = with_app(&lab, &mut lab.app());
    lab.app().post("auth/password/request", json!({"email": EMAIL}));
    let body = json!({"key": lab.mail(EMAIL).key(), "password": "another-Zebra-77-staple"});
    let mut client = lab.app();
    let reply = client.post("auth/password/reset", body);
    assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("mfa_authenticate")), "{}", reply.text);
    assert_eq!(client.get("account/email").status, 401);
    lab.advance(60);
    assert_eq!(show(&mut client, &code(&lab, &secret, 0)).status, 200);
}

/// CVE-2026-27801: unlimited guesses (ASVS 5.0 6.6.3).
#[test]
fn guesses_are_counted_per_user_across_clients() {
    let lab = Lab::start(&[]);
    let secret = with_app(&lab, &mut lab.app());
    for n in 0..5 {
        let mut guesser = waiting(lab.app());
        guesser.extra.push(("x-forwarded-for".to_owned(), format!("192.0.2.{n}")));
        assert_eq!(show(&mut guesser, "00000").errors(), ["code:incorrect_code"], "{n}");
    }
    let mut owner = waiting(lab.app());
    assert_eq!(show(&mut owner, &code(&lab, &secret, 0)).errors(), ["code:too_many_login_attempts"]);
    lab.advance(301);
    assert_eq!(show(&mut owner, &code(&lab, &secret, 0)).status, 200);
}

/// ASVS 5.0 7.5.1.
#[test]
fn changes_of_authenticators_need_reauthentication_for_which_a_code_is_enough() {
    let lab = Lab::start(&SETTINGS);
    let mut client = lab.app();
    let secret = with_app(&lab, &mut client);
    lab.advance(600);
    for (method, path) in [("DELETE", TOTP), ("GET", CODES), ("POST", CODES)] {
        let reply = client.send(method, path, None, &[]);
        let flows = reply.json["data"]["flows"].as_array().unwrap().clone();
        let again = flows.iter().find(|flow| flow["id"] == "mfa_reauthenticate").unwrap();
        assert_eq!((reply.status, &again["types"]), (401, &json!(["recovery_codes", "totp"])), "{method} {path}");
        assert_eq!(reply.json["meta"]["is_authenticated"], true);
    }
    let reply = client.post("auth/2fa/reauthenticate", json!({"code": code(&lab, &secret, 0)}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(client.delete(TOTP).status, 200);
    assert!(lab.mail(EMAIL).text.contains("was removed"));
    assert_eq!(
        client.get("account/authenticators").json["data"],
        json!([]),
        "the recovery codes are removed with the last factor"
    );
    assert_eq!(login(&mut lab.app()).status, 200, "the login needs no second factor");
}

#[test]
fn a_second_factor_needs_a_verified_address() {
    let lab = Lab::start(&[("ACCOUNT_EMAIL_VERIFICATION", "optional")]);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": EMAIL, "password": PASSWORD}));
    let reply = client.get(TOTP);
    assert_eq!((reply.status, reply.errors()), (409, vec![":unverified_email".to_owned()]));
    assert_eq!(client.post(TOTP, json!({"code": "123456"})).errors(), ["code:unverified_email"]);
    assert_eq!(client.get("account/authenticators").json["data"], json!([]));
}

#[test]
fn a_trusted_browser_needs_no_second_factor_until_the_password_changes() {
    let lab = Lab::start(&[SETTINGS[0], SETTINGS[1], ("MFA_TRUST_ENABLED", "true")]);
    let mut browser = lab.browser();
    let secret = with_app(&lab, &mut browser);
    browser.delete("auth/session");
    lab.advance(30);
    let mut browser = waiting(browser);
    assert_eq!(show(&mut browser, &code(&lab, &secret, 0)).pending().as_deref(), Some("mfa_trust"));
    assert_eq!(browser.get("auth/session").status, 401, "not logged in before the question is answered");
    assert_eq!(browser.post("auth/2fa/trust", json!({"trust": true})).status, 200);
    let cookie = browser.cookies["mfa_trusted"].clone();
    browser.delete("auth/session");
    assert_eq!(login(&mut browser).status, 200, "no second factor is needed");

    let mut thief = lab.browser();
    thief.cookies.insert("mfa_trusted".to_owned(), cookie.chars().rev().collect());
    waiting(thief);
    let mut app = lab.app();
    app.extra.push(("cookie".to_owned(), format!("mfa_trusted={cookie}")));
    waiting(app);
    assert_eq!(lab.app().post("auth/2fa/trust", json!({"trust": true})).status, 404, "apps do not keep cookies");

    let change = json!({"current_password": PASSWORD, "new_password": "another-Horse-43-battery"});
    assert_eq!(browser.post("account/password/change", change).status, 200);
    browser.delete("auth/session");
    let reply = browser.post("auth/login", json!({"email": EMAIL, "password": "another-Horse-43-battery"}));
    assert_eq!(reply.pending().as_deref(), Some("mfa_authenticate"), "{}", reply.text);
}

#[test]
fn trust_expires() {
    let settings = [SETTINGS[0], SETTINGS[1], ("MFA_TRUST_ENABLED", "true"), ("MFA_TRUST_COOKIE_AGE", "3600")];
    let lab = Lab::start(&settings);
    let mut browser = lab.browser();
    let secret = with_app(&lab, &mut browser);
    browser.delete("auth/session");
    let mut browser = waiting(browser);
    show(&mut browser, &code(&lab, &secret, 0));
    browser.post("auth/2fa/trust", json!({"trust": true}));
    browser.delete("auth/session");
    lab.advance(3601);
    waiting(browser);
}

/// Otherwise a session could be used before the second factor.
#[test]
fn no_endpoint_that_needs_a_user_accepts_a_login_that_waits_for_its_second_factor() {
    let lab = Lab::start(&[SETTINGS[0], SETTINGS[1], ("MFA_TRUST_ENABLED", "true")]);
    with_app(&lab, &mut lab.app());
    let mut asked = 0;
    for new in [Lab::app, Lab::browser] {
        let mut owing = waiting(new(&lab));
        for endpoint in local::endpoints() {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                let body = (method != "GET").then(|| "{}".to_owned());
                if new(&lab).send(method, endpoint.path, body.clone(), &[]).status != 401 {
                    continue;
                }
                let status = owing.get("auth/session");
                if status.pending().as_deref() != Some("mfa_authenticate") {
                    owing = waiting(new(&lab));
                }
                let reply = owing.send(method, endpoint.path, body, &[]);
                let way = format!("{method} {}: {}", endpoint.path, reply.text);
                if endpoint.path == "auth/2fa/authenticate" {
                    assert!([400, 405].contains(&reply.status), "{way}");
                } else {
                    assert_eq!(reply.status, 401, "{way}");
                    assert_eq!(reply.json["meta"]["is_authenticated"], false, "{way}");
                }
                asked += 1;
            }
        }
    }
    assert!(asked > 40, "only {asked} were asked");
}

#[test]
fn the_table_contains_no_secret_of_an_authenticator_in_plain_text() {
    let lab = Lab::start(&SETTINGS);
    let mut client = lab.app();
    let secret = with_app(&lab, &mut client);
    let codes = codes(&mut client);
    let table = lab.table();
    let holds = |text: &str| table.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(EMAIL), "the bytes contain the table");
    let secrets: Vec<Value> = codes.iter().chain([&secret]).map(|it| json!(it)).collect();
    assert!(secrets.iter().filter_map(Value::as_str).all(|it| !holds(it)));
}

#[test]
fn a_pending_login_lists_the_factors_that_still_exist() {
    let lab = Lab::start(&SETTINGS);
    let mut client = lab.app();
    with_app(&lab, &mut client);
    let mut other = waiting(lab.app());
    let types = |client: &mut Client| {
        let flows = client.get("auth/session").json["data"]["flows"].clone();
        flows.as_array().unwrap().iter().find(|flow| flow["is_pending"] == true).unwrap()["types"].clone()
    };
    assert_eq!(types(&mut other), json!(["recovery_codes", "totp"]));
    assert_eq!(client.delete(TOTP).status, 200);
    assert_eq!(types(&mut other), json!([]));
    let spent = |method: &str| lab.trips(|| drop(other.clone().send(method, "auth/session", None, &[]))).len();
    assert_eq!(
        (spent("GET"), spent("DELETE")),
        (2, 2),
        "a GET request also reads the factors, a DELETE request also deletes the session"
    );
}
