//! Building DynamoDB expressions. Every name and value is a placeholder.

use super::item::Document;
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

/// Collects names and values while expressions are written.
#[derive(Default)]
pub(super) struct Expression {
    names: HashMap<String, String>,
    values: Document,
}

impl Expression {
    /// The placeholder of a path such as `processes.email.attempts`.
    pub fn path(&mut self, path: &[&str]) -> String {
        path.iter().map(|name| self.name(name)).collect::<Vec<_>>().join(".")
    }

    /// The placeholder of one attribute's name.
    pub fn name(&mut self, name: &str) -> String {
        if let Some((placeholder, _)) = self.names.iter().find(|(_, known)| *known == name) {
            return placeholder.clone();
        }
        let placeholder = format!("#n{}", self.names.len());
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    /// The placeholder of a value.
    pub fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// The names; `None` if there are none, because DynamoDB refuses an empty map.
    pub fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    /// The values; `None` if there are none.
    pub fn values(&self) -> Option<Document> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}
