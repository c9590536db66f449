//! Reads of whole items by their keys, which return the items as they are stored in the database file.
//!
//! Dynoxide compiles a statement for each item, parses the item, measures it and serializes it to JSON again. That is a
//! third of the instructions of a request that finds its caller's session. The file stores items in DynamoDB's JSON, so
//! [`Reads`] builds the answer directly from the rows. Dynoxide answers every other request, and every request that
//! does not find all of its items, because it implements DynamoDB's answers for missing and invalid items, tables and
//! keys.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use serde::Deserialize;

/// The key schema of the tables that are read here, in dynoxide's format.
const KEY_SCHEMA: &str = r#"[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]"#;
/// Maximum size of an answer. Dynoxide answers larger requests and ends a batch at DynamoDB's limit of 16 MB.
const MOST_BYTES: usize = 1 << 20;

/// A connection to the database file in addition to dynoxide's. Its statements are compiled once.
pub(crate) struct Reads(Mutex<Connection>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetItem<'a> {
    table_name: &'a str,
    #[serde(borrow)]
    key: Key<'a>,
    #[serde(default, rename = "ConsistentRead")]
    _consistent_read: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct BatchGetItem<'a> {
    #[serde(borrow)]
    request_items: HashMap<&'a str, Wanted<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Wanted<'a> {
    #[serde(borrow)]
    keys: Vec<Key<'a>>,
    #[serde(default, rename = "ConsistentRead")]
    _consistent_read: bool,
}

#[derive(Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Key<'a> {
    #[serde(borrow)]
    pk: Text<'a>,
    #[serde(borrow)]
    sk: Text<'a>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Text<'a> {
    #[serde(borrow)]
    s: Cow<'a, str>,
}

impl Reads {
    pub(crate) fn new(connection: Connection) -> Self {
        Self(Mutex::new(connection))
    }

    /// Returns the body of the answer to a request, or `None` if dynoxide has to answer it.
    pub(crate) fn answer(&self, operation: &str, request: &[u8]) -> Option<Vec<u8>> {
        match operation {
            "GetItem" => {
                let GetItem { table_name, key, .. } = serde_json::from_slice(request).ok()?;
                let item = self.items(table_name, &[key])?;
                Some([&br#"{"Item":"#[..], &item, b"}"].concat())
            }
            "BatchGetItem" => {
                let BatchGetItem { request_items } = serde_json::from_slice(request).ok()?;
                let mut tables = request_items.into_iter();
                let (Some((table, wanted)), None) = (tables.next(), tables.next()) else { return None };
                let items = self.items(table, &wanted.keys)?;
                let start = format!(r#"{{"Responses":{{"{table}":["#);
                Some([start.as_bytes(), &items, br#"]},"UnprocessedKeys":{}}"#].concat())
            }
            _ => None,
        }
    }

    /// Returns the items of these keys, separated by commas. Returns `None` if any of them does not exist.
    fn items(&self, table: &str, keys: &[Key<'_>]) -> Option<Vec<u8>> {
        let is_repeated = |(nth, key): (usize, &Key<'_>)| keys[..nth].contains(key);
        if keys.is_empty() || keys.len() > 100 || keys.iter().enumerate().any(is_repeated) || !is_table_name(table) {
            return None;
        }
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let statement = format!(
            r#"SELECT item_json FROM _tables JOIN "{table}" ON pk = ?3 AND sk = ?4 WHERE table_name = ?1 AND key_schema = ?2"#
        );
        let mut statement = connection.prepare_cached(&statement).ok()?;
        let mut items = Vec::new();
        for key in keys {
            // Dynoxide's format of keys that are strings.
            let (pk, sk) = (format!("S:{}", key.pk.s), format!("S:{}", key.sk.s));
            if !items.is_empty() {
                items.push(b',');
            }
            let append = |row: &rusqlite::Row<'_>| -> rusqlite::Result<()> {
                items.extend_from_slice(row.get_ref(0)?.as_str()?.as_bytes());
                Ok(())
            };
            statement.query_row((table, KEY_SCHEMA, pk, sk), append).ok()?;
        }
        (items.len() <= MOST_BYTES).then_some(items)
    }
}

/// Returns whether a table can have this name. Such a name needs no escaping, neither in SQL nor in JSON.
fn is_table_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}
