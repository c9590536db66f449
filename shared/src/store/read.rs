//! Reading items. All reads of items are consistent, because decisions depend on them.

use super::item::{Document, Item, Key, from_document, is_expired};
use super::{Page, Store, StoreError, round_trips};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use std::collections::HashMap;

/// The start of a page of the sparse index.
#[derive(Debug, Clone)]
pub struct IndexPlace(Document);

impl Store {
    /// Finds an item. Returns `None` if it does not exist or has expired.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn find<I: Item>(&self, key: &Key) -> Result<Option<I>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key.document()));
        let answer = round_trips::count(request.consistent_read(true).send()).await;
        let answer = answer.map_err(|e| StoreError::sdk("GetItem", &e))?;
        self.read(answer.item)
    }

    /// Reads several items in one request. The result has the order of the keys.
    ///
    /// # Errors
    /// The table is unavailable.
    async fn find_many(&self, keys: &[Key]) -> Result<Vec<Option<Document>>, StoreError> {
        let mut found = HashMap::new();
        let mut wanted = keys.iter().map(Key::document).collect::<Vec<_>>();
        let mut attempts = self.attempts();
        while !wanted.is_empty() {
            attempts.next().await?;
            let keys = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
            let keys = keys.map_err(|e| StoreError::Malformed(e.to_string()))?;
            let answer = round_trips::count(self.client.batch_get_item().request_items(&self.table, keys).send()).await;
            let answer = answer.map_err(|e| StoreError::sdk("BatchGetItem", &e))?;
            for document in answer.responses.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default() {
                if let Some(key) = Key::of(&document) {
                    found.insert(key, document);
                }
            }
            let unprocessed = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table));
            wanted = unprocessed.map(|rest| rest.keys).unwrap_or_default();
        }
        Ok(keys.iter().map(|key| found.remove(key)).collect())
    }

    /// Finds several items of one kind in one request. The result has the order of the keys.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn find_all<I: Item>(&self, keys: &[Key]) -> Result<Vec<Option<I>>, StoreError> {
        let found = self.find_many(keys).await?;
        found.into_iter().map(|document| self.read(document)).collect()
    }

    /// Finds two items of different kinds in one request.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn find_two<A: Item, B: Item>(&self, a: &Key, b: &Key) -> Result<(Option<A>, Option<B>), StoreError> {
        let mut found = self.find_many(&[a.clone(), b.clone()]).await?.into_iter();
        let mut next = || found.next().flatten();
        Ok((self.read(next())?, self.read(next())?))
    }

    /// Lists at most `limit` items of a partition whose sort key has this prefix, in descending order of the sort key.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn list<I: Item>(&self, pk: &str, starts: &str, limit: i32) -> Result<Vec<I>, StoreError> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query.scan_index_forward(false).limit(limit);
        let query = query.expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
        let query = if starts.is_empty() {
            query.key_condition_expression("pk = :pk")
        } else {
            query
                .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
                .expression_attribute_values(":sk", AttributeValue::S(starts.to_owned()))
        };
        let answer = round_trips::count(query.send()).await.map_err(|e| StoreError::sdk("Query", &e))?;
        let items = answer.items.unwrap_or_default();
        items.into_iter().filter_map(|item| self.read(Some(item)).transpose()).collect()
    }

    /// Lists the items of a partition whose sort key has this prefix. Reads at most `pages` pages of at most 1 MB each,
    /// and leaves out the rest.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn list_pages<I: Item>(&self, pk: &str, starts: &str, pages: usize) -> Result<Vec<I>, StoreError> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .expression_attribute_values(":sk", AttributeValue::S(starts.to_owned()));
        let (mut found, mut start) = (Vec::new(), None);
        for _ in 0..pages {
            let page = round_trips::count(query.clone().set_exclusive_start_key(start).send()).await;
            let page = page.map_err(|e| StoreError::sdk("Query", &e))?;
            for item in page.items.unwrap_or_default() {
                found.extend(self.read::<I>(Some(item))?);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// Lists a page of the keys in the sparse index, the earliest due time first. Includes keys that are not due yet.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn list_queue(&self, start: Option<IndexPlace>) -> Result<Page<Key, IndexPlace>, StoreError> {
        let query = self.client.query().table_name(&self.table).index_name(super::DUE_INDEX);
        let query = query.key_condition_expression("#queue = :queue");
        let query = query.expression_attribute_names("#queue", "queue");
        let query = query.expression_attribute_values(":queue", AttributeValue::S("OUTBOX".to_owned()));
        let query = query.set_exclusive_start_key(start.map(|place| place.0));
        let answer = round_trips::count(query.send()).await.map_err(|e| StoreError::sdk("Query", &e))?;
        let items = answer.items.unwrap_or_default();
        Ok(Page {
            looked_at: items.len() as u64,
            items: items.iter().filter_map(Key::of).collect(),
            next: answer.last_evaluated_key.map(IndexPlace),
        })
    }

    /// Lists items of the sparse index that are due, with their due time in seconds, the longest overdue first.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn list_due(&self, limit: i32) -> Result<Vec<(Key, i64)>, StoreError> {
        let now = self.clock.now().seconds();
        let query = self.client.query().table_name(&self.table).index_name(super::DUE_INDEX);
        let query = query.key_condition_expression("#queue = :queue AND due_at <= :now");
        let query = query.expression_attribute_names("#queue", "queue").limit(limit);
        let query = query.expression_attribute_values(":queue", AttributeValue::S("OUTBOX".to_owned()));
        let query = query.expression_attribute_values(":now", super::item::number(now));
        let answer = round_trips::count(query.send()).await.map_err(|e| StoreError::sdk("Query", &e))?;
        let due_at = |item: &Document| item.get("due_at")?.as_n().ok()?.parse().ok();
        let items = answer.items.unwrap_or_default();
        Ok(items.iter().filter_map(|item| Key::of(item).zip(due_at(item))).collect())
    }

    /// Opens the connection by reading a key that does not exist. Errors are ignored.
    pub async fn warm(&self) {
        let key = Key::new("WARM", "WARM").document();
        let _ = round_trips::count(self.client.get_item().table_name(&self.table).set_key(Some(key)).send()).await;
    }

    /// Converts a document to an item. Returns `None` if it has expired, or if a restore of the table has made it
    /// invalid.
    fn read<I: Item>(&self, document: Option<Document>) -> Result<Option<I>, StoreError> {
        let live = document.filter(|document| !is_expired(document, self.clock.now()));
        let item = live.map(from_document::<I>).transpose()?;
        let is_void = |item: &I| item.made_at() < self.restored_at && item.made_at().is_some();
        Ok(item.filter(|item| !is_void(item)))
    }
}
