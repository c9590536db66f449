//! Tests that every kind of item, in the form of each version (`shared/fixtures`), is read and written back without
//! loss.

use crate::account::{CredentialClaim, EmailClaim, IdentityClaim, NameClaim, PhoneClaim, User};
use crate::flow::identities::authorization::AuthorizationRequest;
use crate::flow::identities::identity::UsedToken;
use crate::outbox::Message;
use crate::session::Session;
use crate::store::{Document, SCHEMA, StoreError, rewrite};
use crate::ticket::Ticket;
use crate::tokens::KeyRecord;
use aws_sdk_dynamodb::types::AttributeValue as Value;
use serde_json::Value as Json;
use std::path::Path;

type Rewrite = fn(Document) -> Result<Document, StoreError>;

/// The function that reads and writes back an item of a kind; `None` for an unknown kind.
fn rewrite_of(kind: &str) -> Option<Rewrite> {
    Some(match kind {
        "user" => rewrite::<User>,
        "session" | "session-bearer" | "pending" => rewrite::<Session>,
        "email-owner" | "email-holder" => rewrite::<EmailClaim>,
        "name" => rewrite::<NameClaim>,
        "phone" => rewrite::<PhoneClaim>,
        "credential" => rewrite::<CredentialClaim>,
        "provider" => rewrite::<IdentityClaim>,
        "state" => rewrite::<AuthorizationRequest>,
        "used" => rewrite::<UsedToken>,
        "keys" => rewrite::<KeyRecord>,
        kind if kind.starts_with("outbox-") => rewrite::<Message>,
        kind if kind.starts_with("ticket-") => rewrite::<Ticket>,
        _ => return None,
    })
}

/// The kinds that must have a fixture. The logs of rate limits are not included, because they are not structs, and each
/// write names single attributes.
const KINDS: [&str; 21] = [
    "user",
    "session",
    "session-bearer",
    "pending",
    "email-owner",
    "email-holder",
    "name",
    "phone",
    "credential",
    "provider",
    "state",
    "used",
    "keys",
    "outbox-mail",
    "ticket-login_challenge",
    "ticket-setup_challenge",
    "ticket-reset_link",
    "ticket-reset_capability",
    "ticket-invitation",
    "ticket-set_capability",
    "ticket-totp_setup",
];

fn fixtures() -> Vec<(String, Document)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let versions = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let mut all = Vec::new();
    for version in versions {
        for file in std::fs::read_dir(version).unwrap().map(|entry| entry.unwrap().path()) {
            let item: Json = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
            let kind = file.file_stem().unwrap().to_str().unwrap().to_owned();
            all.push((kind, map_of(&item)));
        }
    }
    all
}

fn map_of(json: &Json) -> Document {
    json.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value_of(value))).collect()
}

/// Converts a value. Items have no sets or binary values, because a version that does not know their attribute would
/// lose them.
fn value_of(json: &Json) -> Value {
    let (kind, value) = json.as_object().unwrap().iter().next().unwrap();
    match (kind.as_str(), value) {
        ("S", Json::String(text)) => Value::S(text.clone()),
        ("N", Json::String(number)) => Value::N(number.clone()),
        ("BOOL", Json::Bool(yes)) => Value::Bool(*yes),
        ("NULL", _) => Value::Null(true),
        ("L", Json::Array(list)) => Value::L(list.iter().map(value_of).collect()),
        ("M", map) => Value::M(map_of(map)),
        other => panic!("no item may have {other:?}"),
    }
}

/// The item that has to be written back: with the next version, and without the id of the operation, which the commit
/// adds.
fn expected(mut item: Document) -> Document {
    let version = item.get("version").and_then(|version| version.as_n().ok()?.parse::<u64>().ok()).unwrap_or(0);
    item.insert("version".to_owned(), Value::N((version + 1).to_string()));
    item.insert("schema".to_owned(), Value::N(SCHEMA.to_string()));
    item.remove("op");
    item
}

/// Items whose version is not part of the struct are written once, as version 1.
fn came_back(kind: &str, item: &Document, wanted: Document) {
    let mut found = rewrite_of(kind).unwrap_or_else(|| panic!("nothing reads {kind}"))(item.clone()).unwrap();
    if matches!(kind, "keys" | "used") {
        found.insert("version".to_owned(), wanted["version"].clone());
    }
    let lost = wanted.iter().filter(|(name, value)| found.get(*name) != Some(value)).collect::<Vec<_>>();
    assert!(lost.is_empty(), "{kind}: {lost:?}\nbecame {found:?}");
    assert_eq!(found.len(), wanted.len(), "{kind}: {found:?}");
}

#[test]
fn every_item_of_every_version_is_read_and_written_back() {
    let all = fixtures();
    for kind in KINDS {
        assert!(all.iter().any(|(known, _)| known == kind), "no fixture of {kind}");
    }
    for (kind, item) in all {
        came_back(&kind, &item, expected(item.clone()));
    }
}

#[test]
fn attributes_of_a_newer_version_are_written_back() {
    fn mark(map: &mut Document, name: &str) {
        // Leaves out the variant of an enum, the users' own attributes, codes by their kind, and data that another
        // crate reads.
        if !matches!(name, "factor" | "attributes" | "extra" | "codes" | "answer") {
            let list = Value::L(vec![Value::N("-1".to_owned()), Value::Null(true), Value::Bool(false)]);
            map.insert("added".to_owned(), Value::M(Document::from([("list".to_owned(), list)])));
        }
        if matches!(name, "key" | "attributes" | "extra" | "answer") {
            return;
        }
        for (name, value) in map.iter_mut().filter(|(name, _)| *name != "added") {
            match value {
                Value::M(map) => mark(map, name),
                Value::L(list) => list.iter_mut().for_each(|value| {
                    if let Value::M(map) = value {
                        mark(map, name);
                    }
                }),
                _ => {}
            }
        }
    }
    for (kind, mut item) in fixtures() {
        mark(&mut item, "");
        came_back(&kind, &item, expected(item.clone()));
    }
}

#[test]
fn enum_values_of_a_newer_version_are_written_back() {
    let text = |text: &str| Value::S(text.to_owned());
    let variant = || Value::M(Document::from([("hologram".to_owned(), Value::M(Document::new()))]));
    let mut changed = 0;
    for (kind, mut item) in fixtures() {
        if let Some(Value::M(login)) = item.get_mut("login") {
            login.insert("current".to_owned(), text("retina_scan"));
            login.insert("handled".to_owned(), Value::L(vec![text("verify_email"), variant()]));
            login.insert("halted".to_owned(), Value::L(vec![text("retina_scan")]));
            login.insert("email_verification".to_owned(), text("twice"));
            changed += 1;
        }
        if let Some(Value::M(codes)) = item.get_mut("codes") {
            codes.insert("fax".to_owned(), variant());
        }
        if let Some(Value::L(authenticators)) = item.get_mut("authenticators") {
            for authenticator in authenticators.iter_mut() {
                authenticator.as_m().unwrap();
                let Value::M(authenticator) = authenticator else { unreachable!() };
                authenticator.insert("factor".to_owned(), variant());
                changed += 1;
            }
        }
        if item.contains_key("channel") {
            item.insert("channel".to_owned(), text("pigeon"));
            item.insert("kind".to_owned(), text("birthday"));
            changed += 1;
        }
        if item.contains_key("process") {
            item.insert("process".to_owned(), text("borrow"));
            changed += 1;
        }
        came_back(&kind, &item, expected(item.clone()));
    }
    assert!(changed >= 4, "{changed}");
}

#[test]
fn an_item_without_a_schema_number_is_read_and_one_with_a_higher_number_is_not() {
    for (kind, mut item) in fixtures() {
        item.remove("schema");
        came_back(&kind, &item, expected(item.clone()));
        item.insert("schema".to_owned(), Value::N((SCHEMA + 1).to_string()));
        let refused = rewrite_of(&kind).unwrap()(item);
        assert!(matches!(refused, Err(StoreError::NewerSchema(number)) if number == SCHEMA + 1), "{kind}");
    }
}
