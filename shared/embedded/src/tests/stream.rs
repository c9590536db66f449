//! Tests of streams in the format of Lambda's events.

use serde_json::json;

use crate::testing::{TABLE, item, memory, n, put, put_action, s};
use crate::{Embedded, Error, Start};

#[tokio::test]
async fn records_have_the_format_of_lambdas_events() {
    let (embedded, client) = memory().await;
    let mut stream = embedded.stream(TABLE, Start::TrimHorizon).unwrap();
    assert!(stream.next_records().unwrap().is_empty());
    put(&client, item("a", [("count", n(1))])).await;
    put(&client, item("a", [("count", n(2))])).await;
    let delete = client.delete_item().table_name(TABLE).key("pk", s("a"));
    delete.send().await.unwrap();

    let records = stream.next_records().unwrap();
    assert_eq!(records.len(), 3);
    let record = &records[0];
    assert_eq!(record["eventName"], "INSERT");
    assert_eq!(record["eventVersion"], "1.1");
    assert_eq!(record["eventSource"], "aws:dynamodb");
    assert!(record["eventID"].as_str().unwrap().len() >= 16);
    assert!(record["awsRegion"].is_string());
    let arn = record["eventSourceARN"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:dynamodb:"), "{arn}");
    assert!(arn.contains(":table/things/stream/"), "{arn}");
    let change = &record["dynamodb"];
    assert_eq!(change["Keys"], json!({ "pk": { "S": "a" } }));
    assert_eq!(change["NewImage"], json!({ "pk": { "S": "a" }, "count": { "N": "1" } }));
    assert!(change.get("OldImage").is_none());
    assert_eq!(change["StreamViewType"], "NEW_IMAGE");
    assert!(change["SequenceNumber"].is_string());
    assert!(change["SizeBytes"].is_number());
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    let created = change["ApproximateCreationDateTime"].as_f64().unwrap();
    assert!((now - created).abs() < 60.0, "{created}");

    assert_eq!(records[1]["eventName"], "MODIFY");
    assert_eq!(records[1]["dynamodb"]["NewImage"]["count"], json!({ "N": "2" }));
    assert_eq!(records[2]["eventName"], "REMOVE");
    assert!(records[2]["dynamodb"].get("NewImage").is_none());
    assert_ne!(records[0]["eventID"], records[1]["eventID"]);

    assert!(stream.next_records().unwrap().is_empty());
}

#[tokio::test]
async fn every_write_is_recorded_once_over_many_pages() {
    let (embedded, client) = memory().await;
    let mut stream = embedded.stream(TABLE, Start::TrimHorizon).unwrap();
    for chunk in 0..11 {
        let writes = (0..100).map(|i| put_action(item(&format!("{chunk}-{i}"), [])));
        let write = client.transact_write_items();
        let write = write.set_transact_items(Some(writes.collect()));
        write.send().await.unwrap();
    }
    let mut pks: Vec<_> =
        stream.next_records().unwrap().iter().map(|record| record["dynamodb"]["Keys"]["pk"]["S"].to_string()).collect();
    assert_eq!(pks.len(), 1100);
    pks.sort();
    pks.dedup();
    assert_eq!(pks.len(), 1100);
}

#[tokio::test]
async fn a_write_without_a_change_also_creates_a_record() {
    // DynamoDB does not create one. Readers of the stream must not rely on either behavior.
    let (embedded, client) = memory().await;
    put(&client, item("a", [])).await;
    put(&client, item("a", [])).await;
    let mut stream = embedded.stream(TABLE, Start::TrimHorizon).unwrap();
    assert_eq!(stream.next_records().unwrap().len(), 2);
}

#[tokio::test]
async fn a_reader_starts_at_the_given_position() {
    let (embedded, client) = memory().await;
    let mut untouched = embedded.stream(TABLE, Start::Latest).unwrap();
    put(&client, item("a", [])).await;
    assert_eq!(pks(&mut untouched), ["a"]);

    let mut latest = embedded.stream(TABLE, Start::Latest).unwrap();
    put(&client, item("b", [])).await;
    let bookmark = latest.clone();
    assert_eq!(pks(&mut latest), ["b"]);
    assert_eq!(pks(&mut latest), [""; 0]);
    assert_eq!(pks(&mut bookmark.clone()), ["b"]);

    let position = bookmark.position().clone();
    let mut resumed = embedded.stream(TABLE, position).unwrap();
    assert_eq!(pks(&mut resumed), ["b"]);
    let mut all = embedded.stream(TABLE, Start::TrimHorizon).unwrap();
    assert_eq!(pks(&mut all), ["a", "b"]);
}

fn pks(stream: &mut crate::Stream) -> Vec<String> {
    let records = stream.next_records().unwrap();
    let pk = |record: &serde_json::Value| record["dynamodb"]["Keys"]["pk"]["S"].as_str().map(String::from);
    records.iter().filter_map(pk).collect()
}

#[tokio::test]
async fn a_missing_table_is_an_error() {
    let embedded = Embedded::memory().unwrap();
    let error = embedded.stream("absent", Start::Latest).unwrap_err();
    assert!(matches!(error, Error::Database(_)), "{error:?}");
}
