//! Helpers that the tests of this crate share: a table, items, a folder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    KeysAndAttributes, Projection, ProjectionType, Put, ScalarAttributeType, StreamSpecification, StreamViewType,
    TimeToLiveSpecification, TransactWriteItem,
};

use crate::Embedded;

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) const TABLE: &str = "things";
/// A sparse index: it contains the items that have the attribute `gpk`.
pub(crate) const INDEX: &str = "by_gpk";

pub(crate) async fn memory() -> (Embedded, Client) {
    let embedded = Embedded::memory().unwrap();
    let client = embedded.client();
    create_table(&client).await;
    (embedded, client)
}

pub(crate) async fn create_table(client: &Client) {
    let attribute = |name: &str| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let everything = Projection::builder().projection_type(ProjectionType::All).build();
    let index = GlobalSecondaryIndex::builder()
        .index_name(INDEX)
        .key_schema(key("gpk", KeyType::Hash))
        .projection(everything)
        .build()
        .unwrap();
    let stream =
        StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewImage).build().unwrap();
    client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk"))
        .attribute_definitions(attribute("gpk"))
        .key_schema(key("pk", KeyType::Hash))
        .global_secondary_indexes(index)
        .stream_specification(stream)
        .send()
        .await
        .unwrap();
    let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl").build().unwrap();
    client.update_time_to_live().table_name(TABLE).time_to_live_specification(expiry).send().await.unwrap();
}

pub(crate) fn s(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(crate) fn n(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn ns(values: &[u32]) -> AttributeValue {
    AttributeValue::Ns(values.iter().map(ToString::to_string).collect())
}

pub(crate) fn item<const N: usize>(pk: &str, more: [(&str, AttributeValue); N]) -> Item {
    let more = more.map(|(name, value)| (name.to_owned(), value));
    let mut item = Item::from(more);
    item.insert("pk".to_owned(), s(pk));
    item
}

pub(crate) async fn put(client: &Client, item: Item) {
    let put = client.put_item().table_name(TABLE).set_item(Some(item));
    put.send().await.unwrap();
}

pub(crate) async fn get(client: &Client, pk: &str) -> Option<Item> {
    let get = client.get_item().table_name(TABLE).key("pk", s(pk));
    get.consistent_read(true).send().await.unwrap().item
}

pub(crate) fn put_action(item: Item) -> TransactWriteItem {
    let put = Put::builder().table_name(TABLE).set_item(Some(item));
    TransactWriteItem::builder().put(put.build().unwrap()).build()
}

pub(crate) fn keys(pks: &[&str]) -> KeysAndAttributes {
    let keys = pks.iter().map(|pk| item(pk, [])).collect();
    KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().unwrap()
}

/// A temporary folder, which is removed with its content.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let nth = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("embedded-{}-{nth}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    /// Returns the path of a database file in a folder that does not exist yet.
    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("deeper/data.db")
    }
}

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
