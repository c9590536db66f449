//! Tests of `/dev/`: the inbox and the switches of a local service.

use crate::lab::{Lab, call};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Reads messages from the inbox's event stream until there are this many.
fn arrivals(lab: &Lab, last: &str, count: usize) -> Vec<Value> {
    let agent = ureq::Agent::new_with_defaults();
    let stream = agent.get(format!("{}/dev/inbox/events", lab.url)).header("last-event-id", last).call().unwrap();
    let lines = BufReader::new(stream.into_body().into_reader()).lines().map_while(Result::ok);
    let messages = lines.filter_map(|line| Some(serde_json::from_str(line.strip_prefix("data: ")?).unwrap()));
    messages.take(count).collect()
}

#[test]
fn messages_arrive_in_the_inbox_with_their_parts() {
    let lab = Lab::start(&[]);
    for email in ["ada@example.com", "grace@example.com"] {
        lab.app().post("auth/signup", json!({"email": email, "password": "correct horse battery"}));
    }
    let all = arrivals(&lab, "", 2);
    assert_eq!([&all[0]["to"], &all[1]["to"]], ["ada@example.com", "grace@example.com"]);
    let id = all[0]["id"].as_str().unwrap();
    assert_eq!(
        arrivals(&lab, id, 1)[0]["to"],
        "grace@example.com",
        "a browser that reconnects gets the messages that it missed"
    );

    let part = |name| call(&lab.url, "GET", &format!("/dev/inbox/{id}/{name}"), &[], None);
    let (html, source) = (part("html"), part("source"));
    assert!(html.text.contains("Confirm my email address"), "{}", html.text);
    assert!(html.header("content-security-policy").unwrap().contains("sandbox"), "scripts of a mail do not run");
    assert!(source.text.contains("Subject: ") && source.text.contains("MIME-Version"), "{}", source.text);
    assert_eq!(call(&lab.url, "GET", "/dev/inbox/..%2Flatchkey.db/source", &[], None).status, 404);
    assert_eq!(call(&lab.url, "DELETE", "/dev/inbox/", &[], None).status, 204);
    assert_eq!(part("source").status, 404);
}

#[test]
fn settings_are_switched_while_the_service_runs() {
    let lab = Lab::start(&[]);
    let mut client = lab.app();
    lab.user(&mut client, "ada@example.com");
    let by_code = || lab.app().get("config").json["data"]["account"]["email_verification_by_code_enabled"].clone();
    assert_eq!(by_code(), json!(false));
    let switched = call(&lab.url, "POST", "/dev/settings", &[FORM], Some("verify-by=code&passkeys=login".into()));
    assert_eq!((switched.status, switched.header("location")), (303, Some("/dev/")));
    assert_eq!(by_code(), json!(true));
    assert_eq!(client.get("auth/session").status, 200, "accounts and sessions are kept");
    let page = call(&lab.url, "GET", "/dev/", &[], None).text;
    assert!(page.contains("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED='true'"), "{page}");

    let several =
        call(&lab.url, "POST", "/dev/settings", &[FORM], Some("reset-by=code&passkeys=signup&signup=closed".into()));
    assert_eq!(several.status, 303, "{}", several.text);
    let account = lab.app().get("config").json["data"]["account"].clone();
    assert_eq!(account["password_reset_by_code_enabled"], json!(true));
    assert_eq!(account["is_open_for_signup"], json!(false));
    let back = call(&lab.url, "POST", "/dev/settings", &[FORM], Some(String::new()));
    assert_eq!((back.status, by_code()), (303, json!(false)));
}

#[test]
fn switches_that_contradict_the_settings_change_nothing() {
    let lab = Lab::start(&[("SOCIALACCOUNT_ONLY", "true"), ("ACCOUNT_EMAIL_VERIFICATION", "none")]);
    let refused = call(&lab.url, "POST", "/dev/settings", &[FORM], Some("login-code=on".into()));
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("SOCIALACCOUNT_ONLY"), "{}", refused.text);
    assert_eq!(lab.app().get("config").json["data"]["account"]["login_by_code_enabled"], json!(false));
}

#[test]
fn pages_of_other_hosts_cannot_read_or_switch_anything() {
    let lab = Lab::start(&[]);
    for header in [("origin", "https://evil.example"), ("host", "evil.example")] {
        for (method, path) in
            [("GET", "/dev/"), ("GET", "/dev/inbox/events"), ("POST", "/dev/settings"), ("DELETE", "/dev/inbox/")]
        {
            assert_eq!(call(&lab.url, method, path, &[header, FORM], None).status, 403, "{method} {path} {header:?}");
        }
    }
}
