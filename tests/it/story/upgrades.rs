//! Tests of two versions that work on one table. Values of the other version are kept, and an unknown value must not
//! give access.

use super::second_factors::{code, with_app};
use crate::lab::{Client, Lab, OTHER_VERSION, PASSWORD, Reply, items};
use crate::latchkey::Latchkey;
use crate::other_version;
use aws_sdk_dynamodb::types::AttributeValue as Value;
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

const EMAIL: &str = "ada@example.com";
const NEW_PASSWORD: &str = "another-Horse-43-battery";
const SETTINGS: [(&str, &str); 2] = [("MFA_TOTP_TOLERANCE", "1"), ("ACCOUNT_RATE_LIMITS", "false")];

type Item = HashMap<String, Value>;

fn text(text: &str) -> Value {
    Value::S(text.to_owned())
}

fn pk(item: &Item) -> &str {
    item["pk"].as_s().unwrap()
}

fn is_user(item: &Item) -> bool {
    item["sk"] == text("USER")
}

fn login(client: &mut Client) -> Reply {
    client.post("auth/login", json!({"email": EMAIL, "password": PASSWORD}))
}

fn show(client: &mut Client, code: &str) -> Reply {
    client.post("auth/2fa/authenticate", json!({"code": code}))
}

/// Returns whether the tests use another DynamoDB. These stories change items in the file of the embedded table.
fn is_elsewhere() -> bool {
    std::env::var_os("LATCHKEY_TEST_TABLE").is_some()
}

/// Runs the stories while another version changes the table before every request. It marks each item and each map
/// inside, and checks that its marks are still there. Every other time it removes the schema numbers, as earlier
/// versions do.
#[test]
fn the_stories_pass_and_nothing_is_lost_while_another_version_changes_every_item() {
    if std::env::var_os(OTHER_VERSION).is_some() || is_elsewhere() {
        return; // this process is such a run
    }
    const STORIES: [&str; 10] = [
        "account",
        "codes",
        "flat",
        "identities",
        "jwt_api",
        "passkeys",
        "phones",
        "recovery",
        "second_factors",
        "tokens",
    ];
    // In races, many clients compete for one item. An additional competitor would make the results useless.
    const RACES: [&str; 4] = ["fifty", "parallel", "at_once", "requests_take_one_each"];
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(STORIES.map(|story| format!("story::{story}::")));
    command.args(RACES.iter().flat_map(|race| ["--skip", race]));
    let output = command.env(OTHER_VERSION, "1").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("running 0 tests"), "{text}");
}

#[test]
fn lost_attributes_of_another_version_are_detected() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&SETTINGS);
    lab.user(&mut lab.app(), EMAIL);
    let visit = || other_version::visit(&lab.url);
    assert!(visit().is_empty());
    assert!(visit().is_empty());
    other_version::drop_marks(&lab.url);
    let lost = visit().concat();
    assert!(lost.contains("USER") && lost.contains("/addresses") && lost.contains("SESSION"), "{lost}");
}

#[test]
fn a_login_at_a_stage_of_a_newer_version_waits_for_that_version() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&SETTINGS);
    let secret = with_app(&lab, &mut lab.app());
    let (mut app, mut browser) = (lab.app(), lab.browser());
    for client in [&mut app, &mut browser] {
        assert_eq!(login(client).pending().as_deref(), Some("mfa_authenticate"));
    }
    let stage = |from: &'static str, to: &'static str| {
        move |item: &mut Item| {
            if let Some(Value::M(login)) = item.get_mut("login")
                && login["current"] == text(from)
            {
                login.insert("current".to_owned(), text(to));
            }
        }
    };
    let lab = lab.restart_with_items(stage("mfa_authenticate", "retina_scan"));
    let (mut app, mut browser) = (app.at(&lab.url), browser.at(&lab.url));
    for client in [&mut app, &mut browser] {
        let reply = client.get("auth/session");
        assert_eq!((reply.status, reply.pending()), (401, None), "{}", reply.text);
        let steps = [
            ("auth/2fa/authenticate", json!({"code": code(&lab, &secret, 0)})),
            ("auth/2fa/trust", json!({"trust": true})),
            ("auth/code/confirm", json!({"code": "AAAA-BBBB"})),
            ("auth/email/verify", json!({"key": "AAAA-BBBB"})),
            ("auth/phone/verify", json!({"code": "AAAA-BBBB"})),
        ];
        for (path, body) in steps {
            let reply = client.post(path, body);
            assert!([400, 401, 404, 409].contains(&reply.status), "{path}: {} {}", reply.status, reply.text);
            assert_eq!(client.get("auth/session").status, 401, "{path}");
        }
        assert_eq!(client.get("account/email").status, 401);
    }
    // The newer version continues the login to a stage that both versions know.
    let lab = lab.restart_with_items(stage("retina_scan", "mfa_authenticate"));
    for client in [app, browser] {
        let mut client = client.at(&lab.url);
        assert_eq!(client.get("auth/session").pending().as_deref(), Some("mfa_authenticate"));
        lab.advance(30);
        assert_eq!(show(&mut client, &code(&lab, &secret, 0)).status, 200);
    }
}

#[test]
fn a_user_with_a_factor_of_a_newer_version_cannot_log_in_without_it() {
    if is_elsewhere() {
        return;
    }
    // The API description does not contain values of a newer version.
    let lab = Lab::start(&[&SETTINGS[..], &[("CONTRACT", "off")]].concat());
    let secret = with_app(&lab, &mut lab.app());
    let hologram =
        Value::M(HashMap::from([("hologram".to_owned(), Value::M(HashMap::from([("n".to_owned(), text("1"))])))]));
    let lab = lab.restart_with_items(|item| {
        if let Some(Value::L(authenticators)) = item.get_mut("authenticators") {
            authenticators.retain(|it| it.as_m().unwrap()["factor"].as_m().unwrap().contains_key("totp"));
            for it in authenticators {
                let Value::M(it) = it else { panic!("{it:?}") };
                it.insert("factor".to_owned(), hologram.clone());
            }
        }
    });
    let mut client = lab.app();
    let reply = login(&mut client);
    assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("mfa_authenticate")), "{}", reply.text);
    let types = reply.json["data"]["flows"].as_array().unwrap().iter().find_map(|flow| flow.get("types").cloned());
    assert_eq!(types, Some(json!(["hologram"])), "the client learns which factor it needs");
    for code in [code(&lab, &secret, 0), "000000".to_owned()] {
        assert_eq!(show(&mut client, &code).errors(), ["code:incorrect_code"]);
    }
    let mut bearer = lab.bearer();
    let reply = bearer.login(EMAIL, PASSWORD);
    assert!(bearer.access.is_none() && reply.json.get("access").is_none(), "{}", reply.text);

    // Changes of the user keep the unknown factor. A new password does not end it.
    lab.app().post("auth/password/request", json!({"email": EMAIL}));
    let key = lab.mail(EMAIL).key();
    let reply = lab.app().post("auth/password/reset", json!({"key": key, "password": NEW_PASSWORD}));
    assert_eq!(reply.status, 401, "{}", reply.text);
    let lab = lab.restart_after(|folder| {
        let users = items(&folder.join("data")).into_iter().filter(is_user).collect::<Vec<_>>();
        let Value::L(authenticators) = &users[0]["authenticators"] else { panic!("{users:?}") };
        assert_eq!(authenticators[0].as_m().unwrap()["factor"], hologram);
    });
    let reply = lab.app().post("auth/login", json!({"email": EMAIL, "password": NEW_PASSWORD}));
    assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("mfa_authenticate")), "{}", reply.text);
}

#[test]
fn a_message_of_a_newer_version_waits_for_its_mailer() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&SETTINGS);
    let mut client = lab.app();
    lab.user(&mut client, EMAIL);
    let mails = lab.mails(EMAIL).len();
    // If no file can be written, a message stays due.
    let outbox = lab.folder().join("outbox");
    std::fs::rename(&outbox, lab.folder().join("aside")).unwrap();
    std::fs::write(&outbox, "").unwrap();
    lab.app().post("auth/password/request", json!({"email": EMAIL}));
    lab.app().get("config");
    let change = |name: &'static str, from: &'static str, to: &'static str| {
        move |folder: &Path| {
            let _ = std::fs::remove_file(folder.join("outbox"));
            let _ = std::fs::rename(folder.join("aside"), folder.join("outbox"));
            let outbox = std::cell::Cell::new(0);
            crate::lab::change_items(&folder.join("data"), |item| {
                if pk(item).starts_with("OUTBOX#") {
                    assert_eq!(item[name], text(from), "{item:?}");
                    item.insert(name.to_owned(), text(to));
                    // The message looks as if it had never been tried.
                    item.insert("attempts".to_owned(), Value::N("0".to_owned()));
                    item.insert("due_at".to_owned(), Value::N("1".to_owned()));
                    outbox.set(outbox.get() + 1);
                }
            });
            assert_eq!(outbox.get(), 1, "exactly one message waits");
        }
    };
    let sees_it = |lab: &Lab, what: &str| {
        for _ in 0..1_000 {
            if lab.log().contains(what) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("no {what} in {}", lab.log());
    };
    let lab = lab.restart_after(change("kind", "password_reset_key", "birthday"));
    sees_it(&lab, "message_failed");
    let lab = lab.restart_after(change("kind", "birthday", "password_reset_key"));
    sees_it(&lab, "message_sent");
    assert!(lab.mails(EMAIL).len() > mails);

    std::fs::rename(&outbox, lab.folder().join("aside")).unwrap();
    std::fs::write(&outbox, "").unwrap();
    lab.app().post("auth/password/request", json!({"email": EMAIL}));
    let lab = lab.restart_after(change("channel", "mail", "pigeon"));
    sees_it(&lab, "message_failed");
    let lab = lab.restart_after(change("channel", "pigeon", "mail"));
    sees_it(&lab, "message_sent");
}

#[test]
fn an_item_of_an_unknown_schema_is_neither_used_nor_changed() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&SETTINGS);
    let mut client = lab.app();
    lab.user(&mut client, EMAIL);
    let schema = |number: u32| {
        move |item: &mut Item| {
            if is_user(item) {
                item.insert("schema".to_owned(), Value::N(number.to_string()));
            }
        }
    };
    let lab = lab.restart_with_items(schema(99));
    let mut client = client.at(&lab.url);
    assert_eq!(client.get("auth/session").status, 503);
    assert_eq!(login(&mut lab.app()).status, 503);
    assert!(lab.log().contains("schema number 99"), "{}", lab.log());
    let lab = lab.restart_with_items(schema(1));
    assert_eq!(client.at(&lab.url).get("auth/session").status, 200);
}

#[test]
fn migrate_brings_old_items_up_to_date_while_the_service_runs() {
    const ADDRESS: &str = "ada@müller.example";
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&[SETTINGS[1], ("ACCOUNT_EMAIL_VERIFICATION", "optional")]);
    let mut client = lab.app();
    lab.user(&mut client, ADDRESS);
    // Changes the items to the form that a version without schema numbers wrote.
    let lab = lab.restart_with_items(|item| {
        item.remove("schema");
        if pk(item) == "EMAIL#ada@xn--mller-kva.example" {
            item.insert("pk".to_owned(), text("EMAIL#ada@müller.example"));
        }
    });
    let data = lab.folder().join("data");
    let data = data.to_str().unwrap();
    let latchkey = Latchkey::default();
    latchkey.refusal(1, &["migrate", "--data", data]);
    let done = latchkey.last(&["--yes", "migrate", "--data", data]);
    assert_eq!((&done["state"], &done["moved"], &done["blocked"]), (&json!("done"), &json!(1), &json!(0)), "{done}");
    assert!(done["outdated"].as_u64().unwrap() >= 3 && done["migrated"] == done["outdated"], "{done}");
    let again = latchkey.last(&["migrate", "--yes", "--data", data]);
    assert_eq!(again["outdated"], json!(0), "{again}");

    let mut client = client.at(&lab.url);
    assert_eq!(client.get("auth/session").status, 200, "sessions are kept");
    let reply = lab.app().post("auth/login", json!({"email": ADDRESS, "password": PASSWORD}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    lab.restart_after(|folder| {
        let all = items(&folder.join("data"));
        let mut versioned = all.iter().filter(|item| item.contains_key("version"));
        assert!(versioned.all(|item| item["schema"] == Value::N("1".to_owned())));
        assert!(all.iter().any(|item| pk(item) == "EMAIL#ada@xn--mller-kva.example"));
        assert!(!all.iter().any(|item| pk(item) == "EMAIL#ada@müller.example"));
    });
}
