//! Writes, and what each expects of the item that is there.

use super::StoreError;
use super::expression::Expression;
use super::item::{Document, Item, Key, number, to_document};
use aws_sdk_dynamodb::types::AttributeValue;

/// What a write expects to find.
#[derive(Debug, Clone)]
pub(super) enum Expect {
    Anything,
    Absent,
    Present,
    Version(u64),
    /// The attribute has this value.
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

    /// Whether a failure means that somebody was faster, and the decision is to be made again.
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
    /// Marks what is put with the operation that puts it.
    pub(super) fn stamp(&mut self, operation: &str) {
        if let Action::Put(document) = &mut self.action {
            document.insert("op".to_owned(), AttributeValue::S(operation.to_owned()));
        }
    }

    /// Puts an item where none is; refused if one is there.
    ///
    /// # Errors
    /// The item cannot be written as one.
    pub fn create<I: Item>(item: &I) -> Result<Self, StoreError> {
        Self::put(item, Expect::Absent)
    }

    /// Puts an item in place of the version that was read; contended if it has changed since.
    ///
    /// # Errors
    /// The item cannot be written as one.
    pub fn replace<I: Item>(item: &I) -> Result<Self, StoreError> {
        Self::put(item, Expect::Version(item.version()))
    }

    /// Puts an item, whatever is there.
    ///
    /// # Errors
    /// The item cannot be written as one.
    pub fn overwrite<I: Item>(item: &I) -> Result<Self, StoreError> {
        Self::put(item, Expect::Anything)
    }

    /// Creates a new item, or replaces the version that was read.
    ///
    /// # Errors
    /// The item cannot be written as one.
    pub fn save<I: Item>(item: &I) -> Result<Self, StoreError> {
        if item.version() == 0 { Self::create(item) } else { Self::replace(item) }
    }

    /// Deletes the version that was read; contended if it has changed since.
    pub fn delete<I: Item>(item: &I) -> Self {
        Self { key: item.key(), action: Action::Delete, expect: Expect::Version(item.version()) }
    }

    /// Deletes what is there, if anything is.
    pub fn discard(key: Key) -> Self {
        Self { key, action: Action::Delete, expect: Expect::Anything }
    }

    /// Writes nothing, but fails if the item is no longer the version that was read.
    pub fn check<I: Item>(item: &I) -> Self {
        Self { key: item.key(), action: Action::Check, expect: Expect::Version(item.version()) }
    }

    /// Changes single attributes of an item that must be there. The version counts on, so that nobody who
    /// read before this writes over it.
    pub fn patch(key: Key, patch: Patch) -> Self {
        Self { key, action: Action::Patch(patch), expect: Expect::Present }
    }

    /// The same, refused unless the attribute has this text.
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
