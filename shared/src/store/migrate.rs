//! Going through the whole table: items as they are stored, and bringing them up to date. For an operator's commands; no
//! request does this.

use super::item::{Document, Item, Key, SCHEMA, from_document, number};
use super::write::{Action, Expect, Write};
use super::{Committed, Store, StoreError, round_trips};
use aws_sdk_dynamodb::types::AttributeValue;

/// One page of the table.
#[derive(Debug)]
pub struct Page<T, P = Key> {
    /// The items of the page that were asked for.
    pub items: Vec<T>,
    /// The number of items that were read to find them.
    pub looked_at: u64,
    /// Where the next page starts; `None` after the last one.
    pub next: Option<P>,
}

/// An item as it is stored, whatever it is.
#[derive(Debug, Clone)]
pub struct Stored {
    key: Key,
    document: Document,
}

impl Stored {
    /// Where it is.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// An attribute that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.document.get(name)?.as_s().ok().map(String::as_str)
    }

    fn version(&self) -> Option<u64> {
        self.document.get("version")?.as_n().ok()?.parse().ok()
    }
}

impl Store {
    /// A page of the items whose schema number is lower than [`SCHEMA`]. The logs of rate limits have no number, and expire
    /// soon.
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

    /// A page of the items of one kind: those with this sort key.
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

    /// Writes an item again with the present schema number and all its attributes, at this place, which may be another than
    /// before. Anything that others write meanwhile wins: then the answer is [`Committed::Contended`], or
    /// [`Committed::Refused`] where something is at the new place already.
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
