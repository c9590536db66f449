//! Values in the table that another version of the service wrote: how this version preserves the parts that it does not
//! know.
//!
//! During a deployment, functions of two versions use the same table. After a rollback, an old version reads values
//! that a newer one wrote. So every struct of an item has a field of [`Unknown`] attributes, and every enum of an item
//! is read as [`Open`]. See `docs/upgrading.md`.

use serde::de::{DeserializeOwned, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The attributes of a struct that this version does not know. They are flattened into the struct
/// (`#[serde(flatten)]`), so they are written back with it.
///
/// Texts, whole numbers of 64 bits, booleans, nulls, lists and maps are preserved exactly. Sets, binary values and
/// longer numbers are not, so no release may write those into an item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unknown(Map<String, Value>);

/// A value of an enum to which a newer version may have added variants. A value that this version does not know is kept
/// unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Open<T> {
    /// A value of this version.
    Known(T),
    /// Any other value.
    Unknown(Value),
}

impl<T> Open<T> {
    /// Returns the value, if this version knows it.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// Returns the value, if this version knows it.
    pub fn known_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

impl<T> From<T> for Open<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: PartialEq> PartialEq<T> for Open<T> {
    fn eq(&self, other: &T) -> bool {
        self.known() == Some(other)
    }
}

/// A struct of another crate, which cannot have a field of [`Unknown`] attributes. Unknown attributes of its outermost
/// level are kept separately.
#[derive(Debug, Clone)]
pub struct WithUnknown<T> {
    value: T,
    unknown: Map<String, Value>,
}

impl<T> WithUnknown<T> {
    /// Wraps a new value.
    pub fn new(value: T) -> Self {
        Self { value, unknown: Map::new() }
    }

    /// Returns the value.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// Returns the value for changes.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: Serialize> Serialize for WithUnknown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.unknown.is_empty() {
            return self.value.serialize(serializer);
        }
        let mut value = serde_json::to_value(&self.value).map_err(S::Error::custom)?;
        if let Value::Object(known) = &mut value {
            known.extend(self.unknown.clone());
        }
        value.serialize(serializer)
    }
}

impl<'de, T: Serialize + DeserializeOwned> Deserialize<'de> for WithUnknown<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut unknown = Map::deserialize(deserializer)?;
        let value = T::deserialize(Value::Object(unknown.clone())).map_err(D::Error::custom)?;
        if let Value::Object(known) = serde_json::to_value(&value).map_err(D::Error::custom)? {
            unknown.retain(|name, _| !known.contains_key(name));
        }
        Ok(Self { value, unknown })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Old,
    }

    #[derive(Debug, Clone, Serialize, Deserialize)]
    struct Inner {
        a: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        b: Option<String>,
    }

    #[derive(Debug, Clone, Serialize, Deserialize)]
    struct Outer {
        kind: Open<Kind>,
        inner: WithUnknown<Inner>,
        #[serde(flatten)]
        unknown: Unknown,
    }

    #[test]
    fn unknown_attributes_and_values_are_written_back() {
        let newer = json!({
            "kind": {"new": {"n": [1, null]}},
            "inner": {"a": 1, "c": {"d": 18_446_744_073_709_551_615_u64}},
            "x": {"y": [true, -1, "z"]},
        });
        let mut read: Outer = serde_json::from_value(newer.clone()).unwrap();
        assert!(read.kind.known().is_none() && read.kind != Kind::Old);
        assert_eq!(serde_json::to_value(&read).unwrap(), newer);
        read.inner.get_mut().a = 2;
        let document: std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue> =
            serde_dynamo::to_item(&read).unwrap();
        let read: Outer = serde_dynamo::from_item(document).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap()["inner"], json!({"a": 2, "c": newer["inner"]["c"]}));
        assert_eq!(serde_json::to_value(&read).unwrap()["x"], newer["x"]);
        let known: Open<Kind> = serde_json::from_value(json!("old")).unwrap();
        assert_eq!((known.known(), known == Kind::Old), (Some(&Kind::Old), true));
    }
}
