//! The sparse index `directory`: lists of items in the order of a text, for operators who look for a user.
//!
//! An entry of the index is two attributes of an item that is written anyway ([`Item::listing`](super::Item::listing)), so
//! keeping it up to date costs no further request. Each list is spread over [`SHARDS`] partitions, so that no partition of
//! the index receives more writes than the others. A page asks all partitions at once, in one round trip.

use super::item::{Document, Key, SCHEMA, number};
use super::write::{Action, Expect, Patch, Write};
use super::{Store, StoreError, round_trips};
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;
use strum::IntoStaticStr;
use uuid::Uuid;

/// The name of the index. Its keys are the attributes [`LISTED_IN`] and [`LISTED_AS`].
pub const DIRECTORY_INDEX: &str = "directory";
/// The partition key of the index: a list, and one of its partitions.
pub const LISTED_IN: &str = "listed_in";
/// The sort key of the index: the text by which an item is found, and the user's id.
pub const LISTED_AS: &str = "listed_as";

/// The partitions of each list. DynamoDB allows 1,000 writes a second to each.
pub const SHARDS: u8 = 16;

/// Separates the text of an entry from the id of its owner. It sorts below every character that a text can contain.
const SEPARATOR: char = '\t';
/// Most bytes of a text. A longer text is listed by its beginning. DynamoDB allows 1,024 bytes for text and id.
const MOST_BYTES: usize = 900;

/// A list of the directory. Its name in the table is the variant's in upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE")]
pub enum Directory {
    /// Users, by the time at which they were created.
    User,
    /// Addresses, by their canonical form.
    Email,
    /// Usernames, folded.
    Name,
    /// Given names and family names, folded.
    Person,
    /// API keys of operators, by the time at which they were created.
    Key,
}

/// An entry of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    list: Directory,
    text: String,
    owner: Uuid,
}

impl Listing {
    /// Creates an entry that is found by this text, or by the beginning of it. The owner is the user, or whatever else
    /// has the id.
    pub fn new(list: Directory, text: &str, owner: Uuid) -> Self {
        Self { list, text: listable(text), owner }
    }

    /// The attributes of the entry.
    pub(super) fn attributes(&self) -> [(String, AttributeValue); 2] {
        let shard = self.owner.as_bytes()[0] % SHARDS;
        [
            (LISTED_IN.to_owned(), AttributeValue::S(partition(self.list, shard))),
            (LISTED_AS.to_owned(), AttributeValue::S(self.place())),
        ]
    }

    /// The place of the entry in its list, which a [`Listed`] entry has too.
    pub fn place(&self) -> String {
        format!("{}{SEPARATOR}{}", self.text, self.owner)
    }

    /// Whether the text starts with this prefix, as in [`Store::list_directory`].
    pub fn starts_with(&self, prefix: &str) -> bool {
        self.text.starts_with(&listable(prefix))
    }

    /// The write of an item that contains nothing except this entry.
    pub fn write(&self, key: Key) -> Write {
        let entry =
            self.attributes().into_iter().fold(Patch::default(), |patch, (name, value)| patch.value(&name, value));
        Write { key, action: Action::Patch(entry.value("schema", number(SCHEMA))), expect: Expect::Anything }
    }
}

/// Returns a text in the form that the index can contain.
fn listable(text: &str) -> String {
    text[..text.floor_char_boundary(MOST_BYTES)].replace(char::is_control, " ")
}

fn partition(list: Directory, shard: u8) -> String {
    format!("{}#{shard:02}", <&str>::from(list))
}

/// The order of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The lowest text first.
    Ascending,
    /// The highest text first.
    Descending,
}

/// An entry that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The item.
    pub key: Key,
    /// The id of the user, or of whatever else the item belongs to.
    pub owner: Uuid,
    /// The place of the entry in its list. A page that starts `after` it continues with the next entry.
    pub place: String,
}

impl Listed {
    fn of(document: &Document) -> Option<Self> {
        let place = document.get(LISTED_AS)?.as_s().ok()?.clone();
        let owner = place.rsplit_once(SEPARATOR)?.1.parse().ok()?;
        Some(Self { key: Key::of(document)?, owner, place })
    }
}

impl Store {
    /// Returns the first entries of a list whose text starts with `prefix`, in this order, after the place `after`.
    /// Returns at most `limit` entries. The index is eventually consistent: a write appears in it within about a second.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn list_directory(
        &self,
        list: Directory,
        prefix: &str,
        order: Order,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Listed>, StoreError> {
        let first = listable(prefix);
        let last = format!("{first}{}", char::MAX);
        let (low, high) = match (order, after) {
            (_, None) => (first.as_str(), last.as_str()),
            (Order::Ascending, Some(after)) => (after.max(&first), last.as_str()),
            (Order::Descending, Some(after)) => (first.as_str(), after.min(&last)),
        };
        if low > high {
            return Ok(Vec::new());
        }
        // DynamoDB refuses an empty text in a key condition. Every entry contains the separator, and none sorts below it.
        let lowest = SEPARATOR.to_string();
        let low = low.max(&lowest);
        // BETWEEN includes the place itself.
        let most = i32::try_from(limit).unwrap_or(i32::MAX).saturating_add(i32::from(after.is_some()));
        let query = self.client.query().table_name(&self.table).index_name(DIRECTORY_INDEX);
        let query = query
            .key_condition_expression("#in = :in AND #as BETWEEN :low AND :high")
            .expression_attribute_names("#in", LISTED_IN)
            .expression_attribute_names("#as", LISTED_AS)
            .expression_attribute_values(":low", AttributeValue::S(low.to_owned()))
            .expression_attribute_values(":high", AttributeValue::S(high.to_owned()))
            .scan_index_forward(order == Order::Ascending)
            .limit(most);
        let pages = (0..SHARDS).map(|shard| {
            let list = AttributeValue::S(partition(list, shard));
            round_trips::count(query.clone().expression_attribute_values(":in", list).send())
        });
        let pages = try_join_all(pages).await.map_err(|e| StoreError::sdk("Query", &e))?;
        let documents = pages.iter().flat_map(|page| page.items());
        let mut found = documents.filter_map(Listed::of).collect::<Vec<_>>();
        found.retain(|entry| Some(entry.place.as_str()) != after);
        match order {
            Order::Ascending => found.sort_by(|a, b| a.place.cmp(&b.place)),
            Order::Descending => found.sort_by(|a, b| b.place.cmp(&a.place)),
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Finds the entries of these items. The result has the order of the keys.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn find_listed(&self, keys: &[Key]) -> Result<Vec<Option<Listed>>, StoreError> {
        let found = self.find_many(keys).await?;
        Ok(found.iter().map(|document| document.as_ref().and_then(Listed::of)).collect())
    }
}
