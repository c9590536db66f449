//! The responses of operations.

use super::schemas::{SchemaOf, Schemas, schema_of};
use super::{IF, VALUES_IF};
use crate::settings::{ClientKind, Condition};
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// One response of an operation. An operation can have several with the same status.
pub struct Reply {
    pub(super) status: u16,
    name: Option<&'static str>,
    about: &'static str,
    content: Option<(&'static str, SchemaOf)>,
    headers: Vec<(Header, bool, Option<Condition>)>,
    condition: Option<Condition>,
    /// The only kind of client of the headless API that gets it.
    kind: Option<ClientKind>,
}

/// A header of a response.
#[derive(Debug, Clone, Copy)]
pub struct Header {
    /// The header's name.
    pub name: &'static str,
    /// The description of the header.
    pub about: &'static str,
    /// The type of its schema.
    pub kind: &'static str,
}

impl Reply {
    /// Creates a response without a body.
    pub fn empty(status: u16, about: &'static str) -> Self {
        Self { status, name: None, about, content: None, headers: Vec::new(), condition: None, kind: None }
    }

    /// Creates a response with a JSON body.
    pub fn json<T: JsonSchema>(status: u16, about: &'static str) -> Self {
        Self::of_kind("application/json", status, about, schema_of::<T>())
    }

    /// Creates a response with a JSON body that has no type of its own.
    pub fn of_schema(status: u16, about: &'static str, schema: SchemaOf) -> Self {
        Self::of_kind("application/json", status, about, schema)
    }

    /// Creates an HTML page.
    pub fn page(status: u16, about: &'static str) -> Self {
        Self::of_kind("text/html", status, about, Box::new(|_| json_schema!({"type": "string"})))
    }

    /// Creates a response with a body of another content type.
    pub fn of_kind(kind: &'static str, status: u16, about: &'static str, schema: SchemaOf) -> Self {
        Self { content: Some((kind, schema)), ..Self::empty(status, about) }
    }

    /// Creates a redirect.
    pub fn redirect(status: u16, about: &'static str) -> Self {
        Self::empty(status, about).with_header(Header { name: "Location", about: "The new address.", kind: "string" })
    }

    /// Sets the name by which several operations share the response.
    pub fn named(self, name: &'static str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// Adds a header.
    pub fn with_header(mut self, header: Header) -> Self {
        self.headers.push((header, true, None));
        self
    }

    /// Adds an optional header, which depends on a condition of the settings if there is one.
    pub fn may_have_header(mut self, header: Header, condition: Option<Condition>) -> Self {
        self.headers.push((header, false, condition));
        self
    }

    /// Marks the response as sent only if the settings meet this condition.
    pub fn only_if(self, condition: Condition) -> Self {
        Self { condition: Some(condition), ..self }
    }

    /// Limits the response to this kind of client of the headless API.
    pub fn only_for(self, kind: ClientKind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Returns whether one of these kinds of client gets the response.
    pub(super) fn is_for(&self, kinds: &[ClientKind]) -> bool {
        self.kind.is_none_or(|kind| kinds.contains(&kind))
    }
}

/// Returns the response objects of an operation, by status. Those that several operations share become components.
pub(super) fn responses(replies: &[&Reply], schemas: &mut Schemas, shared: &mut Map<String, Json>) -> Json {
    let mut all = Map::new();
    let mut statuses = replies.iter().map(|reply| reply.status).collect::<Vec<_>>();
    statuses.sort_unstable();
    statuses.dedup();
    for status in statuses {
        let same = replies.iter().copied().filter(|reply| reply.status == status).collect::<Vec<_>>();
        let response = match same[..] {
            [Reply { name: Some(name), condition, .. }] => {
                let component = shared.entry(*name).or_insert_with(|| response(&same, schemas));
                // It is there wherever something refers to it.
                component.as_object_mut().and_then(|component| component.remove(IF));
                let mut reference = json!({"$ref": format!("#/components/responses/{name}")});
                if let Some(condition) = condition {
                    reference[IF] = json!([condition]);
                }
                reference
            }
            _ => response(&same, schemas),
        };
        all.insert(status.to_string(), response);
    }
    Json::Object(all)
}

/// Returns the response object for replies with the same status.
fn response(replies: &[&Reply], schemas: &mut Schemas) -> Json {
    let about = replies.iter().map(|reply| reply.about).collect::<Vec<_>>().join(" ");
    let mut response = json!({"description": about});
    // The response is marked only if every reply has a condition. Then it is sent only under one of them.
    if let Some(conditions) = replies.iter().map(|reply| reply.condition).collect::<Option<BTreeSet<_>>>() {
        response[IF] = json!(conditions);
    }
    for reply in replies {
        if let Some((kind, schema)) = &reply.content {
            let mut schema = schemas.of_response(schema);
            if let (Some(condition), true) = (reply.condition, replies.len() > 1) {
                schema[IF] = json!([condition]);
            }
            add_schema(&mut response["content"][kind]["schema"], schema);
        }
        for (header, required, condition) in &reply.headers {
            let mut described =
                json!({"description": header.about, "required": required, "schema": {"type": header.kind}});
            if let Some(condition) = condition {
                described[IF] = json!([condition]);
            }
            response["headers"][header.name] = described;
        }
    }
    response
}

/// Adds a schema to the alternatives of a body.
fn add_schema(known: &mut Json, schema: Json) {
    match known {
        Json::Null => *known = schema,
        _ if *known == schema => {}
        Json::Object(map) if map.len() == 1 && map.contains_key("anyOf") => {
            if let Some(all) = map["anyOf"].as_array_mut() {
                all.push(schema);
            }
        }
        other => *other = json!({"anyOf": [other.take(), schema]}),
    }
}

/// Returns the schema of a text with one of these values. Some of them can depend on settings.
pub fn one_of(values: &[(&str, Option<Condition>)]) -> Schema {
    let names = values.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>();
    let mut conditions = Map::new();
    for name in &names {
        let of_name = values.iter().filter(|(known, _)| known == name).map(|(_, condition)| *condition);
        // If a value is also listed without a condition, it does not depend on settings.
        if let Some(of_name) = of_name.collect::<Option<Vec<_>>>() {
            conditions.insert((*name).to_owned(), json!(of_name));
        }
    }
    let mut schema = json_schema!({"type": "string", "enum": names});
    if !conditions.is_empty() {
        schema.insert(VALUES_IF.to_owned(), Json::Object(conditions));
    }
    schema
}
