//! A deployed service for tests: functions, table, stream, SES.

use super::gateway::{Gateway, PUBLIC_URL};
use super::runtime::{Answer, Function};
use super::server::block_on;
use super::ses::Ses;
use super::table::Table;
use crate::lab::{FRONTEND, Mail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use serde_json::{Value, json};
use shared::outbound::{Outbound, Roots};
use std::collections::HashMap;

pub const SENDER: &str = "hello@login.example.test";

/// The AWS services below the functions: DynamoDB, its stream and SES.
pub trait Ground {
    /// The URL of DynamoDB.
    fn dynamodb(&self) -> &str;
    /// The URL of SES.
    fn ses(&self) -> &str;
    /// The table's name.
    fn table(&self) -> &str;
    /// Returns the stream's records since the last call, in the form in which Lambda passes them on.
    fn records(&self) -> Vec<Value>;
    /// Returns the raw mails that SES has accepted for this address.
    fn mails(&self, to: &str) -> Vec<Vec<u8>>;
}

/// The embedded table over HTTP, and an SES of which a test can make every call fail.
pub struct Emulated {
    pub table: Table,
    pub ses: Ses,
}

const TABLE: &str = "latchkey-test";

impl Ground for Emulated {
    fn dynamodb(&self) -> &str {
        &self.table.url
    }

    fn ses(&self) -> &str {
        &self.ses.url
    }

    fn table(&self) -> &str {
        TABLE
    }

    fn records(&self) -> Vec<Value> {
        self.table.records()
    }

    fn mails(&self, to: &str) -> Vec<Vec<u8>> {
        self.ses.sent().into_iter().filter(|mail| mail.to == [to]).map(|mail| mail.raw).collect()
    }
}

/// A whole deployed service.
pub struct Cloud<G> {
    pub gateway: Gateway,
    pub mailer: Function,
    pub ground: G,
}

impl Cloud<Emulated> {
    pub fn start(settings: &[(&str, &str)]) -> Self {
        Self::over(Emulated { table: Table::start(TABLE), ses: Ses::start() }, settings)
    }
}

impl<G: Ground> Cloud<G> {
    pub fn over(ground: G, settings: &[(&str, &str)]) -> Self {
        let function = |name| Function::start(name, &environment(&ground, settings));
        let gateway = Gateway::new(function("config"), function("auth"));
        Self { gateway, mailer: function("mailer"), ground }
    }

    /// Passes the stream's records since the last call to the mailer.
    pub fn deliver(&self) -> Answer {
        self.mailer.invoke(&stream_event(&self.ground.records()))
    }

    /// Returns the mails to this address, oldest first.
    pub fn mails(&self, to: &str) -> Vec<Mail> {
        self.ground.mails(to).iter().map(|raw| read(raw)).collect()
    }

    /// Returns the messages in the table.
    pub fn messages(&self) -> Vec<HashMap<String, AttributeValue>> {
        let scan = client(self.ground.dynamodb()).scan().table_name(self.ground.table());
        let scan = scan.consistent_read(true).filter_expression("begins_with(pk, :outbox)");
        let scan = scan.expression_attribute_values(":outbox", AttributeValue::S("OUTBOX#".to_owned()));
        block_on(scan.send()).unwrap().items.unwrap_or_default()
    }

    /// Makes a message due now.
    pub fn make_due(&self, message: &HashMap<String, AttributeValue>) {
        self.set(message, "due_at", AttributeValue::N("1000000000".to_owned()));
    }

    /// Changes the kind of a message.
    pub fn set_kind(&self, message: &HashMap<String, AttributeValue>, kind: &str) {
        self.set(message, "kind", AttributeValue::S(kind.to_owned()));
    }

    fn set(&self, item: &HashMap<String, AttributeValue>, name: &str, value: AttributeValue) {
        let update = client(self.ground.dynamodb()).update_item().table_name(self.ground.table());
        let update = update.key("pk", item["pk"].clone()).key("sk", item["sk"].clone());
        let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", name);
        block_on(update.expression_attribute_values(":value", value).send()).unwrap();
    }

    /// Returns everything that the functions have written to their logs.
    pub fn log(&self) -> String {
        [&self.gateway.config, &self.gateway.auth, &self.mailer].map(Function::log).join("\n")
    }
}

/// Returns the environment that Lambda and the template give to a function.
pub fn environment(ground: &impl Ground, settings: &[(&str, &str)]) -> Vec<(String, String)> {
    let urls = json!({
        "account_confirm_email": format!("{FRONTEND}/verify-email/{{key}}"),
        "account_reset_password": format!("{FRONTEND}/password/reset"),
        "account_signup": format!("{FRONTEND}/signup"),
    });
    let urls = urls.to_string();
    let base = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
        ("AWS_SESSION_TOKEN", "example"),
        ("AWS_ENDPOINT_URL_DYNAMODB", ground.dynamodb()),
        ("AWS_ENDPOINT_URL_SESV2", ground.ses()),
        ("LATCHKEY_TABLE", ground.table()),
        ("PUBLIC_URL", PUBLIC_URL),
        ("SECRET_KEY", "not-a-secret-but-long-enough-to-be-one"),
        ("DEFAULT_FROM_EMAIL", SENDER),
        ("HEADLESS_FRONTEND_URLS", &urls),
    ];
    let mut all = base.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    all
}

/// Returns a client of the DynamoDB at this URL.
pub fn client(url: &str) -> Client {
    let connector = SharedHttpConnector::new(Outbound::new(Roots::Amazon));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("ASIAEXAMPLE", "example", None, None, "tests"))
        .endpoint_url(url);
    Client::from_conf(config.build())
}

/// Returns the event by which Lambda passes on a batch of stream records.
pub fn stream_event(records: &[Value]) -> Value {
    json!({"Records": records})
}

/// Returns the event by which EventBridge starts the sweep.
pub fn scheduled_event() -> Value {
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-03-10T05:16:00Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:events:eu-west-1:123456789012:rule/latchkey-sweep"],
        "detail": {},
    })
}

fn read(raw: &[u8]) -> Mail {
    local::inbox::Message::from_mail(String::new(), raw).unwrap().into()
}
