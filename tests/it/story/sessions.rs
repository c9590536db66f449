//! Tests of the list of a user's sessions.

use crate::lab::{Client, Lab, PASSWORD, at_once};
use serde_json::{Value, json};

fn login(lab: &Lab) -> Client {
    let mut client = lab.app();
    let reply = client.post("auth/login", json!({"email": "ada@example.com", "password": PASSWORD}));
    assert_eq!(reply.status, 200);
    client
}

fn with_user(settings: &[(&str, &str)]) -> (Lab, Client) {
    let lab = Lab::start(settings);
    let mut client = lab.app();
    lab.user(&mut client, "ada@example.com");
    (lab, client)
}

fn numbers(client: &mut Client, current: bool) -> Vec<u64> {
    let list = client.get("auth/sessions").json["data"].as_array().unwrap().clone();
    let wanted = list.iter().filter(|session| session["is_current"] == json!(current));
    wanted.map(|session| session["id"].as_u64().unwrap()).collect()
}

fn end(client: &mut Client, sessions: Value) -> crate::lab::Reply {
    client.send("DELETE", "auth/sessions", Some(json!({"sessions": sessions}).to_string()), &[])
}

/// ASVS 5.0 7.5.2.
#[test]
fn users_can_list_their_sessions_and_end_some_of_them() {
    let (lab, mut client) = with_user(&[]);
    let (mut phone, mut laptop) = (login(&lab), login(&lab));
    assert_eq!(client.get("auth/sessions").json["data"].as_array().unwrap().len(), 3);
    let others = numbers(&mut client, false);
    let left = end(&mut client, json!([others[0]]));
    assert_eq!(left.json["data"].as_array().unwrap().len(), 2);
    let statuses = [phone.get("auth/session").status, laptop.get("auth/session").status];
    assert!(statuses == [200, 410] || statuses == [410, 200]);
    let own = numbers(&mut client, true);
    assert_eq!(end(&mut client, json!(own)).status, 401);
    assert_eq!(client.get("auth/session").status, 410);
}

#[test]
fn sessions_are_listed_in_the_order_in_which_they_began() {
    let (lab, mut client) = with_user(&[]);
    for _ in 0..5 {
        lab.advance(60);
        login(&lab);
    }
    let list = client.get("auth/sessions").json["data"].as_array().unwrap().clone();
    let began = list.iter().map(|session| session["created_at"].as_f64().unwrap()).collect::<Vec<_>>();
    assert!(began.is_sorted() && list[0]["is_current"] == json!(true), "{list:?}");
    assert_eq!(list.len(), 6);
}

/// Starts a service with an account and `times` + 1 sessions. Returns the client with the oldest session.
fn with_many(times: usize) -> (Lab, Client) {
    let (lab, client) = with_user(&[("ACCOUNT_RATE_LIMITS", "false")]);
    lab.advance(60);
    at_once(times, |_| login(&lab));
    (lab, client)
}

#[test]
fn of_more_than_a_hundred_sessions_the_current_one_and_the_newest_are_listed() {
    let (lab, mut client) = with_many(105);
    lab.advance(60);
    let mut newest = login(&lab);
    let numbers_of = |client: &mut Client| [numbers(client, true), numbers(client, false)];
    let [own, others] = numbers_of(&mut client);
    assert_eq!((own.len(), others.len()), (1, 99));
    let [last, rest] = numbers_of(&mut newest);
    assert!(others.contains(&last[0]) && !rest.contains(&own[0]), "the newest is there, the oldest is not");
    assert!(end(&mut client, json!(own)).status == 401 && newest.get("auth/session").status == 200);
}

#[test]
fn ending_all_listed_sessions_also_ends_the_unlisted_ones() {
    let (lab, mut client) = with_many(104);
    let mut unlisted = lab.app();
    let list = client.get("auth/sessions").json["data"].as_array().unwrap().clone();
    assert_eq!(list.len(), 100);
    let others = numbers(&mut client, false);
    let trips = lab.trips(|| {
        let left = end(&mut client, json!(others));
        assert_eq!(left.json["data"].as_array().unwrap().len(), 1, "{}", left.text);
    });
    assert_eq!(trips.concat().iter().filter(|request| *request == "TransactWriteItems").count(), 2, "{trips:?}");
    assert_eq!(client.get("auth/session").status, 200, "the client's own session is kept");
    assert_eq!(client.get("auth/sessions").json["data"].as_array().unwrap().len(), 1);
    // This time the client also ends its own session.
    at_once(101, |n| if n == 0 { None } else { Some(login(&lab)) });
    unlisted.token = login(&lab).token;
    let all = [numbers(&mut client, false), numbers(&mut client, true)].concat();
    assert_eq!(all.len(), 100);
    assert_eq!(end(&mut client, json!(all)).status, 401);
    assert_eq!((client.get("auth/session").status, unlisted.get("auth/session").status), (410, 410));
}

#[test]
fn a_session_does_not_grow_with_each_reauthentication() {
    let (lab, mut client) = with_user(&[("ACCOUNT_RATE_LIMITS", "false")]);
    let again = |client: &mut Client| client.post("auth/reauthenticate", json!({"password": PASSWORD}));
    let once = again(&mut client).json["data"]["methods"].as_array().unwrap().clone();
    lab.advance(60);
    for _ in 0..10 {
        assert_eq!(again(&mut client).status, 200);
    }
    let methods = client.get("auth/session").json["data"]["methods"].as_array().unwrap().clone();
    assert_eq!(methods.len(), once.len());
    let latest = |methods: &[Value]| methods.last().unwrap()["at"].as_f64().unwrap();
    assert!(latest(&methods) > latest(&once) + 59.0, "the time of the last reauthentication is kept");
}

#[test]
fn a_user_cannot_end_a_session_of_another_user() {
    let (lab, mut client) = with_user(&[]);
    let mut other = lab.app();
    lab.user(&mut other, "grace@example.com");
    let theirs = numbers(&mut other, true);
    assert_eq!(end(&mut client, json!(theirs)).errors(), ["sessions:invalid_choice"]);
    assert_eq!(end(&mut client, json!(["x"])).errors(), ["sessions:invalid_pk_value"]);
    assert_eq!(end(&mut client, json!([])).errors(), ["sessions:required"]);
    assert_eq!(end(&mut client, json!("all")).errors(), ["sessions:invalid_list"]);
    assert_eq!(other.get("auth/session").status, 200);
}

#[test]
fn listing_is_one_query_after_the_read() {
    let (lab, mut client) = with_user(&[]);
    assert_eq!(lab.trips(|| drop(client.get("auth/sessions"))), [["BatchGetItem"], ["Query"]]);
}

#[test]
fn activity_is_recorded_once_a_minute_and_when_the_client_changes() {
    let lab = Lab::start(&[("USERSESSIONS_TRACK_ACTIVITY", "true"), ("ACCOUNT_EMAIL_VERIFICATION", "none")]);
    let mut client = lab.browser();
    client.post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    let writes = |client: &mut Client, agent: &str| {
        client.extra = vec![("user-agent".to_owned(), agent.to_owned())];
        let trips = lab.trips(|| assert_eq!(client.get("auth/session").status, 200));
        trips.concat().iter().filter(|request| *request == "PutItem").count()
    };
    assert_eq!(writes(&mut client, "one/1"), 1, "the client differs from the one at signup");
    assert_eq!(writes(&mut client, "one/1"), 0);
    assert_eq!(writes(&mut client, "two/2"), 1);
    lab.advance(61);
    assert_eq!(writes(&mut client, "two/2"), 1);
    let list = client.get("auth/sessions");
    assert_eq!(list.json["data"][0]["user_agent"], "two/2");
    assert!(list.json["data"][0]["last_seen_at"].is_number());
}

#[test]
fn without_usersessions_the_list_does_not_exist() {
    let (_lab, mut client) = with_user(&[("USERSESSIONS_ENABLED", "false")]);
    assert_eq!(client.get("auth/sessions").status, 404);
}

#[test]
fn asking_for_the_configuration_does_not_record_activity() {
    let lab = Lab::start(&[("USERSESSIONS_TRACK_ACTIVITY", "true"), ("ACCOUNT_EMAIL_VERIFICATION", "none")]);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    lab.advance(61);
    let trips = lab.trips(|| assert_eq!(client.get("config").status, 200));
    assert!(trips.concat().iter().all(|request| request.ends_with("GetItem")), "{trips:?}");
}
