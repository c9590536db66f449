//! Tests of the command line on the data folder of a running service.

mod api_keys;
mod users;

use crate::lab::{Lab, PASSWORD, at_once};
use crate::latchkey::Latchkey;
use serde_json::{Value, json};

const EMAIL: &str = "ada@example.com";
const SETTINGS: [(&str, &str); 1] = [("ACCOUNT_RATE_LIMITS", "false")];

/// Returns the command line and the service's data folder. Do not call it if the tests use another DynamoDB.
fn operator(lab: &Lab) -> (Latchkey, String) {
    (Latchkey::default(), lab.folder().join("data").to_str().unwrap().to_owned())
}

fn is_elsewhere() -> bool {
    std::env::var_os("LATCHKEY_TEST_TABLE").is_some()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name}: {value}")).to_owned()
}

fn wait_until(mut holds: impl FnMut() -> bool) -> bool {
    (0..200).any(|_| {
        let held = holds();
        if !held {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        held
    })
}

#[test]
fn an_operator_can_list_and_end_the_sessions_of_a_user() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&SETTINGS);
    let (latchkey, data) = operator(&lab);
    let (mut app, mut browser) = (lab.app(), lab.browser());
    app.extra.push(("user-agent".to_owned(), "Mozilla/5.0 (phone)".to_owned()));
    lab.user(&mut app, EMAIL);
    assert_eq!(browser.post("auth/login", json!({"email": EMAIL, "password": PASSWORD})).status, 200);

    let sessions = latchkey.lines(&["sessions", "list", EMAIL, "--data", &data]);
    assert_eq!(sessions.len(), 2, "{sessions:?}");
    assert_eq!(sessions[0]["user_agent"], "Mozilla/5.0 (phone)");
    let (first, user) = (text(&sessions[0], "id"), text(&sessions[0], "user"));
    assert_eq!(latchkey.lines(&["--data", &data, "sessions", "list", &user]).len(), 2, "the id of the user works too");
    let table = latchkey.text(&["sessions", "list", "Ada@Example.com", "--data", &data]);
    let heading = table.lines().next().unwrap();
    assert!(heading.starts_with("ID") && heading.ends_with("USER AGENT"), "{table}");
    assert!(table.lines().nth(1).unwrap().starts_with(&first), "{table}");

    let asked = latchkey.refusal(1, &["sessions", "end", EMAIL, &first, "--data", &data]);
    assert!(asked.contains("Use --yes to confirm") && asked.contains("nothing was changed"), "{asked}");
    assert_eq!(app.get("auth/session").status, 200);
    latchkey.run(&["--yes", "sessions", "end", EMAIL, &first, "--data", &data]);
    assert_eq!(app.get("auth/session").status, 410);
    assert_eq!(browser.get("auth/session").status, 200);
    let gone = latchkey.refusal(1, &["sessions", "end", EMAIL, &first, "--yes", "--data", &data]);
    assert!(gone.contains("has no session"), "{gone}");

    let told = latchkey.last(&["sessions", "end", EMAIL, "--all", "--yes", "--data", &data]);
    assert_eq!(told, json!({"user": user, "session": null}));
    assert_eq!(browser.get("auth/session").status, 401);
    assert!(latchkey.lines(&["sessions", "list", EMAIL, "--data", &data]).is_empty());
    let nobody = latchkey.refusal(1, &["sessions", "list", "eve@example.com", "--data", &data]);
    assert!(nobody.contains("no user has"), "{nobody}");
}

#[test]
fn a_rotated_key_is_published_while_the_earlier_one_still_signs() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&[SETTINGS[0], ("HEADLESS_TOKEN_STRATEGY", "jwt")]);
    let (latchkey, data) = operator(&lab);
    lab.user(&mut lab.app(), EMAIL);
    let keys = latchkey.lines(&["keys", "list", "--data", &data]);
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert_eq!((&keys[0]["state"], &keys[0]["published_until"]), (&json!("signs"), &Value::Null));
    let first = text(&keys[0], "kid");

    let made = latchkey.last(&["keys", "rotate", "--yes", "--data", &data]);
    let keys = latchkey.lines(&["keys", "list", "--data", &data]);
    let states = keys.iter().map(|key| (key["kid"].clone(), key["state"].clone())).collect::<Vec<_>>();
    assert_eq!(states, [(made["kid"].clone(), json!("next")), (json!(first), json!("signs"))]);
    assert_eq!(keys[0]["signs_from"], made["signs_from"]);
    assert!(keys[1]["published_until"].is_string(), "{keys:?}");

    // A service reads the keys again after ten minutes.
    lab.advance(601);
    let published = lab.app().get("/.well-known/jwks.json").json["keys"].clone();
    let kids = published.as_array().unwrap().iter().map(|key| &key["kid"]).collect::<Vec<_>>();
    assert_eq!(kids, [&json!(first), &made["kid"]], "{published}");
}

#[test]
fn keys_from_the_settings_cannot_be_rotated() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&SETTINGS);
    let (latchkey, data) = operator(&lab);
    let latchkey = latchkey.and(&[("HEADLESS_JWT_ALGORITHM", "HS256")]);
    let why = latchkey.refusal(1, &["keys", "rotate", "--yes", "--data", &data]);
    assert!(why.contains("the settings contain the signing key"), "{why}");
    // A key that is sealed with another secret key could not be opened by the service.
    let lab = lab.restart_with(&[("HEADLESS_TOKEN_STRATEGY", "jwt")]);
    lab.user(&mut lab.app(), EMAIL);
    let latchkey = Latchkey::with(&[("SECRET_KEY", "another key, of more than 32 bytes too")]);
    let why = latchkey.refusal(1, &["keys", "rotate", "--yes", "--data", &data]);
    assert!(why.contains("SECRET_KEY is not the one"), "{why}");
}

#[test]
fn a_waiting_message_can_be_retried_or_dropped() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&SETTINGS);
    let (latchkey, data) = operator(&lab);
    let (outbox, away) = (lab.folder().join("outbox"), lab.folder().join("away"));
    std::fs::rename(&outbox, &away).unwrap();
    for email in [EMAIL, "eve@example.com"] {
        assert_eq!(lab.app().post("auth/signup", json!({"email": email, "password": PASSWORD})).status, 401);
    }
    let list = || latchkey.lines(&["messages", "list", "--data", &data]);
    assert!(wait_until(|| list().iter().all(|message| message["attempts"] == 1)), "{:?}", list());
    let waiting = list();
    let to =
        |email: &str| waiting.iter().find(|message| message["to"] == email).unwrap_or_else(|| panic!("{waiting:?}"));
    assert_eq!((&to(EMAIL)["channel"], waiting.len()), (&json!("mail"), 2));
    let (first, second) = (text(to(EMAIL), "id"), text(to("eve@example.com"), "id"));

    let asked = latchkey.refusal(1, &["messages", "drop", &second, "--data", &data]);
    assert!(asked.contains("Use --yes to confirm"), "{asked}");
    assert_eq!(list().len(), 2);
    latchkey.text(&["messages", "drop", &second, "--yes", "--data", &data]);
    let gone = latchkey.refusal(1, &["messages", "drop", &second, "--yes", "--data", &data]);
    assert!(gone.contains("no message"), "{gone}");
    for id in ["-kp38QQaPJ7wdylDVad3dA", "--p38QQaPJ7wdylDVad3dA", "-hp38QQaPJ7wdylDVad3dA"] {
        for arguments in
            [["--yes", "messages", "drop", id], ["messages", "drop", id, "--yes"], ["messages", "drop", "--yes", id]]
        {
            let unknown = latchkey.refusal(1, &[&arguments[..], &["--data", &data]].concat());
            assert!(
                unknown.contains(&format!("no message {id} waits")),
                "an id that starts with a hyphen is not an option: {unknown}"
            );
        }
    }
    latchkey.text(&["messages", "retry", &first, "--data", &data]);
    assert_eq!(list()[0]["attempts"], 0, "its attempts are counted from zero");
    // The sweep at the start of a service delivers the message.
    let lab = lab.restart_after(|_| std::fs::rename(&away, &outbox).unwrap());
    assert!(wait_until(|| !lab.mails(EMAIL).is_empty()));
    assert!(wait_until(|| list().is_empty()), "{:?}", list());
    assert!(lab.mails("eve@example.com").is_empty());
}

#[test]
fn a_message_with_an_expired_code_cannot_be_retried() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&SETTINGS);
    let (latchkey, data) = operator(&lab);
    let (outbox, away) = (lab.folder().join("outbox"), lab.folder().join("away"));
    std::fs::rename(&outbox, &away).unwrap();
    assert_eq!(lab.app().post("auth/signup", json!({"email": EMAIL, "password": PASSWORD})).status, 401);
    let list = || latchkey.lines(&["messages", "list", "--data", &data]);
    assert!(wait_until(|| list().iter().all(|message| message["attempts"] == 1)), "{:?}", list());
    let lab = lab.restart_with_items(|item| {
        if item.contains_key("pointless_after") {
            let past = aws_sdk_dynamodb::types::AttributeValue::N("1700000000000000".to_owned());
            item.insert("pointless_after".to_owned(), past);
        }
    });
    let id = text(&list()[0], "id");
    let why = latchkey.refusal(1, &["messages", "retry", &id, "--data", &data]);
    assert!(why.contains("expired at 2023-11-14T22:13:20Z"), "{why}");
    drop(lab);
}

#[test]
fn commands_and_requests_do_not_disturb_each_other() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&SETTINGS);
    let (latchkey, data) = operator(&lab);
    lab.user(&mut lab.app(), EMAIL);
    // Half of the threads log in and out, the others run commands.
    let failures = at_once(6, |n| {
        let mut failures = Vec::new();
        for turn in 0..5 {
            if n % 2 == 0 {
                let mut app = lab.app();
                let statuses = [
                    app.post("auth/login", json!({"email": EMAIL, "password": PASSWORD})).status,
                    app.get("auth/session").status,
                    app.delete("auth/session").status,
                ];
                failures.extend((statuses != [200, 200, 401]).then(|| format!("{turn}: {statuses:?}")));
            } else {
                for command in [&["migrate", "--yes"][..], &["sessions", "list", EMAIL], &["messages", "list"]] {
                    let output = latchkey.run(&[command, &["--data", &data]].concat());
                    failures.extend((!output.status.success()).then(|| format!("{turn}: {output:?}")));
                }
            }
        }
        failures
    });
    assert_eq!(failures.concat(), Vec::<String>::new());
}

#[test]
fn a_wrong_command_line_and_a_failed_command_have_different_exit_codes() {
    let folder = tempfile::TempDir::new().unwrap();
    let folder = folder.path().to_str().unwrap();
    let latchkey = Latchkey::default();
    for wrong in [
        &["migrate", "--nonsense"][..],
        &["migrate", "--data", folder, "--table", "both"],
        &["--table", "latchkey", "serve"],
        &["sessions"],
        &["sessions", "list"],
        &["sessions", "end", EMAIL],
        &["sessions", "end", EMAIL, "7", "--all"],
        &["sessions", "end", EMAIL, "seven"],
        &["messages", "retry"],
        &["keys", "forget"],
        &["users"],
        &["users", "show"],
        &["users", "list", "--limit", "0"],
        &["users", "set-password", EMAIL],
        &["users", "create"],
        &["users", "create", EMAIL, "--role", "admin"],
        &["api-keys", "create"],
        &["api-keys", "create", "backup", "--scope", "all"],
    ] {
        assert!(!latchkey.refusal(2, wrong).is_empty(), "{wrong:?}");
    }
    for command in [
        &["migrate", "--yes"][..],
        &["restored", "--yes"],
        &["sessions", "list", EMAIL],
        &["keys", "list"],
        &["messages", "list"],
        &["users", "list"],
        &["users", "delete", EMAIL, "--yes"],
        &["api-keys", "list"],
    ] {
        let why = latchkey.refusal(1, &[command, &["--data", folder]].concat());
        assert!(why.contains("has no table"), "{why}");
    }
}

#[test]
fn shells_get_completions_and_each_command_has_a_manual_page() {
    let latchkey = Latchkey::default();
    for (shell, start) in [("bash", "_latchkey()"), ("zsh", "#compdef latchkey"), ("fish", "complete -c latchkey")] {
        let script = latchkey.text(&["completions", shell]);
        assert!(script.contains(start) && script.contains("doctor"), "{shell}: {script}");
    }
    assert!(latchkey.refusal(2, &["completions", "cmd"]).contains("possible values: bash"));

    let page = latchkey.text(&["man"]);
    assert!(page.contains(".TH latchkey 1") && page.contains("latchkey\\-doctor(1)"), "{page}");
    let folder = tempfile::TempDir::new().unwrap();
    latchkey.text(&["man", folder.path().join("man1").to_str().unwrap()]);
    for name in ["latchkey.1", "latchkey-doctor.1", "latchkey-sessions-end.1"] {
        assert!(folder.path().join("man1").join(name).exists(), "{name}");
    }
    assert!(!folder.path().join("man1/latchkey-description.1").exists(), "hidden commands have no page");
}
