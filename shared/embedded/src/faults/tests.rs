use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use futures_util::join;

use super::{Faults, Plan, Probability};
use crate::testing::{Folder, TABLE, create_table, get, item, keys, memory, n, put, put_action, s};
use crate::{Embedded, client};

/// Returns the plain client of a database with the table, and one with faults.
async fn faulty(plan: Plan) -> (Client, Client, Faults) {
    let (embedded, plain) = memory().await;
    let faults = Faults::new(plan);
    let faulty = client(faults.wrap(embedded.http_client()));
    (plain, faulty, faults)
}

/// Returns the codes of the cancellation reasons of a transaction with three puts.
async fn cancel(client: &Client) -> Vec<String> {
    let writes = ["a", "b", "c"].map(|pk| put_action(item(pk, [])));
    let write = client.transact_write_items();
    let write = write.set_transact_items(Some(writes.into()));
    match write.send().await.unwrap_err().into_service_error() {
        TransactWriteItemsError::TransactionCanceledException(e) => {
            e.cancellation_reasons().iter().map(|reason| reason.code().unwrap().to_owned()).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_conflict_cancels_a_transaction() {
    let (plain, client, faults) = faulty(Plan { conflict: Probability::ALWAYS, ..Plan::default() }).await;
    let mut codes = cancel(&client).await;
    codes.sort();
    assert_eq!(codes, ["None", "None", "TransactionConflict"]);
    assert_eq!(get(&plain, "a").await, None);
    // The SDK does not retry. That is the caller's task.
    assert_eq!(faults.requests(), ["TransactWriteItems"]);
    // Reads never conflict, except in a transaction.
    assert_eq!(get(&client, "a").await, None);
}

#[tokio::test]
async fn a_conflict_fails_a_single_write() {
    let (plain, client, _) = faulty(Plan { conflict: Probability::ALWAYS, ..Plan::default() }).await;
    let put = client.put_item().table_name(TABLE).item("pk", s("a"));
    let error = put.send().await.unwrap_err().into_service_error();
    assert!(error.is_transaction_conflict_exception(), "{error:?}");
    let update = client.update_item().table_name(TABLE).key("pk", s("a"));
    let error = update.send().await.unwrap_err().into_service_error();
    assert!(error.is_transaction_conflict_exception(), "{error:?}");
    let delete = client.delete_item().table_name(TABLE).key("pk", s("a"));
    let error = delete.send().await.unwrap_err().into_service_error();
    assert!(error.is_transaction_conflict_exception(), "{error:?}");
    assert_eq!(get(&plain, "a").await, None);
}

#[tokio::test]
async fn the_sdk_retries_when_throttled() {
    let (plain, client, faults) = faulty(Plan { throttle: Probability::times(1), ..Plan::default() }).await;
    put(&client, item("a", [])).await;
    assert!(get(&plain, "a").await.is_some());
    assert_eq!(faults.requests(), ["PutItem", "PutItem"]);
    assert_eq!(faults.round_trips(), 2);
    assert_eq!(faults.injected(), 1);
}

#[tokio::test]
async fn the_sdk_gives_up_when_throttled_for_long() {
    let (plain, client, faults) = faulty(Plan { throttle: Probability::ALWAYS, ..Plan::default() }).await;
    let put = client.put_item().table_name(TABLE).item("pk", s("a"));
    let error = put.send().await.unwrap_err().into_service_error();
    assert!(error.is_provisioned_throughput_exceeded_exception(), "{error:?}");
    assert_eq!(faults.requests().len(), 3);
    assert_eq!(get(&plain, "a").await, None);
}

#[tokio::test]
async fn a_transaction_is_throttled_in_either_way() {
    let (plain, client, faults) = faulty(Plan::default()).await;
    let (mut errors, mut reasons) = (0, 0);
    for seed in 0..20 {
        faults.set(Plan { seed, throttle: Probability::ALWAYS, ..Plan::default() });
        let write = client.transact_write_items();
        let write = write.transact_items(put_action(item("a", [])));
        match write.send().await.unwrap_err().into_service_error() {
            TransactWriteItemsError::TransactionCanceledException(e) => {
                assert_eq!(e.cancellation_reasons()[0].code(), Some("ThrottlingError"));
                reasons += 1;
            }
            TransactWriteItemsError::ProvisionedThroughputExceededException(_) => errors += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(errors > 0 && reasons > 0, "{errors} {reasons}");
    assert_eq!(get(&plain, "a").await, None);
}

#[tokio::test]
async fn a_batch_is_read_partially() {
    let all = ["a", "b", "c", "d"];
    let mut sizes = Vec::new();
    for seed in 0..20 {
        let (plain, client, _) = faulty(Plan { seed, unprocessed: Probability::times(1), ..Plan::default() }).await;
        for pk in all {
            put(&plain, item(pk, [])).await;
        }
        let batch = client.batch_get_item().request_items(TABLE, keys(&all));
        let answer = batch.send().await.unwrap();
        let unprocessed = answer.unprocessed_keys.unwrap();
        assert_eq!(unprocessed[TABLE].consistent_read, Some(true));
        let mut responses = answer.responses.unwrap();
        let read = responses.remove(TABLE).unwrap_or_default();
        assert!(read.len() < all.len());
        sizes.push(read.len());

        // The remaining keys can be requested unchanged.
        let rest = client.batch_get_item().set_request_items(Some(unprocessed));
        let mut rest = rest.send().await.unwrap();
        assert!(rest.unprocessed_keys.unwrap_or_default().is_empty());
        let rest = rest.responses.as_mut().unwrap().remove(TABLE).unwrap();
        let mut pks: Vec<_> = read.iter().chain(&rest).map(|item| item["pk"].as_s().unwrap().as_str()).collect();
        pks.sort();
        assert_eq!(pks, all);
    }
    assert!(sizes.contains(&0) && sizes.contains(&3), "{sizes:?}");
}

#[tokio::test]
async fn an_answer_lost_after_the_commit_leaves_the_item() {
    let (plain, client, faults) = faulty(Plan { timeout_after_commit: Probability::ALWAYS, ..Plan::default() }).await;
    let put = client.put_item().table_name(TABLE).item("pk", s("a"));
    let error = put.send().await.unwrap_err();
    assert!(error.as_service_error().is_none(), "{error:?}");
    assert!(get(&plain, "a").await.is_some());
    assert_eq!(faults.requests().len(), 3);
}

#[tokio::test]
async fn the_retry_of_a_lost_conditional_write_finds_its_own_item() {
    let (_, client, _) = faulty(Plan { timeout_after_commit: Probability::times(1), ..Plan::default() }).await;
    let put = client.put_item().table_name(TABLE).item("pk", s("a"));
    let put = put.condition_expression("attribute_not_exists(pk)");
    let error = put.send().await.unwrap_err().into_service_error();
    assert!(error.is_conditional_check_failed_exception(), "{error:?}");
}

#[tokio::test]
async fn the_retry_of_a_lost_transaction_succeeds_and_changes_nothing() {
    let (plain, client, faults) = faulty(Plan { timeout_after_commit: Probability::times(1), ..Plan::default() }).await;
    let update = aws_sdk_dynamodb::types::Update::builder()
        .table_name(TABLE)
        .key("pk", s("a"))
        .update_expression("ADD tally :one")
        .condition_expression("attribute_not_exists(pk)")
        .expression_attribute_values(":one", n(1));
    let action = aws_sdk_dynamodb::types::TransactWriteItem::builder();
    let action = action.update(update.build().unwrap()).build();
    // The SDK creates a request token and sends it again with the retry.
    let write = client.transact_write_items().transact_items(action);
    write.send().await.unwrap();
    assert_eq!(faults.requests().len(), 2);
    assert_eq!(get(&plain, "a").await, Some(item("a", [("tally", n(1))])));
}

#[tokio::test]
async fn a_trip_consists_of_the_requests_that_start_before_an_answer() {
    for latency in [Duration::ZERO, Duration::from_millis(2)] {
        let (_, client, faults) = faulty(Plan { latency, ..Plan::default() }).await;
        join!(get(&client, "a"), get(&client, "b"), get(&client, "c"));
        put(&client, item("a", [])).await;
        assert_eq!(faults.round_trips(), 2, "{latency:?}");
        assert_eq!(faults.requests(), ["GetItem", "GetItem", "GetItem", "PutItem"]);
        let by_trip = faults.requests_by_round_trip();
        assert_eq!(by_trip[0].len(), 3);
        assert_eq!(by_trip[1], ["PutItem"]);

        faults.reset();
        assert_eq!((faults.round_trips(), faults.requests().len()), (0, 0));
        if latency > Duration::ZERO {
            continue; // concurrent timers drift apart on a busy machine
        }
        // Two concurrent chains overlap all the time, but are still three trips long.
        let chain = || async {
            for _ in 0..3 {
                get(&client, "a").await;
            }
        };
        join!(chain(), chain());
        assert_eq!(faults.round_trips(), 3);
        assert_eq!(faults.requests().len(), 6);
    }
}

#[tokio::test]
#[allow(clippy::disallowed_methods)] // measures real time
async fn latency_delays_every_request() {
    let latency = Duration::from_millis(20);
    let (_, client, _) = faulty(Plan { latency, ..Plan::default() }).await;
    let start = Instant::now();
    get(&client, "a").await;
    get(&client, "b").await;
    assert!(start.elapsed() >= 2 * latency);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_faults() {
    let run = |seed| async move {
        let (_, client, faults) = faulty(Plan { seed, conflict: Probability::percent(30), ..Plan::default() }).await;
        let mut outcomes = Vec::new();
        for i in 0..60 {
            let put = client.put_item().table_name(TABLE).item("pk", s(&i.to_string()));
            outcomes.push(put.send().await.is_ok());
        }
        let failed = outcomes.iter().filter(|ok| !**ok).count();
        assert_eq!(faults.injected(), failed);
        assert!((5..35).contains(&failed), "{failed}");
        outcomes
    };
    assert_eq!(run(1).await, run(1).await);
    assert_ne!(run(1).await, run(2).await);
}

#[tokio::test]
async fn a_plan_can_be_replaced() {
    let (plain, client, faults) = faulty(Plan::default()).await;
    put(&client, item("a", [])).await;
    faults.set(Plan { conflict: Probability::ALWAYS, ..Plan::default() });
    let refused = client.put_item().table_name(TABLE).item("pk", s("b"));
    let error = refused.send().await.unwrap_err();
    assert_eq!(error.code(), Some("TransactionConflictException"));
    faults.set(Plan::default());
    put(&client, item("c", [])).await;
    assert!(get(&plain, "b").await.is_none());
    assert_eq!(faults.requests().len(), 3);
}

#[test]
fn a_plan_is_parsed_strictly() {
    let plan: Plan =
        serde_json::from_str(r#"{ "seed": 7, "latency_ms": 3, "throttle": { "percent": 10, "budget": 2 } }"#).unwrap();
    let expected = Plan {
        seed: 7,
        latency: Duration::from_millis(3),
        throttle: Probability { percent: 10, budget: Some(2) },
        ..Plan::default()
    };
    assert_eq!(plan, expected);
    assert!(serde_json::from_str::<Plan>(r#"{ "sed": 7 }"#).is_err());
    assert!(serde_json::from_str::<Plan>(r#"{ "throttle": { "percent": 101 } }"#).is_err());
}

const CRASH_FILE: &str = "EMBEDDED_TEST_CRASH_FILE";

/// Not a test by itself: the next test starts it as a process that aborts.
#[tokio::test]
async fn crash() {
    let Some(file) = std::env::var_os(CRASH_FILE) else {
        return;
    };
    let embedded = Embedded::open(file.as_ref()).unwrap();
    let faults = Faults::new(Plan { die_after: Some(2), ..Plan::default() });
    let client = client(faults.wrap(embedded.http_client()));
    for pk in ["a", "b", "c"] {
        put(&client, item(pk, [])).await;
        println!("answered {pk}");
    }
}

#[tokio::test]
async fn the_process_aborts_after_a_request_and_the_file_contains_its_item() {
    let folder = Folder::new();
    create_table(&Embedded::open(&folder.file()).unwrap().client()).await;
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "faults::tests::crash", "--nocapture"])
        .env(CRASH_FILE, folder.file())
        .output()
        .unwrap();
    assert!(!child.status.success());
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(said.contains("answered a") && !said.contains("answered b"), "{said}");
    let client = Embedded::open(&folder.file()).unwrap().client();
    assert!(get(&client, "a").await.is_some());
    assert!(get(&client, "b").await.is_some());
    assert!(get(&client, "c").await.is_none());
}
