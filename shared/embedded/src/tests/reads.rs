//! Tests of items that are read from the file without dynoxide.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use serde_json::{Value, json};

use crate::Embedded;
use crate::connector::dispatch;
use crate::testing::{Folder, TABLE, create_table, n, ns, s};

const SORTED: &str = "sorted";

/// Creates a file with two tables: [`SORTED`] has the keys `pk` and `sk`, [`TABLE`] has only `pk`.
async fn tables() -> (Folder, Embedded, Client) {
    let folder = Folder::new();
    let embedded = Embedded::open(&folder.file()).unwrap();
    let client = embedded.client();
    create_table(&client).await;
    let attribute =
        |name| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build();
    let key = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let create = client.create_table().table_name(SORTED).billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(attribute("pk").unwrap()).key_schema(key("pk", KeyType::Hash));
    let create = create.attribute_definitions(attribute("sk").unwrap()).key_schema(key("sk", KeyType::Range));
    create.send().await.unwrap();
    (folder, embedded, client)
}

async fn put(client: &Client, pk: &str, sk: &str, name: &str, value: AttributeValue) {
    let put = client.put_item().table_name(SORTED).item("pk", s(pk)).item("sk", s(sk)).item(name, value);
    put.send().await.unwrap();
}

fn key(pk: &str, sk: &str) -> Value {
    json!({"pk": {"S": pk}, "sk": {"S": sk}})
}

/// Returns the answer of `Reads`, or `None` if dynoxide has to answer.
fn read(embedded: &Embedded, operation: &str, request: &Value) -> Option<Value> {
    let answer = embedded.reads().unwrap().answer(operation, request.to_string().as_bytes())?;
    Some(serde_json::from_slice(&answer).unwrap())
}

#[tokio::test]
async fn existing_items_get_the_same_answer_as_from_dynoxide() {
    let (_folder, embedded, client) = tables().await;
    let nested = AttributeValue::M([("list".to_owned(), AttributeValue::L(vec![n(1), s("ü\"\n")]))].into());
    put(&client, "USER#1", "USER", "nested", nested).await;
    put(&client, "a \"b\" \\ ü", "SESSION#1", "numbers", ns(&[10, 9, 1])).await;
    let (first, second) = (key("USER#1", "USER"), key("a \"b\" \\ ü", "SESSION#1"));
    let both = json!([second, first]);
    for (operation, request) in [
        ("GetItem", json!({"TableName": SORTED, "Key": first, "ConsistentRead": true})),
        ("GetItem", json!({"TableName": SORTED, "Key": second})),
        ("BatchGetItem", json!({"RequestItems": {SORTED: {"Keys": both, "ConsistentRead": true}}})),
        ("BatchGetItem", json!({"RequestItems": {SORTED: {"Keys": [first]}}})),
    ] {
        let theirs = dispatch(embedded.database(), operation, request.to_string().as_bytes()).unwrap();
        let theirs = serde_json::from_slice::<Value>(&theirs).unwrap();
        assert_eq!(read(&embedded, operation, &request), Some(theirs), "{request}");
    }
}

#[tokio::test]
async fn a_write_is_visible_to_the_next_read() {
    let (_folder, embedded, client) = tables().await;
    let request = json!({"TableName": SORTED, "Key": key("a", "b"), "ConsistentRead": true});
    for count in 0..3 {
        put(&client, "a", "b", "count", n(count)).await;
        let answer = read(&embedded, "GetItem", &request).unwrap();
        assert_eq!(answer["Item"]["count"]["N"], count.to_string());
    }
    client.delete_item().table_name(SORTED).key("pk", s("a")).key("sk", s("b")).send().await.unwrap();
    assert_eq!(read(&embedded, "GetItem", &request), None);
    assert_eq!(
        client.get_item().table_name(SORTED).key("pk", s("a")).key("sk", s("b")).send().await.unwrap().item,
        None
    );
}

#[tokio::test]
async fn every_other_request_is_left_to_dynoxide() {
    let (_folder, embedded, client) = tables().await;
    put(&client, "a", "b", "name", s("Ada")).await;
    client.put_item().table_name(TABLE).item("pk", s("a")).item("sk", s("b")).send().await.unwrap();
    let there = || key("a", "b");
    let batch = |keys: Value| json!({"RequestItems": {SORTED: {"Keys": keys}}});
    assert!(read(&embedded, "BatchGetItem", &batch(json!([there()]))).is_some());
    for (operation, request) in [
        ("GetItem", json!({"TableName": SORTED, "Key": key("a", "c")})),
        ("GetItem", json!({"TableName": TABLE, "Key": there()})),
        ("GetItem", json!({"TableName": "absent", "Key": there()})),
        ("GetItem", json!({"TableName": "sorted\" --", "Key": there()})),
        ("GetItem", json!({"TableName": SORTED, "Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}})),
        ("GetItem", json!({"TableName": SORTED, "Key": there(), "ProjectionExpression": "name"})),
        ("GetItem", json!({"TableName": SORTED, "Key": there(), "ReturnConsumedCapacity": "TOTAL"})),
        ("BatchGetItem", batch(json!([]))),
        ("BatchGetItem", batch(json!([there(), key("a", "c")]))),
        ("BatchGetItem", batch(json!([there(), there()]))),
        ("BatchGetItem", json!({"RequestItems": {SORTED: {"Keys": [there()]}, TABLE: {"Keys": [there()]}}})),
        ("DeleteItem", json!({"TableName": SORTED, "Key": there()})),
    ] {
        assert_eq!(read(&embedded, operation, &request), None, "{request}");
    }
}
