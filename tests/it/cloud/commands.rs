//! Tests of the command line on the table of a deployment.

use super::deployment::{Cloud, Emulated, Ground, client, environment, scheduled_event};
use super::server::block_on;
use crate::lab::PASSWORD;
use crate::latchkey::Latchkey;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use serde_json::{Value, json};
use shared::store::create_table;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

type Item = HashMap<String, AttributeValue>;

/// The environment of an operator. It disables the EC2 metadata service, since no test runs on EC2.
pub fn operator(ground: &impl Ground) -> Latchkey {
    Latchkey::with(&[
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
        ("AWS_ENDPOINT_URL_DYNAMODB", ground.dynamodb()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ])
}

/// The environment of an operator who also has the functions' secret key.
fn keeper(ground: &impl Ground) -> Latchkey {
    let all = environment(ground, &[]);
    let (_, key) = all.iter().find(|(name, _)| name == "SECRET_KEY").unwrap();
    operator(ground).and(&[("SECRET_KEY", key)])
}

/// Items as a version without schema numbers wrote them: `copies` copies of the fixtures, and one claim that the
/// migration has to move to another key.
fn old_items(copies: usize) -> Vec<Item> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/v1");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path| serde_json::from_str::<Value>(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut fixtures = files.map(|path| item(&read(path))).collect::<Vec<_>>();
    fixtures.iter_mut().for_each(|item| drop(item.remove("schema")));
    let pk = |item: &Item| item["pk"].as_s().unwrap().clone();
    let (claims, others) = fixtures.into_iter().partition::<Vec<_>, _>(|item| pk(item).starts_with("EMAIL#"));
    let mut moves = claims.into_iter().find(|item| item["sk"].as_s().unwrap() == "OWNER").unwrap();
    for (name, value) in [("pk", "EMAIL#ada@müller.example"), ("email", "ada@müller.example")] {
        moves.insert(name.to_owned(), AttributeValue::S(value.to_owned()));
    }
    let copy = |n: usize, item: &Item| {
        let mut item = item.clone();
        item.insert("pk".to_owned(), AttributeValue::S(format!("{}-{n}", pk(&item))));
        item
    };
    let copies = (0..copies).flat_map(|n| others.iter().map(move |item| copy(n, item)));
    copies.chain([moves]).collect()
}

fn item(json: &Value) -> Item {
    json.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value_of(value))).collect()
}

fn value_of(json: &Value) -> AttributeValue {
    let (kind, value) = json.as_object().unwrap().iter().next().unwrap();
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => AttributeValue::S(text.clone()),
        ("N", Value::String(number)) => AttributeValue::N(number.clone()),
        ("BOOL", Value::Bool(yes)) => AttributeValue::Bool(*yes),
        ("NULL", _) => AttributeValue::Null(true),
        ("L", Value::Array(list)) => AttributeValue::L(list.iter().map(value_of).collect()),
        ("M", map) => AttributeValue::M(item(map)),
        other => panic!("unsupported attribute value {other:?}"),
    }
}

fn put(ground: &impl Ground, table: &str, items: &[Item]) {
    let client = client(ground.dynamodb());
    for some in items.chunks(25) {
        let put = |item: &Item| PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
        let writes = some.iter().map(|item| WriteRequest::builder().put_request(put(item)).build()).collect();
        let answer = block_on(client.batch_write_item().request_items(table, writes).send()).unwrap();
        assert!(answer.unprocessed_items.is_none_or(|rest| rest.is_empty()));
    }
}

fn scan(ground: &impl Ground, table: &str) -> Vec<Item> {
    let pages = client(ground.dynamodb()).scan().table_name(table).consistent_read(true).into_paginator();
    block_on(pages.items().send().collect::<Result<Vec<_>, _>>()).unwrap()
}

fn is_outdated(item: &&Item) -> bool {
    item.contains_key("version") && !item.contains_key("schema")
}

/// Migrates `copies` copies of the fixtures.
pub fn migrate(ground: &impl Ground, copies: usize) {
    let (latchkey, table) = (operator(ground), ground.table());
    put(ground, table, &old_items(copies));
    let outdated = scan(ground, table).iter().filter(is_outdated).count();
    assert!(outdated > copies * 10, "{outdated}");
    let asked = latchkey.refusal(1, &["migrate", "--table", table]);
    assert!(asked.contains(&format!("{outdated} of ")) && asked.contains("Use --yes to confirm"), "{asked}");
    let done = latchkey.last(&["--table", table, "migrate", "--yes"]);
    assert_eq!((&done["state"], &done["migrated"]), (&json!("done"), &json!(outdated)), "{done}");
    assert_eq!((&done["moved"], &done["blocked"]), (&json!(1), &json!(0)), "{done}");
    assert_eq!(scan(ground, table).iter().filter(is_outdated).count(), 0);
    let again = latchkey.text(&["migrate", "--table", table]);
    assert!(
        again.starts_with("done: ") && again.contains(" 0 outdated"),
        "a finished migration asks for no confirmation: {again}"
    );
}

/// Kills a migration after its first progress line, and runs it again. The table must be slow, about a second for a
/// hundred copies, so that the kill comes before the end.
pub fn migrate_after_a_stop(ground: &impl Ground, copies: usize) {
    let (latchkey, table) = (operator(ground), ground.table());
    put(ground, table, &old_items(copies));
    let all = scan(ground, table).iter().filter(is_outdated).count();
    let mut child = latchkey.spawn(&["migrate", "--yes", "--json", "--table", table]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let progress = serde_json::from_str::<Value>(&line).unwrap();
    assert_eq!(progress["state"], "progress", "{line}");
    let left = scan(ground, table).iter().filter(is_outdated).count();
    assert!(0 < left && left < all, "{left} of {all}");
    let done = latchkey.last(&["migrate", "--yes", "--table", table]);
    assert_eq!((&done["outdated"], &done["migrated"]), (&json!(left), &json!(left)), "{done}");
    assert_eq!(scan(ground, table).iter().filter(is_outdated).count(), 0);
}

/// Tests `restored`: sessions from before the restore have ended, and passwords that were changed after the restore
/// point are removed.
pub fn restored<G: Ground>(ground: G, email: &str) {
    let login = json!({"email": email, "password": PASSWORD});
    let cloud = Cloud::over(ground, &[("ACCOUNT_EMAIL_VERIFICATION", "none")]);
    let mut app = cloud.gateway.app();
    let reply = app.post("auth/signup", login.clone());
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(app.get("auth/session").status, 200);
    let token = app.token.clone();
    drop(app);
    let Cloud { ground, .. } = cloud;
    let (latchkey, table) = (operator(&ground), ground.table());

    // The table before the restore, in which the user has another password.
    let before = format!("{table}-before");
    block_on(create_table(&client(ground.dynamodb()), &before)).unwrap();
    let changed = |mut item: Item| {
        if item.contains_key("password") {
            item.insert("password".to_owned(), AttributeValue::S("argon2$changed since".to_owned()));
        }
        item
    };
    put(&ground, &before, &scan(&ground, table).into_iter().map(changed).collect::<Vec<_>>());

    let asked = latchkey.refusal(1, &["restored", "--table", table, "--from", &before]);
    assert!(asked.contains("Use --yes to confirm"), "{asked}");
    let missing = latchkey.refusal(1, &["restored", "--yes", "--table", table, "--from", "nowhere"]);
    assert!(missing.contains("there is no table nowhere in eu-west-1"), "{missing}");
    let told = latchkey.last(&["restored", "--yes", "--table", table]);
    assert_eq!(told.as_object().unwrap().len(), 1, "{told}");
    let moment = told["LATCHKEY_RESTORED_AT"].as_str().unwrap().to_owned();

    let settings = [("ACCOUNT_EMAIL_VERIFICATION", "none"), ("LATCHKEY_RESTORED_AT", moment.as_str())];
    let cloud = Cloud::over(ground, &settings);
    let mut app = cloud.gateway.app();
    app.token = token;
    assert_eq!(app.get("auth/session").status, 410, "the session has ended");
    std::thread::sleep(std::time::Duration::from_secs(2)); // the time of the restore is rounded up to the next second
    let mut app = cloud.gateway.app();
    assert_eq!(app.post("auth/login", login.clone()).status, 200);
    assert_eq!(app.get("auth/session").status, 200, "new sessions work");

    let told = latchkey.last(&["restored", "--yes", "--table", cloud.ground.table(), "--from", &before]);
    assert_eq!((&told["users"], &told["changed_password"]), (&json!(1), &json!(1)), "{told}");
    assert_eq!(cloud.gateway.app().post("auth/login", login).status, 400, "the password was removed");
}

/// Lists and changes the sessions, keys and messages of a deployment.
pub fn operate<G: Ground>(ground: G, email: &str) {
    let cloud = Cloud::over(ground, &[("HEADLESS_TOKEN_STRATEGY", "jwt")]);
    let (latchkey, keeper, table) = (operator(&cloud.ground), keeper(&cloud.ground), cloud.ground.table());
    let mut app = cloud.gateway.app();
    assert_eq!(app.post("auth/signup", json!({"email": email, "password": PASSWORD})).status, 401);

    // The mailer has not run yet.
    let sealed = latchkey.last(&["messages", "list", "--table", table]);
    assert_eq!(
        (&sealed["kind"], &sealed["to"], &sealed["attempts"]),
        (&json!("email_confirmation_signup"), &Value::Null, &json!(0))
    );
    let message = keeper.last(&["messages", "list", "--table", table]);
    assert_eq!(message["to"], email);
    let id = message["id"].as_str().unwrap();
    assert!(keeper.text(&["--table", table, "messages", "list"]).contains(email));
    latchkey.text(&["messages", "retry", id, "--table", table]);
    assert!(cloud.mailer.invoke(&scheduled_event()).is_ok());
    assert_eq!(cloud.mails(email).len(), 1);
    assert!(latchkey.lines(&["messages", "list", "--table", table]).is_empty());
    let gone = latchkey.refusal(1, &["messages", "retry", id, "--table", table]);
    assert!(gone.contains("may have been sent"), "{gone}");

    let key = cloud.mails(email)[0].key();
    app.post("auth/email/verify", json!({"key": key}));
    let reply = app.post("auth/login", json!({"email": email, "password": PASSWORD}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    let sessions = latchkey.lines(&["sessions", "list", email, "--table", table]);
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    assert_eq!(sessions[0]["methods"], json!(["password"]));
    let session = sessions[0]["id"].as_str().unwrap();
    latchkey.text(&["sessions", "end", email, session, "--yes", "--table", table]);
    assert!(latchkey.lines(&["sessions", "list", email, "--table", table]).is_empty());

    assert_eq!(latchkey.last(&["keys", "list", "--table", table])["state"], "signs");
    let needs = latchkey.refusal(1, &["keys", "rotate", "--yes", "--table", table]);
    assert!(needs.contains("needs the SECRET_KEY"), "{needs}");
    let made = keeper.last(&["keys", "rotate", "--yes", "--table", table]);
    let keys = latchkey.lines(&["keys", "list", "--table", table]);
    let states = keys.iter().map(|key| key["state"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!((states, &keys[0]["kid"]), (vec!["next", "signs"], &made["kid"]));

    let listed = |text: &str| latchkey.lines(&["users", "list", "--search", text, "--table", table]);
    assert_eq!((listed(&email[..8]).len(), listed(&format!("{email}x")).len()), (1, 0));
    assert!(latchkey.lines(&["users", "list", "--table", table]).iter().any(|user| user["email"] == email));
    let user = listed(email)[0]["id"].as_str().unwrap().to_owned();
    let shown = keeper.last(&["users", "show", &user, "--table", table]);
    assert_eq!((&shown["failed_logins"]["count"], &shown["has_password"]), (&json!(0), &json!(true)), "{shown}");
    assert_eq!(latchkey.last(&["users", "show", &user, "--table", table])["failed_logins"], Value::Null);
    latchkey.text(&["users", "disable", email, "--yes", "--table", table]);
    assert_eq!(cloud.gateway.app().post("auth/login", json!({"email": email, "password": PASSWORD})).status, 401);
    latchkey.text(&["users", "enable", email, "--table", table]);
    latchkey.text(&["users", "delete", email, "--yes", "--table", table]);
    assert!(listed(email).is_empty());
    let key = latchkey.last(&["api-keys", "create", email, "--table", table]);
    let id = key["id"].as_str().unwrap();
    assert!(latchkey.lines(&["api-keys", "list", "--table", table]).iter().any(|known| known["id"] == id));
    latchkey.text(&["api-keys", "revoke", id, "--yes", "--table", table]);
}

/// Emulated AWS services with a table that nothing else uses.
fn emulated() -> Emulated {
    Cloud::start(&[]).ground
}

#[test]
fn old_items_are_migrated() {
    migrate(&emulated(), 2);
}

#[test]
fn sessions_from_before_a_restore_have_ended() {
    restored(emulated(), "ada@example.com");
}

#[test]
fn an_operator_works_on_a_deployment() {
    operate(emulated(), "ada@example.com");
}

#[test]
fn a_profile_provides_region_credentials_and_endpoint() {
    let (ground, folder) = (emulated(), tempfile::TempDir::new().unwrap());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let config = format!(
        "[profile ops]\nregion = eu-central-1\nservices = local\n[services local]\ndynamodb =\n  endpoint_url = {}\n",
        ground.dynamodb()
    );
    std::fs::write(path("config"), config).unwrap();
    std::fs::write(path("credentials"), "[ops]\naws_access_key_id = ops\naws_secret_access_key = example\n").unwrap();
    let latchkey = Latchkey::with(&[
        ("AWS_CONFIG_FILE", &path("config")),
        ("AWS_SHARED_CREDENTIALS_FILE", &path("credentials")),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    let region = latchkey.refusal(1, &["keys", "list", "--table", ground.table()]);
    assert!(region.contains("no AWS region"), "{region}");
    let latchkey = latchkey.and(&[("AWS_PROFILE", "ops")]);
    assert!(latchkey.lines(&["keys", "list", "--table", ground.table()]).is_empty());
    let missing = latchkey.refusal(1, &["keys", "list", "--table", "nowhere"]);
    assert!(missing.contains("there is no table nowhere in eu-central-1"), "{missing}");
}

#[test]
fn without_credentials_a_command_lists_the_places_where_it_looked() {
    let latchkey = Latchkey::with(&[("AWS_REGION", "eu-west-1"), ("AWS_EC2_METADATA_DISABLED", "true")]);
    let why = latchkey.refusal(1, &["migrate", "--yes", "--table", "latchkey"]);
    assert!(why.contains("no AWS credentials: set AWS_PROFILE"), "{why}");
    for provider in ["Environment", "Profile", "WebIdentityToken", "EcsContainer", "Ec2InstanceMetadata"] {
        assert!(why.contains(provider), "{provider}: {why}");
    }
}

#[test]
fn a_metadata_service_that_never_answers_does_not_block_a_command() {
    // The kernel accepts the connection, but no program reads from it.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let latchkey = Latchkey::with(&[("AWS_REGION", "eu-west-1"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &endpoint)]);
    let started = std::time::Instant::now();
    let why = latchkey.refusal(1, &["keys", "list", "--table", "latchkey"]);
    assert!(why.contains("no AWS credentials"), "{why}");
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
