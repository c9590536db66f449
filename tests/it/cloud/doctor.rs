//! `latchkey doctor` on a deployment: the faults of the table and of SES are named, with what to do.

use super::commands::operator;
use super::deployment::{Cloud, Emulated, Ground, SENDER, client, environment};
use super::server::block_on;
use crate::latchkey::lines;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, StreamSpecification,
    StreamViewType,
};
use serde_json::{Value, json};

/// Runs the doctor with the settings of the functions. Returns the checks.
pub fn examine(ground: &impl Ground, settings: &[(&str, &str)]) -> Vec<Value> {
    examine_table(ground, ground.table(), settings)
}

fn examine_table(ground: &impl Ground, table: &str, settings: &[(&str, &str)]) -> Vec<Value> {
    let functions = environment(ground, settings);
    let functions = functions.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
    let output = operator(ground).and(&functions).run(&["doctor", "--json", "--table", table]);
    assert_eq!(output.status.code(), Some(1), "the public URL of tests does not exist: {output:?}");
    lines(&output)
}

/// Asserts that a check has this name and level, and that its message contains a text. A fault has advice.
pub fn assert_found(checks: &[Value], name: &str, level: &str, message: &str) {
    let is_found = |check: &Value| {
        check["name"] == name
            && check["level"] == level
            && check["message"].as_str().unwrap().contains(message)
            && (level == "ok") == check["advice"].is_null()
    };
    assert_eq!(checks.iter().filter(|check| is_found(check)).count(), 1, "{name} {level} {message}: {checks:?}");
}

/// Compares the report on a table of the service with that on a table without indexes and TTL.
pub fn table_faults(ground: &impl Ground) {
    let checks = examine(ground, &[]);
    for (name, message) in
        [("table", "keys `pk` and `sk`"), ("index", "`due` with"), ("stream", "KEYS_ONLY"), ("ttl", "`expires_at`")]
    {
        assert_found(&checks, name, "ok", message);
    }
    assert_found(&checks, "clock", "ok", "from AWS");
    assert_found(&checks, "public_url", "error", "login.example.test/_allauth/");
    assert_found(&checks, "deletion_protection", "warning", "off");

    let bare = format!("{}-bare", ground.table());
    create_bare_table(ground, &bare);
    let checks = examine_table(ground, &bare, &[]);
    assert_found(&checks, "index", "error", "there is no index `due`");
    assert_found(&checks, "stream", "warning", "view NEW_IMAGE");
    assert_found(&checks, "ttl", "error", "it is off");
    assert_found(&checks, "outbox", "error", "the table is unavailable");

    let checks = examine_table(ground, "nowhere", &[]);
    assert_found(&checks, "table", "error", "there is no table nowhere in eu-west-1");
}

/// Creates a table with the right keys, without indexes and TTL, and with a stream of the wrong view.
fn create_bare_table(ground: &impl Ground, name: &str) {
    let attribute = |name| {
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        attribute.build().unwrap()
    };
    let key = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewImage);
    let table = client(ground.dynamodb()).create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    let table = table.attribute_definitions(attribute("pk")).attribute_definitions(attribute("sk"));
    let table = table.key_schema(key("pk", KeyType::Hash)).key_schema(key("sk", KeyType::Range));
    block_on(table.stream_specification(stream.build().unwrap()).send()).unwrap();
}

#[test]
fn the_doctor_names_the_faults_of_a_table() {
    table_faults(&Cloud::start(&[]).ground);
}

/// The parts of the reports of SES that the doctor reads, without faults.
fn healthy(ground: &Emulated) {
    let quota = json!({"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 20.0});
    let reasons = json!({"SuppressedReasons": ["BOUNCE", "COMPLAINT"]});
    ground.ses.report(
        "account",
        json!({
            "SendingEnabled": true,
            "ProductionAccessEnabled": true,
            "EnforcementStatus": "HEALTHY",
            "SendQuota": quota,
            "SuppressionAttributes": reasons,
        }),
    );
    let dkim = json!({"SigningEnabled": true, "Status": "SUCCESS"});
    ground.ses.report(
        "identities/login.example.test",
        json!({"IdentityType": "DOMAIN", "VerifiedForSendingStatus": true, "DkimAttributes": dkim}),
    );
    ground.ses.report("configuration-sets/latchkey", json!({"ConfigurationSetName": "latchkey"}));
}

#[test]
fn the_doctor_names_the_faults_of_ses() {
    let ground = Cloud::start(&[]).ground;
    healthy(&ground);
    let set = [("LATCHKEY_SES_CONFIGURATION_SET", "latchkey")];
    let checks = examine(&ground, &set);
    assert_found(&checks, "ses_account", "ok", "sends to everybody");
    assert_found(&checks, "ses_suppression", "ok", "on for BOUNCE and COMPLAINT");
    assert_found(&checks, "ses_identity", "ok", "login.example.test is verified");
    assert_found(&checks, "ses_dkim", "ok", "are signed");
    assert_found(&checks, "ses_configuration_set", "ok", "latchkey exists");

    let account = json!({
        "SendingEnabled": false,
        "ProductionAccessEnabled": false,
        "EnforcementStatus": "SHUTDOWN",
        "SendQuota": {"Max24HourSend": 200.0, "SentLast24Hours": 199.0},
        "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE"]},
    });
    ground.ses.report("account", account);
    let dkim = json!({"SigningEnabled": true, "Status": "PENDING"});
    let identity = json!({"IdentityType": "DOMAIN", "VerifiedForSendingStatus": false, "DkimAttributes": dkim});
    ground.ses.report("identities/login.example.test", identity);
    let checks = examine(&ground, &[("LATCHKEY_SES_CONFIGURATION_SET", "another")]);
    assert_found(&checks, "ses_account", "error", "sending is paused (status SHUTDOWN)");
    assert_found(&checks, "ses_account", "error", "in the sandbox");
    assert_found(&checks, "ses_account", "warning", "199 of 200 mails");
    assert_found(&checks, "ses_suppression", "warning", "off for COMPLAINT");
    assert_found(&checks, "ses_identity", "error", "login.example.test is not verified");
    assert_found(&checks, "ses_dkim", "warning", "not signed (status PENDING)");
    assert_found(&checks, "ses_configuration_set", "error", "there is no another");

    let checks = examine(&ground, &[("DEFAULT_FROM_EMAIL", "hello@elsewhere.example")]);
    assert_found(&checks, "ses_identity", "error", "neither hello@elsewhere.example nor its domain");
    let named = format!("Acme <{SENDER}>");
    let checks = examine(&ground, &[("DEFAULT_FROM_EMAIL", &named)]);
    assert_found(&checks, "ses_identity", "error", "login.example.test is not verified");
}

#[test]
fn the_doctor_says_what_it_cannot_see() {
    let ground = Cloud::start(&[]).ground;
    let checks = examine(&ground, &[]);
    // The account's report does not exist in this SES, and the embedded table does not know backups.
    assert_found(&checks, "ses_account", "warning", "unknown: NotFoundException");
    assert_found(&checks, "backups", "warning", "unknown: ");
    let output = operator(&ground).run(&["doctor", "--json", "--table", ground.table()]);
    let checks = lines(&output);
    assert_found(&checks, "secret_key", "warning", "does not have it");
    assert_found(&checks, "public_url", "error", "own machine");
    assert_eq!(output.status.code(), Some(1));
}
