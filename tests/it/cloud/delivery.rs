//! Tests of the mailer: which records reach it, which mails it sends, and which messages stay due.

use super::deployment::{Cloud, Emulated, environment, scheduled_event, stream_event};
use super::runtime::Function;
use super::server::nowhere;
use super::ses::Mood;
use crate::lab::{PASSWORD, at_once};
use serde_json::{Value, json};
use shared::clock::{Clock, SystemClock};

/// Signs these people up. Returns the stream's records of their messages.
fn sign_up(cloud: &Cloud<Emulated>, people: &[&str]) -> Vec<Value> {
    for email in people {
        let reply = cloud.gateway.app().post("auth/signup", json!({"email": email, "password": PASSWORD}));
        assert_eq!(reply.status, 401, "{}", reply.text);
    }
    let records = cloud.ground.table.records();
    // The filter of the event source mapping.
    let is_message = |record: &Value| {
        record["eventName"] == "INSERT"
            && record["dynamodb"]["Keys"]["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("OUTBOX#"))
    };
    let messages = records.into_iter().filter(is_message).collect::<Vec<_>>();
    assert_eq!(messages.len(), people.len());
    messages
}

fn mails(cloud: &Cloud<Emulated>, people: &[&str]) -> Vec<usize> {
    people.iter().map(|email| cloud.mails(email).len()).collect()
}

fn all_well() -> Result<Value, Value> {
    Ok(json!({"batchItemFailures": []}))
}

fn sequence_numbers(records: &[Value]) -> Vec<Value> {
    records.iter().map(|record| json!({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})).collect()
}

#[test]
fn a_record_that_comes_twice_sends_one_mail() {
    let cloud = Cloud::start(&[]);
    let records = sign_up(&cloud, &["ada@example.com"]);
    let twice = [records.clone(), records].concat();
    assert_eq!(cloud.mailer.invoke(&stream_event(&twice)), all_well());
    assert_eq!(cloud.mailer.invoke(&stream_event(&twice)), all_well());
    assert_eq!(mails(&cloud, &["ada@example.com"]), [1]);
    assert!(cloud.messages().is_empty());
}

#[test]
fn two_mailers_with_the_same_record_send_one_mail() {
    let cloud = Cloud::start(&[]);
    let second = Function::start("mailer", &environment(&cloud.ground, &[]));
    let people = (0..5).map(|n| format!("p{n}@example.com")).collect::<Vec<_>>();
    let people = people.iter().map(String::as_str).collect::<Vec<_>>();
    let event = stream_event(&sign_up(&cloud, &people));
    // With this latency, both mailers read a message before either has leased it.
    cloud.ground.table.faults.set(serde_json::from_value(json!({"latency_ms": 20})).unwrap());
    let answers = at_once(2, |n| [&cloud.mailer, &second][n].invoke(&event));
    assert_eq!(answers, [all_well(), all_well()]);
    assert_eq!(mails(&cloud, &people), [1; 5]);
    assert!(cloud.messages().is_empty());
}

#[test]
fn an_address_that_ses_rejects_is_dropped_and_the_others_get_their_mail() {
    let cloud = Cloud::start(&[]);
    let people = ["ada@example.com", "rejected@example.com", "grace@example.com"];
    cloud.ground.ses.reject("rejected@example.com");
    let records = sign_up(&cloud, &people);
    assert_eq!(cloud.mailer.invoke(&stream_event(&records)), all_well());
    assert_eq!(mails(&cloud, &people), [1, 0, 1]);
    assert!(cloud.messages().is_empty());
    let told = cloud.mailer.logged("event", 3);
    assert!(told.iter().any(|line| line["event"] == "message_refused" && line["level"] == "ERROR"), "{told:?}");
}

#[test]
fn a_recipient_that_the_sandbox_refuses_gets_the_mail_once_it_is_verified() {
    let cloud = Cloud::start(&[]);
    cloud.ground.ses.set_verified("ada@example.com", false);
    let records = sign_up(&cloud, &["ada@example.com"]);
    assert_eq!(cloud.mailer.invoke(&stream_event(&records)), all_well());
    assert_eq!(mails(&cloud, &["ada@example.com"]), [0]);
    let told = cloud.mailer.logged("event", 1);
    assert_eq!((&told[0]["event"], &told[0]["error"]), (&json!("message_failed"), &json!("MessageRejected")));

    cloud.ground.ses.set_verified("ada@example.com", true);
    cloud.make_due(&cloud.messages()[0]);
    assert_eq!(cloud.mailer.invoke(&scheduled_event()), Ok(json!({"swept": 1})));
    assert_eq!(mails(&cloud, &["ada@example.com"]), [1]);
}

#[test]
fn a_mail_that_ses_refuses_for_now_stays_due_and_the_sweep_sends_it() {
    for mood in [Mood::Throttling, Mood::Down] {
        let cloud = Cloud::start(&[]);
        let records = sign_up(&cloud, &["ada@example.com"]);
        cloud.ground.ses.set_mood(mood);
        let before = SystemClock.now().seconds();
        assert_eq!(cloud.mailer.invoke(&stream_event(&records)), all_well(), "the stream is not blocked");
        let messages = cloud.messages();
        let number = |name: &str| messages[0][name].as_n().unwrap().parse::<i64>().unwrap();
        assert_eq!((messages.len(), number("attempts")), (1, 1));
        assert!(number("due_at") > before, "the next attempt is later");
        assert_eq!(cloud.mailer.invoke(&scheduled_event()), Ok(json!({"swept": 0})), "the message is not due yet");

        cloud.make_due(&messages[0]);
        assert_eq!(cloud.mailer.invoke(&scheduled_event()), Ok(json!({"swept": 1})), "still {mood:?}");
        assert_eq!(cloud.messages()[0]["attempts"].as_n().unwrap(), "2");
        assert_eq!(mails(&cloud, &["ada@example.com"]), [0]);

        cloud.ground.ses.set_mood(Mood::Well);
        cloud.make_due(&messages[0]);
        assert_eq!(cloud.mailer.invoke(&scheduled_event()), Ok(json!({"swept": 1})));
        assert_eq!(mails(&cloud, &["ada@example.com"]), [1]);
        assert!(cloud.messages().is_empty());
    }
}

#[test]
fn a_message_of_a_kind_that_only_a_newer_mailer_knows_stays_due_unchanged() {
    let cloud = Cloud::start(&[]);
    let records = sign_up(&cloud, &["ada@example.com"]);
    let message = &cloud.messages()[0];
    let known = message["kind"].as_s().unwrap();
    cloud.set_kind(message, "postcard");
    assert_eq!(cloud.mailer.invoke(&stream_event(&records)), all_well());
    let told = cloud.mailer.logged("event", 1);
    assert_eq!((&told[0]["event"], &told[0]["kind"]), (&json!("message_failed"), &json!("postcard")));
    let waiting = &cloud.messages()[0];
    let text = |name: &str| waiting[name].as_s().or(waiting[name].as_n()).unwrap().as_str();
    assert_eq!((text("kind"), text("attempts")), ("postcard", "1"));

    // To a newer mailer this is a message like any other.
    cloud.set_kind(waiting, known);
    cloud.make_due(waiting);
    assert_eq!(cloud.mailer.invoke(&scheduled_event()), Ok(json!({"swept": 1})));
    assert_eq!(mails(&cloud, &["ada@example.com"]), [1]);
}

#[test]
fn the_sweep_sends_a_message_that_the_stream_never_delivered() {
    let cloud = Cloud::start(&[]);
    sign_up(&cloud, &["ada@example.com"]);
    cloud.make_due(&cloud.messages()[0]);
    assert_eq!(cloud.mailer.invoke(&scheduled_event()), Ok(json!({"swept": 1})));
    assert_eq!(mails(&cloud, &["ada@example.com"]), [1]);
}

#[test]
fn the_mailer_ignores_records_that_are_not_messages_to_send() {
    let cloud = Cloud::start(&[]);
    let records = sign_up(&cloud, &["ada@example.com"]);
    let mut gone = records[0].clone();
    gone["dynamodb"]["Keys"]["pk"]["S"] = json!("OUTBOX#never-was");
    let mut removed = records[0].clone();
    removed["eventName"] = json!("REMOVE");
    let mut other = records[0].clone();
    other["dynamodb"]["Keys"]["pk"] = json!({"S": "USER#1"});
    let nonsense = [json!(null), json!("?"), json!({}), json!({"eventName": "INSERT", "dynamodb": {"Keys": []}})];
    let all = [nonsense.to_vec(), vec![gone, removed, other], records].concat();
    assert_eq!(cloud.mailer.invoke(&stream_event(&all)), all_well());
    assert_eq!(mails(&cloud, &["ada@example.com"]), [1]);
}

#[test]
fn a_mailer_that_cannot_reach_the_table_reports_every_record() {
    let cloud = Cloud::start(&[]);
    let records = sign_up(&cloud, &["ada@example.com", "grace@example.com"]);
    let nowhere = format!("http://{}", nowhere());
    let lost = Function::start("mailer", &environment(&cloud.ground, &[("AWS_ENDPOINT_URL_DYNAMODB", &nowhere)]));
    let reported = json!({"batchItemFailures": sequence_numbers(&records)});
    assert_eq!(lost.invoke(&stream_event(&records)), Ok(reported));
    assert!(lost.invoke(&scheduled_event()).is_err(), "a sweep that cannot read the table fails");
    assert_eq!(cloud.mailer.invoke(&stream_event(&records)), all_well(), "Lambda passes the same records again");
    assert_eq!(mails(&cloud, &["ada@example.com", "grace@example.com"]), [1, 1]);
}

#[test]
fn only_the_records_that_failed_are_reported() {
    let cloud = Cloud::start(&[]);
    let people = ["ada@example.com", "grace@example.com", "edith@example.com"];
    let records = sign_up(&cloud, &people);
    let second = records[1]["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap();
    cloud.ground.table.refuse(Some(second));
    let reported = json!({"batchItemFailures": sequence_numbers(&records[1..2])});
    assert_eq!(cloud.mailer.invoke(&stream_event(&records)), Ok(reported));
    assert_eq!(mails(&cloud, &people), [1, 0, 1]);

    cloud.ground.table.refuse(None);
    assert_eq!(
        cloud.mailer.invoke(&stream_event(&records[1..])),
        all_well(),
        "Lambda retries from the first failure on"
    );
    assert_eq!(mails(&cloud, &people), [1, 1, 1]);
}

#[test]
fn deliveries_that_do_not_fit_before_the_deadline_are_reported_as_failed() {
    let cloud = Cloud::start(&[]);
    let people = ["ada@example.com", "grace@example.com", "edith@example.com"];
    let records = sign_up(&cloud, &people);
    let all = json!({"batchItemFailures": sequence_numbers(&records)});
    assert_eq!(
        cloud.mailer.invoke_within(&stream_event(&records), 35),
        Ok(all),
        "a delivery can take up to 36 seconds"
    );
    // The first delivery starts in time, and takes so long that no other can start.
    cloud.ground.table.faults.set(serde_json::from_value(json!({"latency_ms": 1500})).unwrap());
    let rest = json!({"batchItemFailures": sequence_numbers(&records[1..])});
    assert_eq!(cloud.mailer.invoke_within(&stream_event(&records), 40), Ok(rest));
    assert_eq!(mails(&cloud, &people), [1, 0, 0]);
    cloud.ground.table.faults.set(serde_json::from_value(json!({})).unwrap());
    assert_eq!(cloud.mailer.invoke(&stream_event(&records)), all_well());
    assert_eq!(mails(&cloud, &people), [1, 1, 1]);
}

#[test]
fn a_sweep_also_ends_before_its_deadline() {
    let cloud = Cloud::start(&[]);
    sign_up(&cloud, &["ada@example.com"]);
    cloud.make_due(&cloud.messages()[0]);
    assert_eq!(cloud.mailer.invoke_within(&scheduled_event(), 35), Ok(json!({"swept": 0})));
    assert_eq!(cloud.mailer.invoke(&scheduled_event()), Ok(json!({"swept": 1})));
}
