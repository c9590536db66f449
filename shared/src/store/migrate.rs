//! Reading the whole table, and updating its items to the current schema. Only an operator's commands use this, never a
//! request.

use super::item::{Document, Item, Key, SCHEMA, from_document, number};
use super::write::{Action, Expect, Write};
use super::{Committed, Store, StoreError, round_trips};
use aws_sdk_dynamodb::types::AttributeValue;

/// One page of the table.
#[derive(Debug)]
pub struct Page<T, P = Key> {
    /// The items of the page that match.
    pub items: Vec<T>,
    /// The number of items that were read to find them.
    pub looked_at: u64,
    /// The start of the next page; `None` after the last one.
    pub next: Option<P>,
}

/// An item of any kind, as it is stored.
#[derive(Debug, Clone)]
pub struct Stored {
    key: Key,
    document: Document,
}

impl Stored {
    /// The key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The value of an attribute, if it is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.document.get(name)?.as_s().ok().map(String::as_str)
    }

    fn version(&self) -> Option<u64> {
        self.document.get("version")?.as_n().ok()?.parse().ok()
    }
}

impl Store {
    /// Reads a page of the items whose schema number is lower than [`SCHEMA`]. Leaves out the logs of rate limits,
    /// which have no number and expire soon.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn scan_outdated(&self, start: Option<&Key>) -> Result<Page<Stored>, StoreError> {
        let request = self.client.scan().table_name(&self.table).consistent_read(true);
        let request = request
            .filter_expression("attribute_exists(#version) AND (attribute_not_exists(#schema) OR #schema < :schema)")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#schema", "schema")
            .expression_attribute_values(":schema", number(SCHEMA));
        let Page { items, looked_at, next } = self.scan(request, start).await?;
        let stored = |document: Document| Some(Stored { key: Key::of(&document)?, document });
        Ok(Page { items: items.into_iter().filter_map(stored).collect(), looked_at, next })
    }

    /// Reads a page of the items of one kind, which have this sort key.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn scan_kind<I: Item>(&self, sk: &str, start: Option<&Key>) -> Result<Page<I>, StoreError> {
        let request = self.client.scan().table_name(&self.table).consistent_read(true);
        let request =
            request.filter_expression("sk = :sk").expression_attribute_values(":sk", AttributeValue::S(sk.to_owned()));
        let Page { items, looked_at, next } = self.scan(request, start).await?;
        let items = items.into_iter().map(from_document).collect::<Result<_, _>>()?;
        Ok(Page { items, looked_at, next })
    }

    async fn scan(
        &self,
        request: aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder,
        start: Option<&Key>,
    ) -> Result<Page<Document>, StoreError> {
        let request = request.set_exclusive_start_key(start.map(Key::document));
        let answer = round_trips::count(request.send()).await.map_err(|e| StoreError::sdk("Scan", &e))?;
        Ok(Page {
            looked_at: u64::try_from(answer.scanned_count).unwrap_or(0),
            next: answer.last_evaluated_key.as_ref().and_then(Key::of),
            items: answer.items.unwrap_or_default(),
        })
    }

    /// Writes an item again with all its attributes and the current schema number, under this key, which may differ
    /// from the current one. A write of another request has precedence: then the result is [`Committed::Contended`], or
    /// [`Committed::Refused`] if the new key is in use.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn renew(&self, stored: Stored, place: Key) -> Result<Committed, StoreError> {
        let version = stored.version().unwrap_or(0);
        let Stored { key, mut document } = stored;
        document.extend(place.document());
        document.insert("version".to_owned(), number(version + 1));
        document.insert("schema".to_owned(), number(SCHEMA));
        let expected = Expect::Version(version);
        if place == key {
            return self.commit(vec![Write { key, action: Action::Put(document), expect: expected }]).await;
        }
        let gone = Write { key, action: Action::Delete, expect: expected };
        let put = Write { key: place, action: Action::Put(document), expect: Expect::Absent };
        self.commit(vec![gone, put]).await
    }
}
