//! Schemas of requests and responses, and the components that they share.

use crate::http::fields::EmptyField;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value as Json};

/// Creates a schema. Schemas that others share become components.
pub type SchemaOf = Box<dyn Fn(&mut SchemaGenerator) -> Schema>;

/// The schemas of a document. A request type and a response type can have the same name only if their schemas are
/// equal.
pub(super) struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        let mut read = settings().for_deserialize().into_generator();
        // The schemas of bodies refer to it by its name.
        read.subschema_for::<EmptyField>();
        Self { read, written: settings().for_serialize().into_generator() }
    }

    /// Returns the schema of a type in a request.
    pub(super) fn of_request(&mut self, schema: &SchemaOf) -> Json {
        schema(&mut self.read).to_value()
    }

    /// Returns the schema of a type in a response.
    pub(super) fn of_response(&mut self, schema: &SchemaOf) -> Json {
        schema(&mut self.written).to_value()
    }

    /// Returns the components.
    ///
    /// # Errors
    /// The names that two different schemas have.
    pub(super) fn into_components(mut self) -> Result<Map<String, Json>, Vec<String>> {
        let mut all = self.written.take_definitions(true);
        let mut twice = Vec::new();
        for (name, schema) in self.read.take_definitions(true) {
            if all.get(&name).is_some_and(|known| *known != schema) {
                twice.push(format!("{name}: one schema for requests and another one for responses"));
            }
            all.insert(name, schema);
        }
        if twice.is_empty() { Ok(all) } else { Err(twice) }
    }
}

/// Returns the schema of a type.
pub(super) fn schema_of<T: schemars::JsonSchema>() -> SchemaOf {
    Box::new(|generator| generator.subschema_for::<T>())
}
