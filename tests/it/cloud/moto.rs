//! The same tests on moto, an implementation of DynamoDB and SES that is independent of this project.
//! `LATCHKEY_TEST_MOTO` names a running `moto_server`. Without it these tests are skipped.

use super::deployment::{Cloud, Ground, SENDER, client};
use super::server::block_on;
use super::walk::walk;
use super::{commands, doctor};
use crate::lab::call;
use serde_json::{Value, json};
use shared::random::{SystemRandom, random_bytes};
use shared::store::create_table;
use std::sync::Mutex;

/// A table on a moto server that other tests may use at the same time.
struct Moto {
    url: String,
    table: String,
    iterator: Mutex<String>,
}

impl Moto {
    fn find(name: &str) -> Option<Self> {
        let Ok(url) = std::env::var("LATCHKEY_TEST_MOTO") else {
            println!("skipped: LATCHKEY_TEST_MOTO names no moto_server");
            return None;
        };
        let url = url.trim_end_matches('/').to_owned();
        let table = format!("{name}-{}", unique());
        block_on(create_table(&client(&url), &table)).unwrap();
        let identity = json!({"EmailIdentity": SENDER.rsplit('@').next()}).to_string();
        call(&url, "POST", "/v2/email/identities", &[("authorization", &signed("ses"))], Some(identity));
        let moto = Self { url, table, iterator: Mutex::default() };
        *moto.iterator.lock().unwrap() = moto.first_iterator();
        Some(moto)
    }

    fn first_iterator(&self) -> String {
        let streams = self.ask_stream("ListStreams", &json!({"TableName": self.table}));
        let arn = &streams["Streams"][0]["StreamArn"];
        let described = self.ask_stream("DescribeStream", &json!({"StreamArn": arn}));
        let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
        let wanted = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
        self.ask_stream("GetShardIterator", &wanted)["ShardIterator"].as_str().unwrap().to_owned()
    }

    fn ask_stream(&self, operation: &str, request: &Value) -> Value {
        let target = format!("DynamoDBStreams_20120810.{operation}");
        let headers = [("x-amz-target", target.as_str()), ("authorization", &signed("dynamodb"))];
        let reply = call(&self.url, "POST", "/", &headers, Some(request.to_string()));
        assert_eq!(reply.status, 200, "{operation}: {}", reply.text);
        reply.json
    }
}

/// Returns an `Authorization` header with the parts of a signature that moto reads: the region and the service.
fn signed(service: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20260310/eu-west-1/{service}/aws4_request, Signature=0")
}

/// Returns a text that differs from run to run, because moto keeps its data.
fn unique() -> String {
    u64::from_le_bytes(random_bytes(&SystemRandom)).to_string()
}

impl Ground for Moto {
    fn dynamodb(&self) -> &str {
        &self.url
    }

    fn ses(&self) -> &str {
        &self.url
    }

    fn table(&self) -> &str {
        &self.table
    }

    fn records(&self) -> Vec<Value> {
        let mut iterator = self.iterator.lock().unwrap();
        let page = self.ask_stream("GetRecords", &json!({"ShardIterator": *iterator}));
        page["NextShardIterator"].as_str().unwrap().clone_into(&mut iterator);
        page["Records"].as_array().cloned().unwrap_or_default()
    }

    fn mails(&self, to: &str) -> Vec<Vec<u8>> {
        let data = call(&self.url, "GET", "/moto-api/data.json", &[], None).json;
        let all = data["ses"]["RawMessage"].as_array().cloned().unwrap_or_default();
        let to_them = |mail: &&Value| mail["destinations"].as_array().is_some_and(|all| all.contains(&json!(to)));
        all.iter().filter(to_them).filter_map(|mail| Some(mail["raw_data"].as_str()?.as_bytes().to_vec())).collect()
    }
}

#[test]
fn an_app_walks_on_moto() {
    let Some(moto) = Moto::find("app") else { return };
    let cloud = Cloud::over(moto, &[]);
    walk(&cloud, &mut cloud.gateway.app(), &format!("ada-{}@example.com", unique()));
    assert!(cloud.messages().is_empty());
}

#[test]
fn a_browser_walks_on_moto() {
    let Some(moto) = Moto::find("browser") else { return };
    let cloud = Cloud::over(moto, &[]);
    walk(&cloud, &mut cloud.gateway.browser(), &format!("grace-{}@example.com", unique()));
    assert!(cloud.messages().is_empty());
}

#[test]
fn old_items_are_migrated_on_moto_also_after_a_stop() {
    let Some(moto) = Moto::find("migrate") else { return };
    commands::migrate(&moto, 2);
    let Some(moto) = Moto::find("stop") else { return };
    commands::migrate_after_a_stop(&moto, 30);
}

#[test]
fn sessions_from_before_a_restore_have_ended_on_moto() {
    let Some(moto) = Moto::find("restored") else { return };
    commands::restored(moto, &format!("ada-{}@example.com", unique()));
}

#[test]
fn an_operator_works_on_moto() {
    let Some(moto) = Moto::find("operate") else { return };
    commands::operate(moto, &format!("ada-{}@example.com", unique()));
}

#[test]
fn the_doctor_names_the_faults_of_a_deployment_on_moto() {
    let Some(moto) = Moto::find("doctor") else { return };
    doctor::table_faults(&moto);
    let checks = doctor::examine(&moto, &[]);
    doctor::assert_found(&checks, "backups", "error", "point-in-time recovery is off");
    doctor::assert_found(&checks, "ses_identity", "error", "login.example.test is not verified");
    let stranger = doctor::examine(&moto, &[("DEFAULT_FROM_EMAIL", "hello@elsewhere.example.test")]);
    doctor::assert_found(&stranger, "ses_identity", "error", "neither hello@elsewhere.example.test nor its domain");
}
