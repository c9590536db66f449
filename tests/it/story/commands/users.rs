//! Tests of `latchkey users`.

use super::{EMAIL, SETTINGS, is_elsewhere, operator, text};
use crate::lab::{Lab, PASSWORD, at_once};
use crate::latchkey::Latchkey;
use crate::story::second_factors::with_app;
use serde_json::{Value, json};

const NEW: &str = "another-Horse-43-stapler";

fn people() -> Value {
    json!([
        {"email": EMAIL, "password": PASSWORD, "first_name": "Ada", "last_name": "Lovelace"},
        {"email": "grace@example.com", "password": PASSWORD, "first_name": "Grace", "last_name": "Hopper"},
        {"email": "lovely@example.com", "password": PASSWORD, "is_active": false},
    ])
}

fn emails(users: &[Value]) -> Vec<String> {
    users.iter().map(|user| text(user, "email")).collect()
}

#[test]
fn an_operator_finds_out_why_somebody_cannot_log_in_and_mends_it() {
    if is_elsewhere() {
        return;
    }
    let rates = ("ACCOUNT_RATE_LIMITS", r#"{"login": null, "login_failed": "5/300s/key"}"#);
    let lab = Lab::with_accounts(&people(), &[rates]);
    let (latchkey, data) = operator(&lab);
    let login = |password: &str| lab.app().post("auth/login", json!({"email": EMAIL, "password": password}));
    let show = |user: &str| latchkey.last(&["users", "show", user, "--data", &data]);
    assert_eq!(show(EMAIL)["failed_logins"], json!({"count": 0, "last": null, "blocked_until": null}));
    for _ in 0..5 {
        assert_eq!(login("wrong").status, 400);
    }
    assert_eq!(login(PASSWORD).errors(), [":too_many_login_attempts"]);
    let shown = show("Ada@Example.com");
    assert_eq!((&shown["failed_logins"]["count"], &shown["is_active"]), (&json!(5), &json!(true)));
    assert!(shown["failed_logins"]["blocked_until"].is_string(), "{shown}");
    assert_eq!(shown["emails"], json!([{"email": EMAIL, "verified": true, "primary": true}]));
    let told = latchkey.text(&["--data", &data, "users", "show", EMAIL]);
    assert!(told.contains("failed logins  5, the last at") && told.contains("blocked until"), "{told}");

    let weak = latchkey.run_with("12345\n", &["users", "set-password", EMAIL, "--password-stdin", "--data", &data]);
    assert_eq!(weak.status.code(), Some(1), "{weak:?}");
    let empty = latchkey.run_with("", &["users", "set-password", EMAIL, "--password-stdin", "--data", &data]);
    assert!(String::from_utf8_lossy(&empty.stderr).contains("no password"), "{empty:?}");
    let set = ["users", "set-password", EMAIL, "--password-stdin", "--data", &data];
    assert_eq!(latchkey.last_with(&format!("{NEW}\n"), &set)["email"], EMAIL);
    assert_eq!(login(NEW).status, 200, "the failures are forgotten");
    assert_eq!(login(PASSWORD).status, 400);
}

#[test]
fn users_are_listed_newest_first_and_found_by_the_beginning_of_a_name() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::with_accounts(&people(), &SETTINGS);
    let (latchkey, data) = operator(&lab);
    latchkey.text(&["users", "create", "zoe@example.com", "--verified", "--staff", "--role", "7", "--data", &data]);
    let list = |arguments: &[&str]| latchkey.lines(&[&["users", "list", "--data", &data], arguments].concat());
    let all = list(&[]);
    assert_eq!((all.len(), &all[0]["email"]), (4, &json!("zoe@example.com")), "{all:?}");
    assert_eq!(
        (&all[0]["role"], &all[0]["is_staff"], &all[0]["is_superuser"]),
        (&json!(7), &json!(true), &json!(false))
    );
    assert_eq!(list(&["--limit", "1"]), all[..1]);

    let found = |text: &str| emails(&list(&["--search", text]));
    assert_eq!(found("ADA"), [EMAIL], "address and name of one user are one result");
    assert_eq!(found("love"), [EMAIL, "lovely@example.com"], "by family name, and by address");
    assert_eq!(found("grace@example.com"), ["grace@example.com"]);
    assert_eq!(found(&text(&all[0], "id")), ["zoe@example.com"]);
    for nothing in ["opper", "eve", "00000000-0000-0000-0000-000000000000", "+31612345678"] {
        assert_eq!(found(nothing), Vec::<String>::new(), "{nothing}");
    }
    let table = latchkey.text(&["users", "list", "--data", &data]);
    assert!(table.contains("active, staff") && table.contains("disabled") && table.contains("Ada Lovelace"), "{table}");
    assert_eq!(table.lines().count(), 5, "{table}");
}

#[test]
fn a_user_is_created_with_the_rules_of_a_signup() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::with_accounts(&people(), &SETTINGS);
    let (latchkey, data) = operator(&lab);
    let create = |email: &str, more: &[&str]| {
        latchkey.run_with(PASSWORD, &[&["users", "create", email, "--data", &data, "--json"], more].concat())
    };
    let made = create("Eve@Example.com", &["--password-stdin", "--verified"]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let login = json!({"email": "eve@example.com", "password": PASSWORD});
    assert_eq!(lab.app().post("auth/login", login).status, 200);
    for (email, why) in [(EMAIL, "already registered"), ("eve@EXAMPLE.com", "already registered"), ("eve", "valid")] {
        let refused = create(email, &[]);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains(why), "{refused:?}");
    }
    // The address is verified later, for a user who cannot receive mail.
    let made = create("carol@example.com", &["--password-stdin"]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let login = json!({"email": "carol@example.com", "password": PASSWORD});
    assert_eq!(lab.app().post("auth/login", login.clone()).pending().as_deref(), Some("verify_email"));
    latchkey.text(&["users", "verify-email", "carol@example.com", "--data", &data]);
    assert_eq!(lab.app().post("auth/login", login).status, 200);
    let other = latchkey.refusal(1, &["users", "verify-email", "carol@example.com", EMAIL, "--data", &data]);
    assert!(other.contains("does not have this email address"), "{other}");
}

#[test]
fn a_disabled_user_is_logged_out_at_once_and_an_enabled_one_can_log_in_again() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&SETTINGS);
    let (latchkey, data) = operator(&lab);
    let mut app = lab.app();
    lab.user(&mut app, EMAIL);
    let login = || lab.app().post("auth/login", json!({"email": EMAIL, "password": PASSWORD})).status;
    let asked = latchkey.refusal(1, &["users", "disable", EMAIL, "--data", &data]);
    assert!(asked.contains("Use --yes to confirm"), "{asked}");
    assert_eq!(app.get("auth/session").status, 200);
    assert_eq!(latchkey.last(&["users", "disable", EMAIL, "--yes", "--data", &data])["is_active"], false);
    assert_eq!((app.get("auth/session").status, login()), (401, 401));
    assert_eq!(latchkey.last(&["--data", &data, "users", "enable", EMAIL])["is_active"], true);
    assert_eq!((app.get("auth/session").status, login()), (410, 200), "earlier sessions stay invalid");
}

#[test]
fn a_deleted_user_is_logged_out_and_the_address_is_free() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&SETTINGS);
    let (latchkey, data) = operator(&lab);
    let (mut app, mut browser) = (lab.app(), lab.browser());
    with_app(&lab, &mut app);
    let id = text(&latchkey.last(&["users", "show", EMAIL, "--data", &data]), "id");
    assert_eq!(
        latchkey.last(&["users", "delete", EMAIL, "--yes", "--data", &data]),
        json!({"id": id, "deleted": true})
    );
    assert_eq!(app.get("auth/session").status, 410);
    let left = crate::lab::items(&lab.folder().join("data"));
    let left = left.iter().map(|item| format!("{:?}", item)).filter(|item| item.contains(&id)).collect::<Vec<_>>();
    assert!(left.is_empty(), "{left:?}");
    let gone = latchkey.refusal(1, &["users", "delete", &id, "--yes", "--data", &data]);
    assert!(gone.contains("there is no such user"), "{gone}");
    assert!(latchkey.lines(&["users", "list", "--data", &data]).is_empty());
    lab.user(&mut browser, EMAIL);
}

#[test]
fn a_user_without_their_second_factor_gets_in_after_a_reset() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&SETTINGS);
    let (latchkey, data) = operator(&lab);
    with_app(&lab, &mut lab.app());
    let login = || lab.app().post("auth/login", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!(login().pending().as_deref(), Some("mfa_authenticate"));
    let shown = latchkey.last(&["users", "show", EMAIL, "--data", &data]);
    let kinds = shown["authenticators"].as_array().unwrap().iter().map(|it| text(it, "kind")).collect::<Vec<_>>();
    assert_eq!(kinds, ["totp", "recovery_codes"], "{shown}");
    let asked = latchkey.refusal(1, &["users", "reset-mfa", EMAIL, "--data", &data]);
    assert!(asked.contains("(2)"), "{asked}");
    latchkey.text(&["users", "reset-mfa", EMAIL, "--yes", "--data", &data]);
    assert_eq!(login().status, 200);
}

#[test]
fn of_two_operators_who_remove_the_last_superusers_only_one_succeeds() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&SETTINGS);
    let (latchkey, data) = operator(&lab);
    const ROOTS: [&str; 2] = ["root@example.com", "toor@example.com"];
    for email in ROOTS {
        latchkey.text(&["users", "create", email, "--superuser", "--data", &data]);
    }
    let remove = |n: usize, latchkey: &Latchkey| {
        let command = if n == 0 { "disable" } else { "delete" };
        latchkey.run(&["users", command, ROOTS[n], "--yes", "--data", &data])
    };
    let done = at_once(2, |n| remove(n, &latchkey));
    let failed = done.iter().filter(|output| !output.status.success()).collect::<Vec<_>>();
    assert_eq!(failed.len(), 1, "{done:?}");
    assert!(String::from_utf8_lossy(&failed[0].stderr).contains("last active superuser"), "{done:?}");
    let left = latchkey.lines(&["users", "list", "--data", &data]);
    let active = left.iter().filter(|user| user["is_active"] == true && user["is_superuser"] == true).count();
    assert_eq!(active, 1, "{left:?}");
}

#[test]
fn users_of_an_earlier_version_are_listed_after_a_migration() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::with_accounts(&people(), &SETTINGS);
    let lab = lab.restart_after(|folder| {
        crate::lab::change_items(&folder.join("data"), |item| {
            item.remove("listed_in");
            item.remove("listed_as");
        });
    });
    let (latchkey, data) = operator(&lab);
    let found = |text: &str| emails(&latchkey.lines(&["users", "list", "--search", text, "--data", &data]));
    assert!(latchkey.lines(&["users", "list", "--data", &data]).is_empty());
    // An item of a user and one of an address for each of the three, and names of two of them.
    let done = latchkey.last(&["migrate", "--yes", "--data", &data]);
    assert_eq!((&done["outdated"], &done["migrated"]), (&json!(6), &json!(6)), "{done}");
    assert_eq!(latchkey.lines(&["users", "list", "--data", &data]).len(), 3);
    assert_eq!(found("lovelace"), [EMAIL]);
    assert_eq!(found("love"), [EMAIL, "lovely@example.com"]);
    assert_eq!(latchkey.last(&["migrate", "--yes", "--data", &data])["outdated"], 0);
    assert_eq!(lab.app().post("auth/login", json!({"email": EMAIL, "password": PASSWORD})).status, 200);
}
