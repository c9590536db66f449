//! The responses of operations.

use super::schemas::{SchemaOf, Schemas, schema_of};
use super::{IF, VALUES_IF};
use crate::settings::{ClientKind, Condition};
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// One response of an operation. An operation may have several with one status.
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
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub about: &'static str,
    /// Its schema's type.
    pub kind: &'static str,
}

impl Reply {
    /// A response without a body.
    pub fn empty(status: u16, about: &'static str) -> Self {
        Self { status, name: None, about, content: None, headers: Vec::new(), condition: None, kind: None }
    }

    /// A response with a JSON body.
    pub fn json<T: JsonSchema>(status: u16, about: &'static str) -> Self {
        Self::of_kind("application/json", status, about, schema_of::<T>())
    }

    /// A response with a JSON body whose schema is not that of one type.
    pub fn of_schema(status: u16, about: &'static str, schema: SchemaOf) -> Self {
        Self::of_kind("application/json", status, about, schema)
    }

    /// A page for people.
    pub fn page(status: u16, about: &'static str) -> Self {
        Self::of_kind("text/html", status, about, Box::new(|_| json_schema!({"type": "string"})))
    }

    /// A response with a body of another kind.
    pub fn of_kind(kind: &'static str, status: u16, about: &'static str, schema: SchemaOf) -> Self {
        Self { content: Some((kind, schema)), ..Self::empty(status, about) }
    }

    /// Sends the client elsewhere.
    pub fn redirect(status: u16, about: &'static str) -> Self {
        Self::empty(status, about).with_header(Header { name: "Location", about: "Where to go.", kind: "string" })
    }

    /// The same response, which several operations share by this name.
    pub fn named(self, name: &'static str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// The same response, with a header.
    pub fn with_header(mut self, header: Header) -> Self {
        self.headers.push((header, true, None));
        self
    }

    /// The same response, which may have a header, where the settings switch this on.
    pub fn may_have_header(mut self, header: Header, condition: Option<Condition>) -> Self {
        self.headers.push((header, false, condition));
        self
    }

    /// The same response, which occurs only where the settings switch this on.
    pub fn only_if(self, condition: Condition) -> Self {
        Self { condition: Some(condition), ..self }
    }

    /// The same response, which only this kind of client of the headless API gets.
    pub fn only_for(self, kind: ClientKind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Whether one of these kinds of client gets it.
    pub(super) fn is_for(&self, kinds: &[ClientKind]) -> bool {
        self.kind.is_none_or(|kind| kinds.contains(&kind))
    }
}

/// The response objects of an operation, by status. Those that operations share become components.
pub(super) fn responses(replies: &[&Reply], schemas: &mut Schemas, shared: &mut Map<String, Json>) -> Json {
    let mut all = Map::new();
    let mut statuses = replies.iter().map(|reply| reply.status).collect::<Vec<_>>();
    statuses.sort_unstable();
    statuses.dedup();
    for status in statuses {
        let same = replies.iter().copied().filter(|reply| reply.status == status).collect::<Vec<_>>();
        let response = match same[..] {
            [Reply { name: Some(name), condition: None, .. }] => {
                shared.entry(*name).or_insert_with(|| response(&same, schemas));
                json!({"$ref": format!("#/components/responses/{name}")})
            }
            _ => response(&same, schemas),
        };
        all.insert(status.to_string(), response);
    }
    Json::Object(all)
}

/// One response object for replies with one status.
fn response(replies: &[&Reply], schemas: &mut Schemas) -> Json {
    let about = replies.iter().map(|reply| reply.about).collect::<Vec<_>>().join(" ");
    let mut response = json!({"description": about});
    // A response without any of these does not occur.
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

/// Adds a schema to what a body may be.
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

/// The schema of a text that is one of these, some of which depend on settings.
pub fn one_of(values: &[(&str, Option<Condition>)]) -> Schema {
    let names = values.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>();
    let mut conditions = Map::new();
    for name in &names {
        let of_name = values.iter().filter(|(known, _)| known == name).map(|(_, condition)| *condition);
        // Where one of them depends on nothing, the value does not.
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
