//! `latchkey doctor` on the data folder of a local service: each fault is named, with what to do.

use crate::lab::{Lab, PASSWORD, change_items};
use crate::latchkey::{Latchkey, lines};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

const EMAIL: &str = "ada@example.com";
const TOKENS: (&str, &str) = ("HEADLESS_TOKEN_STRATEGY", "jwt");

fn is_elsewhere() -> bool {
    std::env::var_os("LATCHKEY_TEST_TABLE").is_some()
}

fn data(lab: &Lab) -> String {
    lab.folder().join("data").to_str().unwrap().to_owned()
}

/// Returns the service's own `PUBLIC_URL`.
fn public_url(lab: &Lab) -> String {
    lab.url.replace("127.0.0.1", "localhost")
}

/// Runs the doctor with the settings of a service. Returns its exit status and its checks.
fn examine(latchkey: &Latchkey, lab: &Lab, settings: &[(&str, &str)]) -> (i32, Vec<Value>) {
    let latchkey = latchkey.and(&[("PUBLIC_URL", &public_url(lab))]).and(settings);
    let output = latchkey.run(&["doctor", "--json", "--data", &data(lab)]);
    (output.status.code().unwrap(), lines(&output))
}

/// Returns the checks with a name and a level.
fn find<'a>(checks: &'a [Value], name: &str, level: &str) -> Vec<&'a Value> {
    checks.iter().filter(|check| check["name"] == name && check["level"] == level).collect()
}

/// Asserts that one check has this name and level, and that its message contains a text. A fault has advice.
fn assert_found(checks: &[Value], name: &str, level: &str, message: &str) {
    let found = find(checks, name, level);
    let holds = |check: &&Value| check["message"].as_str().unwrap().contains(message);
    assert_eq!(found.iter().filter(|check| holds(check)).count(), 1, "{name} {level} {message}: {checks:?}");
    assert!(found.iter().all(|check| (level == "ok") == check["advice"].is_null()), "{found:?}");
}

#[test]
fn a_local_service_without_faults_passes_every_check() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&[TOKENS]);
    lab.user(&mut lab.app(), EMAIL);
    let (status, checks) = examine(&Latchkey::default(), &lab, &[TOKENS]);
    assert_eq!(status, 0, "{checks:?}");
    assert!(checks.iter().all(|check| check["level"] == "ok"), "{checks:?}");
    for name in ["settings", "links", "cookies", "passkeys", "table", "index", "stream", "ttl", "clock"] {
        assert!(!find(&checks, name, "ok").is_empty(), "{name}: {checks:?}");
    }
    assert_found(&checks, "clock", "ok", "skipped");
    assert_found(&checks, "signing_keys", "ok", "The next key follows in");
    assert_found(&checks, "secret_key", "ok", "opens all signing keys");
    assert_found(&checks, "outbox", "ok", "no message is due");
    assert_found(&checks, "public_url", "ok", "answers");

    let latchkey = Latchkey::with(&[("PUBLIC_URL", &public_url(&lab)), TOKENS]);
    let text = latchkey.text(&["doctor", "--data", &data(&lab)]);
    assert_eq!(text.lines().count(), checks.len(), "one line for each check: {text}");
    assert!(text.lines().all(|line| line.starts_with("ok       ")), "{text}");
}

#[test]
fn settings_that_the_service_does_not_have_are_named() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&[]);
    let other = [("MFA_ENABLED", "false"), ("ACCOUNT_TEMPLATE_EXTENSION", "html"), ("LATCHKEY_PAGES", "false")];
    let (status, checks) = examine(&Latchkey::default(), &lab, &other);
    assert_found(&checks, "public_url", "warning", "runs with other settings than these: mfa.");
    assert_found(&checks, "settings", "warning", "ACCOUNT_TEMPLATE_EXTENSION is set, but has no effect");
    assert_found(&checks, "links", "error", "`account_signup` leads to");
    assert_eq!(status, 1, "{checks:?}");
}

#[test]
fn each_mistake_of_the_settings_is_a_line() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&[]);
    let wrong = [("ACCOUNT_LOGIN_METHODS", "[]"), ("MFA_TOTP_DIGITS", "5"), ("SESSION_COOKIE_SAMESITE", "None")];
    let (status, checks) = examine(&Latchkey::default(), &lab, &wrong);
    assert_eq!((status, checks.len()), (1, 3), "{checks:?}");
    for (name, _) in wrong {
        assert_found(&checks, "settings", "error", name);
    }
    let latchkey = Latchkey::with(&wrong);
    let output = latchkey.run(&["doctor", "--data", &data(&lab)]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.lines().all(|line| line.starts_with("error    settings: ") && line.contains("What to do: ")),
        "{text}"
    );
    assert!(String::from_utf8(output.stderr).unwrap().contains("3 of the checks found an error"));
}

#[test]
fn a_secret_key_of_another_service_is_named() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&[TOKENS]);
    lab.user(&mut lab.app(), EMAIL);
    let other = Latchkey::with(&[("SECRET_KEY", "the key of another service, long enough")]);
    let (status, checks) = examine(&other, &lab, &[TOKENS]);
    assert_found(&checks, "secret_key", "error", "does not open the keys");
    assert_eq!(status, 1);
}

#[test]
fn a_mailer_that_does_not_run_is_named() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&[]);
    let (outbox, away) = (lab.folder().join("outbox"), lab.folder().join("away"));
    std::fs::rename(&outbox, &away).unwrap();
    assert_eq!(lab.app().post("auth/signup", json!({"email": EMAIL, "password": PASSWORD})).status, 401);
    lab.restart_after(|folder| {
        let data = folder.join("data");
        change_items(&data, |item| {
            if item.contains_key("queue") {
                item.insert("due_at".to_owned(), AttributeValue::N("1700000000".to_owned()));
            }
        });
        let output = Latchkey::default().run(&["doctor", "--json", "--data", data.to_str().unwrap()]);
        assert_found(&lines(&output), "outbox", "error", "the mailer does not run");
        assert_eq!(output.status.code(), Some(1));
        std::fs::rename(&away, &outbox).unwrap();
    });
}

#[test]
fn a_service_that_does_not_run_and_a_missing_table_are_named() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&[]);
    let nowhere = format!("http://{}", crate::cloud::server::nowhere());
    let latchkey = Latchkey::with(&[("PUBLIC_URL", &nowhere)]);
    let checks = latchkey.lines(&["doctor", "--data", &data(&lab)]);
    assert_found(&checks, "public_url", "warning", "no answer");

    let empty = tempfile::TempDir::new().unwrap();
    let output = latchkey.run(&["doctor", "--json", "--data", empty.path().to_str().unwrap()]);
    assert_found(&lines(&output), "table", "error", "has no table");
    assert_eq!(output.status.code(), Some(1));
}
