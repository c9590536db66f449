//! Writes, and the state of an item that each of them expects.

use super::StoreError;
use super::expression::Expression;
use super::item::{Document, Item, Key, number, to_document};
use aws_sdk_dynamodb::types::AttributeValue;

/// The state of the item that a write expects.
#[derive(Debug, Clone)]
pub(super) enum Expect {
    Anything,
    Absent,
    Present,
    Version(u64),
    /// The attribute has to have this value.
    Equal(String, AttributeValue),
}

impl Expect {
    pub(super) fn condition(&self, expression: &mut Expression) -> Option<String> {
        Some(match self {
            Self::Anything => return None,
            Self::Absent => format!("attribute_not_exists({})", expression.name("pk")),
            Self::Present => format!("attribute_exists({})", expression.name("pk")),
            Self::Version(version) => {
                format!("{} = {}", expression.name("version"), expression.value(number(version)))
            }
            Self::Equal(name, value) => {
                format!("{} = {}", expression.name(name), expression.value(value.clone()))
            }
        })
    }

    /// Whether a failed condition means that another request was faster, so that the operation has to decide again.
    pub(super) fn is_race(&self) -> bool {
        matches!(self, Self::Version(_))
    }
}

#[derive(Debug, Clone)]
pub(super) enum Action {
    Put(Document),
    Patch(Patch),
    Delete,
    Check,
}

/// One write of a commit.
#[derive(Debug, Clone)]
pub struct Write {
    pub(super) key: Key,
    pub(super) action: Action,
    pub(super) expect: Expect,
}

impl Write {
    /// Adds the id of the operation to the item that is put.
    pub(super) fn stamp(&mut self, operation: &str) {
        if let Action::Put(document) = &mut self.action {
            document.insert("op".to_owned(), AttributeValue::S(operation.to_owned()));
        }
    }

    /// Creates an item. The commit is refused if the item exists.
    ///
    /// # Errors
    /// The item cannot be serialized.
    pub fn create<I: Item>(item: &I) -> Result<Self, StoreError> {
        Self::put(item, Expect::Absent)
    }

    /// Replaces the version of an item that was read. The commit is contended if the item has changed since then.
    ///
    /// # Errors
    /// The item cannot be serialized.
    pub fn replace<I: Item>(item: &I) -> Result<Self, StoreError> {
        Self::put(item, Expect::Version(item.version()))
    }

    /// Puts an item, regardless of what is stored under its key.
    ///
    /// # Errors
    /// The item cannot be serialized.
    pub fn overwrite<I: Item>(item: &I) -> Result<Self, StoreError> {
        Self::put(item, Expect::Anything)
    }

    /// Creates a new item, or replaces the version that was read.
    ///
    /// # Errors
    /// The item cannot be serialized.
    pub fn save<I: Item>(item: &I) -> Result<Self, StoreError> {
        if item.version() == 0 { Self::create(item) } else { Self::replace(item) }
    }

    /// Deletes the version of an item that was read. The commit is contended if the item has changed since then.
    pub fn delete<I: Item>(item: &I) -> Self {
        Self { key: item.key(), action: Action::Delete, expect: Expect::Version(item.version()) }
    }

    /// Deletes the item with this key, if there is one.
    pub fn discard(key: Key) -> Self {
        Self { key, action: Action::Delete, expect: Expect::Anything }
    }

    /// Writes nothing, but makes the commit fail if the item has changed since it was read.
    pub fn check<I: Item>(item: &I) -> Self {
        Self { key: item.key(), action: Action::Check, expect: Expect::Version(item.version()) }
    }

    /// Changes single attributes of an item, which has to exist. Also increments the version, so that a request that
    /// has read the item before cannot overwrite the change.
    pub fn patch(key: Key, patch: Patch) -> Self {
        Self { key, action: Action::Patch(patch), expect: Expect::Present }
    }

    /// The same as [`Write::patch`], but refused unless the attribute has this text.
    pub fn patch_if(key: Key, patch: Patch, attribute: &str, text: &str) -> Self {
        let expect = Expect::Equal(attribute.to_owned(), AttributeValue::S(text.to_owned()));
        Self { key, action: Action::Patch(patch), expect }
    }

    fn put<I: Item>(item: &I, expect: Expect) -> Result<Self, StoreError> {
        Ok(Self { key: item.key(), action: Action::Put(to_document(item)?), expect })
    }
}

/// Changes to single attributes.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    set: Vec<(String, AttributeValue)>,
}

impl Patch {
    /// Sets an attribute to a number.
    pub fn number(mut self, name: &str, value: i64) -> Self {
        self.set.push((name.to_owned(), number(value)));
        self
    }

    /// Sets an attribute to a text.
    pub fn text(mut self, name: &str, value: &str) -> Self {
        self.set.push((name.to_owned(), AttributeValue::S(value.to_owned())));
        self
    }

    pub(super) fn update(&self, operation: &str, expression: &mut Expression) -> String {
        let mut assignments = Vec::new();
        for (name, value) in &self.set {
            assignments.push(format!("{} = {}", expression.name(name), expression.value(value.clone())));
        }
        let operation = expression.value(AttributeValue::S(operation.to_owned()));
        assignments.push(format!("{} = {operation}", expression.name("op")));
        format!("SET {} ADD {} {}", assignments.join(", "), expression.name("version"), expression.value(number(1)))
    }
}
