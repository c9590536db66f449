//! Tests of the embedded database through the SDK.

mod conditions;
mod dialect;
mod reads;
mod stream;

use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;

use crate::Embedded;
use crate::testing::{Folder, TABLE, create_table, get, item, memory, n, put, s};

#[tokio::test]
async fn a_written_item_can_be_read() {
    let (_, client) = memory().await;
    let stored = item("a", [("count", n(7)), ("name", s("Ada"))]);
    put(&client, stored.clone()).await;
    assert_eq!(get(&client, "a").await, Some(stored));
    assert_eq!(get(&client, "b").await, None);
}

#[tokio::test]
async fn errors_are_those_that_the_sdk_knows() {
    let embedded = Embedded::memory().unwrap();
    let get = embedded.client().get_item().table_name("absent");
    let error = get.key("pk", s("a")).send().await.unwrap_err();
    assert!(error.into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn an_invalid_value_is_a_validation_error_in_dynamodbs_words() {
    let (_, client) = memory().await;
    let invalid = item("a", [("set", aws_sdk_dynamodb::types::AttributeValue::Ns(vec![]))]);
    let put = client.put_item().table_name(TABLE).set_item(Some(invalid));
    let error = put.send().await.unwrap_err().into_service_error();
    assert_eq!(error.code(), Some("ValidationException"));
    let message = error.message().unwrap();
    assert!(message.contains("empty"), "{message}");
    assert!(!message.contains("VALIDATION"), "{message}");
}

#[tokio::test]
async fn an_unknown_operation_is_refused() {
    let (_, client) = memory().await;
    let error = client.describe_limits().send().await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationException"));
}

#[tokio::test]
async fn a_file_keeps_its_items_and_its_stream() {
    let folder = Folder::new();
    let file = folder.file();
    {
        let client = Embedded::open(&file).unwrap().client();
        create_table(&client).await;
        put(&client, item("a", [("name", s("Ada"))])).await;
    }
    let embedded = Embedded::open(&file).unwrap();
    let kept = get(&embedded.client(), "a").await;
    assert_eq!(kept, Some(item("a", [("name", s("Ada"))])));
    let mut stream = embedded.stream(TABLE, crate::Start::TrimHorizon).unwrap();
    assert_eq!(stream.next_records().unwrap().len(), 1);
}

#[tokio::test]
async fn trimming_deletes_records_that_were_read_and_keeps_the_others() {
    let folder = Folder::new();
    let embedded = Embedded::open(&folder.file()).unwrap();
    let client = embedded.client();
    create_table(&client).await;
    let mut stream = embedded.stream(TABLE, crate::Start::TrimHorizon).unwrap();
    for name in ["a", "b"] {
        put(&client, item(name, [])).await;
    }
    assert_eq!(stream.next_records().unwrap().len(), 2);
    put(&client, item("c", [])).await;
    stream.trim().unwrap();
    let keys = |records: Vec<serde_json::Value>| {
        records.iter().map(|record| record["dynamodb"]["Keys"]["pk"]["S"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(keys(stream.next_records().unwrap()), ["\"c\""], "written after the last read");
    let mut afresh = embedded.stream(TABLE, crate::Start::TrimHorizon).unwrap();
    let left = keys(afresh.next_records().unwrap());
    assert!(!left.contains(&"\"a\"".to_owned()) && left.contains(&"\"c\"".to_owned()), "{left:?}");
}

/// Returns whether `changed` resolves within a short time.
async fn has_changed(embedded: &Embedded) -> bool {
    let soon = Duration::from_millis(50);
    tokio::time::timeout(soon, embedded.changed()).await.is_ok()
}

#[tokio::test]
async fn changed_does_not_miss_a_write() {
    let (embedded, client) = memory().await;
    // The creation of the table does not count as a change.
    assert!(!has_changed(&embedded).await);
    put(&client, item("a", [])).await;
    put(&client, item("b", [])).await;
    assert!(has_changed(&embedded).await);
    // One wake-up covers both writes. A read does not count as a change.
    get(&client, "a").await;
    assert!(!has_changed(&embedded).await);
    // A failed write does not count either.
    let refused = client.put_item().table_name(TABLE).item("pk", s("a"));
    let refused = refused.condition_expression("attribute_not_exists(pk)");
    refused.send().await.unwrap_err();
    assert!(!has_changed(&embedded).await);

    let waiter = tokio::spawn({
        let embedded = embedded.clone();
        async move { has_changed(&embedded).await }
    });
    tokio::task::yield_now().await;
    put(&client, item("c", [])).await;
    assert!(waiter.await.unwrap());
}

#[tokio::test]
async fn expired_items_are_swept_by_their_attribute() {
    let (embedded, client) = memory().await;
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    put(&client, item("past", [("ttl", n(now - 60))])).await;
    put(&client, item("future", [("ttl", n(now + 60))])).await;
    put(&client, item("never", [])).await;
    put(&client, item("text", [("ttl", s("1"))])).await;
    // As in DynamoDB, an expired item can be read until it is swept.
    assert!(get(&client, "past").await.is_some());
    let mut stream = embedded.stream(TABLE, crate::Start::Latest).unwrap();
    assert!(has_changed(&embedded).await);
    assert_eq!(embedded.sweep_expired().unwrap(), 1);
    assert!(has_changed(&embedded).await);
    assert!(get(&client, "past").await.is_none());
    for kept in ["future", "never", "text"] {
        assert!(get(&client, kept).await.is_some(), "{kept}");
    }
    let records = stream.next_records().unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["eventName"], "REMOVE");
    assert_eq!(records[0]["userIdentity"]["principalId"], "dynamodb.amazonaws.com");
}
