//! Items as structs.

use super::StoreError;
use super::directory::{LISTED_AS, LISTED_IN, Listing};
use crate::clock::Timestamp;
use crate::secret;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// The schema number that every item is written with, in its attribute `schema`.
///
/// A release that adds attributes or enum values does not change the number, because older versions keep what they do
/// not know. The number is raised if an attribute changes its meaning or its place, and only after a release that reads
/// both forms. An item with a higher number is neither read nor written ([`StoreError::NewerSchema`]). Items of
/// versions that wrote no number count as 0. See `docs/upgrading.md`.
pub const SCHEMA: u64 = 1;

/// An item in the form of DynamoDB.
pub type Document = HashMap<String, AttributeValue>;

/// The key of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    /// Creates a key from its two parts.
    ///
    /// A part that is longer than DynamoDB's limit is replaced by its digest. So a lookup with any input of a user is a
    /// valid request. It finds nothing if the input is too long.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: within(pk.into(), 2_048), sk: within(sk.into(), 1_024) }
    }

    pub(super) fn document(&self) -> Document {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }

    pub(super) fn of(document: &Document) -> Option<Self> {
        let part = |name| document.get(name)?.as_s().ok().cloned();
        Some(Self { pk: part("pk")?, sk: part("sk")? })
    }
}

fn within(text: String, most: usize) -> String {
    if text.len() <= most { text } else { format!("LONG#{}", secret::digest(text.as_bytes())) }
}

/// A struct that is stored in the table as an item.
pub trait Item: Serialize + DeserializeOwned {
    /// The key.
    fn key(&self) -> Key;

    /// The version that was read; 0 for a new item.
    fn version(&self) -> u64;

    /// When the item expires. The table deletes expired items late, so every read checks this too.
    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    /// When the item was created, if a restore of the table to an earlier moment makes it invalid: the item may have
    /// been deleted or used since then (`LATCHKEY_RESTORED_AT`). `None` for an item that stays valid.
    fn made_at(&self) -> Option<Timestamp> {
        None
    }

    /// Returns the entry of the directory that leads to the item, if it has one.
    fn listing(&self) -> Option<Listing> {
        None
    }
}

pub(super) fn to_document<I: Item>(item: &I) -> Result<Document, StoreError> {
    let mut document: Document = serde_dynamo::to_item(item).map_err(|e| StoreError::Malformed(e.to_string()))?;
    document.extend(item.key().document());
    document.insert("version".to_owned(), number(item.version() + 1));
    document.insert("schema".to_owned(), number(SCHEMA));
    if let Some(moment) = item.expires_at() {
        document.insert("expires_at".to_owned(), number(moment.seconds()));
    }
    document.extend(item.listing().iter().flat_map(Listing::attributes));
    Ok(document)
}

pub(super) fn from_document<I: Item>(mut document: Document) -> Result<I, StoreError> {
    match schema_of(&document) {
        schema if schema > SCHEMA => return Err(StoreError::NewerSchema(schema)),
        _ => OURS.iter().for_each(|name| drop(document.remove(*name))),
    }
    serde_dynamo::from_item(document).map_err(|e| StoreError::Malformed(e.to_string()))
}

/// Reads an item and writes it back.
#[cfg(test)]
pub(crate) fn rewrite<I: Item>(document: Document) -> Result<Document, StoreError> {
    to_document(&from_document::<I>(document)?)
}

/// The attributes that the store writes itself. All others belong to the item.
const OURS: [&str; 6] = ["pk", "sk", "op", "schema", LISTED_IN, LISTED_AS];

/// The schema number of an item.
pub(super) fn schema_of(document: &Document) -> u64 {
    document.get("schema").and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or(0)
}

/// Whether the item has expired, although the table has not deleted it yet.
pub(super) fn is_expired(document: &Document, now: Timestamp) -> bool {
    let seconds = document.get("expires_at").and_then(|value| value.as_n().ok()?.parse::<i64>().ok());
    seconds.is_some_and(|seconds| seconds <= now.seconds())
}

pub(super) fn number(n: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(n.to_string())
}

#[cfg(test)]
mod tests {
    use super::Key;
    use proptest::prelude::*;

    #[test]
    fn no_key_is_longer_than_the_limit_of_the_table() {
        let key = |length: usize| Key::new("x".repeat(length), "y".repeat(length / 2));
        assert_eq!((key(2_048).pk.len(), key(2_048).sk.len()), (2_048, 1_024));
        let (long, longer) = (key(2_050), key(100_000));
        assert!(long.pk.len() < 100 && long.sk.len() < 100);
        assert_ne!(long, longer);
        assert_eq!(long, key(2_050));
    }

    proptest! {
        #[test]
        fn every_key_fits_and_none_is_another(
            one in prop::collection::vec("[a-c#]{0,350}|\\PC{0,350}", 2),
            other in prop::collection::vec("[a-c#]{0,350}|\\PC{0,350}", 2),
        ) {
            let key = |halves: &[String]| Key::new(halves[0].repeat(8), halves[1].repeat(8));
            prop_assert!(key(&one).pk.len() <= 2_048 && key(&one).sk.len() <= 1_024);
            prop_assert_eq!(key(&one) == key(&other), one == other);
        }
    }
}
