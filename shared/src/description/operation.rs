//! One operation: a method of an endpoint.

use super::IF;
use super::reply::{Reply, responses};
use super::schemas::{SchemaOf, Schemas, schema_of};
use crate::settings::{ClientKind, Condition};
use axum::http::Method;
use schemars::JsonSchema;
use serde_json::{Map, Value as Json, json};

/// The description of a method of an endpoint: its request and its responses.
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The endpoint's path.
    pub path: &'static str,
    /// The operation's name in clients.
    pub id: &'static str,
    /// The API that it belongs to.
    pub(super) api: &'static str,
    /// The kinds of client for which it is described, if these are fewer than the endpoint's.
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
    /// The accepted content types.
    kinds: &'static [&'static str],
    required: bool,
    schema: SchemaOf,
    condition: Option<Condition>,
}

/// A group of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// The group's name.
    pub name: &'static str,
    /// The description of the group.
    pub about: &'static str,
}

/// A parameter of a request outside the body.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// The parameter's name.
    pub name: &'static str,
    /// Its place: `header`, `query`, `path` or `cookie`.
    pub place: &'static str,
    /// The description of the parameter.
    pub about: &'static str,
    /// Whether it is required.
    pub required: bool,
    /// The setting that it depends on.
    pub condition: Option<Condition>,
}

impl Operation {
    /// Creates an operation at an endpoint's path.
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

    /// Sets the group.
    pub fn tagged(self, tag: Tag) -> Self {
        Self { tag: Some(tag), ..self }
    }

    /// Sets the description.
    pub fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// Describes the operation for browsers only.
    pub fn for_browsers(self) -> Self {
        Self { kinds: Some(&[ClientKind::Browser]), ..self }
    }

    /// Marks the operation as deprecated.
    pub fn deprecated(self) -> Self {
        Self { is_deprecated: true, ..self }
    }

    /// Sets a JSON body.
    pub fn takes<T: JsonSchema>(self) -> Self {
        self.takes_as::<T>(&["application/json"])
    }

    /// Sets an optional JSON body.
    pub fn may_take<T: JsonSchema>(self) -> Self {
        self.may_take_as::<T>(&["application/json"])
    }

    /// Sets a form as the body.
    pub fn takes_form<T: JsonSchema>(self) -> Self {
        self.takes_as::<T>(&["application/x-www-form-urlencoded"])
    }

    /// Sets a body of one of these content types.
    pub fn takes_as<T: JsonSchema>(self, kinds: &'static [&'static str]) -> Self {
        Self { body: Some(Body { kinds, required: true, schema: schema_of::<T>(), condition: None }), ..self }
    }

    /// Sets an optional body of one of these content types.
    pub fn may_take_as<T: JsonSchema>(self, kinds: &'static [&'static str]) -> Self {
        Self { body: Some(Body { kinds, required: false, schema: schema_of::<T>(), condition: None }), ..self }
    }

    /// Marks the body as used only if the settings meet this condition.
    pub fn body_only_if(self, condition: Condition) -> Self {
        let body = self.body.map(|body| Body { condition: Some(condition), ..body });
        Self { body, ..self }
    }

    /// Adds a parameter.
    pub fn with(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// Adds a response.
    pub fn reply(mut self, reply: Reply) -> Self {
        self.replies.push(reply);
        self
    }

    /// Adds these responses.
    pub fn replies(mut self, replies: impl IntoIterator<Item = Reply>) -> Self {
        self.replies.extend(replies);
        self
    }

    /// Sets the alternative combinations of credentials. An empty one allows any caller.
    pub fn secured_by(self, alternatives: impl IntoIterator<Item = &'static [&'static str]>) -> Self {
        Self { security: alternatives.into_iter().collect(), ..self }
    }

    /// Returns the operation object for these kinds of client, with the response of the path itself, if it has one. Responses that
    /// several operations share become components.
    pub(super) fn describe(
        &self,
        path: &str,
        kinds: &[ClientKind],
        of_path: Option<Reply>,
        schemas: &mut Schemas,
        shared: &mut Map<String, Json>,
    ) -> Json {
        let replies = self.replies.iter().filter(|reply| reply.is_for(kinds)).chain(&of_path).collect::<Vec<_>>();
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

    /// Returns the variables of the path that no parameter describes.
    fn variables(&self, path: &str) -> impl Iterator<Item = Json> {
        let variables = path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
        let described = |name: &str| self.parameters.iter().any(|it| it.place == "path" && it.name == name);
        // The path item describes `client`.
        let variables = variables.filter(|name| *name != "client" && !described(name));
        let parameters =
            variables.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
        parameters.collect::<Vec<_>>().into_iter()
    }
}

impl Parameter {
    /// Creates a required header.
    pub const fn header(name: &'static str, about: &'static str) -> Self {
        Self { name, place: "header", about, required: true, condition: None }
    }

    /// Creates a required cookie.
    pub const fn cookie(name: &'static str, about: &'static str) -> Self {
        Self { place: "cookie", ..Self::header(name, about) }
    }

    /// Creates an optional query parameter.
    pub const fn query(name: &'static str, about: &'static str) -> Self {
        Self { place: "query", required: false, ..Self::header(name, about) }
    }

    /// Creates a variable of the path.
    pub const fn path(name: &'static str, about: &'static str) -> Self {
        Self { place: "path", ..Self::header(name, about) }
    }

    /// Marks the parameter as used only if the settings meet this condition.
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

/// Returns credentials that must be sent together.
fn requirement(names: &[&str]) -> Json {
    names.iter().map(|name| ((*name).to_owned(), json!([]))).collect::<Map<_, _>>().into()
}
