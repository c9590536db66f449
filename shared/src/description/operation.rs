//! One method of an endpoint.

use super::IF;
use super::reply::{Reply, responses};
use super::schemas::{SchemaOf, Schemas, schema_of};
use crate::settings::{ClientKind, Condition};
use axum::http::Method;
use schemars::JsonSchema;
use serde_json::{Map, Value as Json, json};

/// What an endpoint does for one method: what it takes, and what it answers.
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The endpoint's path.
    pub path: &'static str,
    /// The name by which clients call it.
    pub id: &'static str,
    /// The API that it belongs to, if that is not one of ours alone.
    pub(super) api: &'static str,
    /// The kinds of client that it is described for, if these are fewer than the endpoint's.
    pub(super) kinds: Option<&'static [ClientKind]>,
    pub(super) tag: Option<Tag>,
    summary: &'static str,
    about: &'static str,
    is_deprecated: bool,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    replies: Vec<Reply>,
    security: Vec<&'static [&'static str]>,
}

/// The body of a request.
struct Body {
    /// The types of content that are read.
    kinds: &'static [&'static str],
    required: bool,
    schema: SchemaOf,
    condition: Option<Condition>,
}

/// A group of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
}

/// A parameter of a request outside the body.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Where it is: `header`, `query`, `path` or `cookie`.
    pub place: &'static str,
    /// What it says.
    pub about: &'static str,
    /// Whether it has to be there.
    pub required: bool,
    /// The setting that it depends on.
    pub condition: Option<Condition>,
}

impl Operation {
    /// An operation at an endpoint's path.
    pub fn new(api: &'static str, method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            id,
            api,
            kinds: None,
            tag: None,
            summary,
            about: "",
            is_deprecated: false,
            parameters: Vec::new(),
            body: None,
            replies: Vec::new(),
            security: Vec::new(),
        }
    }

    /// The same operation, in this group.
    pub fn tagged(self, tag: Tag) -> Self {
        Self { tag: Some(tag), ..self }
    }

    /// The same operation, with more to say about it.
    pub fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// The same operation, described for browsers alone.
    pub fn for_browsers(self) -> Self {
        Self { kinds: Some(&[ClientKind::Browser]), ..self }
    }

    /// The same operation, which new clients do not use.
    pub fn deprecated(self) -> Self {
        Self { is_deprecated: true, ..self }
    }

    /// The same operation, with a JSON body.
    pub fn takes<T: JsonSchema>(self) -> Self {
        self.takes_as::<T>(&["application/json"])
    }

    /// The same operation, with a JSON body that may be left out.
    pub fn may_take<T: JsonSchema>(self) -> Self {
        self.may_take_as::<T>(&["application/json"])
    }

    /// The same operation, with a form as body.
    pub fn takes_form<T: JsonSchema>(self) -> Self {
        self.takes_as::<T>(&["application/x-www-form-urlencoded"])
    }

    /// The same operation, with a body of one of these types of content.
    pub fn takes_as<T: JsonSchema>(self, kinds: &'static [&'static str]) -> Self {
        Self { body: Some(Body { kinds, required: true, schema: schema_of::<T>(), condition: None }), ..self }
    }

    /// The same operation, with a body of one of these types of content that may be left out.
    pub fn may_take_as<T: JsonSchema>(self, kinds: &'static [&'static str]) -> Self {
        Self { body: Some(Body { kinds, required: false, schema: schema_of::<T>(), condition: None }), ..self }
    }

    /// The same operation, which reads its body only where the settings switch this on.
    pub fn body_only_if(self, condition: Condition) -> Self {
        let body = self.body.map(|body| Body { condition: Some(condition), ..body });
        Self { body, ..self }
    }

    /// The same operation, with a parameter.
    pub fn with(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// The same operation, with a response.
    pub fn reply(mut self, reply: Reply) -> Self {
        self.replies.push(reply);
        self
    }

    /// The same operation, with these responses.
    pub fn replies(mut self, replies: impl IntoIterator<Item = Reply>) -> Self {
        self.replies.extend(replies);
        self
    }

    /// The same operation, for a caller with one of these combinations of credentials. An empty one is for everybody.
    pub fn secured_by(self, alternatives: impl IntoIterator<Item = &'static [&'static str]>) -> Self {
        Self { security: alternatives.into_iter().collect(), ..self }
    }

    /// The operation object for these kinds of client. Responses that operations share become components.
    pub(super) fn describe(
        &self,
        path: &str,
        kinds: &[ClientKind],
        schemas: &mut Schemas,
        shared: &mut Map<String, Json>,
    ) -> Json {
        let replies = self.replies.iter().filter(|reply| reply.is_for(kinds)).collect::<Vec<_>>();
        let mut operation = json!({
            "operationId": self.id,
            "summary": self.summary,
            "responses": responses(&replies, schemas, shared),
            "security": self.security.iter().map(|names| requirement(names)).collect::<Vec<_>>(),
        });
        if let Some(tag) = self.tag {
            operation["tags"] = json!([tag.name]);
        }
        if !self.about.is_empty() {
            operation["description"] = json!(self.about);
        }
        if self.is_deprecated {
            operation["deprecated"] = json!(true);
        }
        let parameters = self.parameters.iter().map(Parameter::describe).chain(self.variables(path));
        let parameters = parameters.collect::<Vec<_>>();
        if !parameters.is_empty() {
            operation["parameters"] = json!(parameters);
        }
        if let Some(body) = &self.body {
            let schema = schemas.of_request(&body.schema);
            let content = body.kinds.iter().map(|kind| ((*kind).to_owned(), json!({"schema": schema})));
            operation["requestBody"] = json!({"required": body.required, "content": content.collect::<Map<_, _>>()});
            if let Some(condition) = body.condition {
                operation["requestBody"][IF] = json!([condition]);
            }
        }
        operation
    }

    /// The path's variables that no parameter describes.
    fn variables(&self, path: &str) -> impl Iterator<Item = Json> {
        let variables = path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
        let described = |name: &str| self.parameters.iter().any(|it| it.place == "path" && it.name == name);
        // The path item has that of clients.
        let variables = variables.filter(|name| *name != "client" && !described(name));
        let parameters =
            variables.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
        parameters.collect::<Vec<_>>().into_iter()
    }
}

impl Parameter {
    /// A header that has to be there.
    pub const fn header(name: &'static str, about: &'static str) -> Self {
        Self { name, place: "header", about, required: true, condition: None }
    }

    /// A cookie that has to be there.
    pub const fn cookie(name: &'static str, about: &'static str) -> Self {
        Self { place: "cookie", ..Self::header(name, about) }
    }

    /// A parameter of the query that may be left out.
    pub const fn query(name: &'static str, about: &'static str) -> Self {
        Self { place: "query", required: false, ..Self::header(name, about) }
    }

    /// A variable of the path.
    pub const fn path(name: &'static str, about: &'static str) -> Self {
        Self { place: "path", ..Self::header(name, about) }
    }

    /// The same parameter, which is read only where the settings switch this on.
    pub const fn only_if(self, condition: Condition) -> Self {
        Self { condition: Some(condition), ..self }
    }

    fn describe(&self) -> Json {
        let mut parameter = json!({
            "name": self.name,
            "in": self.place,
            "required": self.required,
            "description": self.about,
            "schema": {"type": "string"},
        });
        if self.place == "query" {
            parameter["allowEmptyValue"] = json!(true);
        }
        if let Some(condition) = self.condition {
            parameter[IF] = json!([condition]);
        }
        parameter
    }
}

/// Credentials that go together.
fn requirement(names: &[&str]) -> Json {
    names.iter().map(|name| ((*name).to_owned(), json!([]))).collect::<Map<_, _>>().into()
}
