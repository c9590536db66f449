//! The operations of the description, and requests to them.

use crate::lab::{Lab, PASSWORD, Reply, call};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A path and a method of the description.
pub struct Operation {
    pub id: String,
    pub method: String,
    pub api: String,
    /// Its statuses.
    pub statuses: BTreeSet<u16>,
    /// The statuses whose response is a page.
    pub pages: BTreeSet<u16>,
    /// Whether a client without credentials may call it.
    pub is_open: bool,
    /// Whether it looks at an access token, if there is one.
    pub takes_access_token: bool,
    /// The content type of its body, and a body that its schema allows. `None` if it reads no body.
    body: Option<(String, Value)>,
    path: String,
    /// The names of its parameters in the query.
    query: Vec<String>,
}

/// A client, with its credentials.
#[derive(Clone, Default)]
pub struct Asker {
    /// The kind of client of the headless API. Empty is `app`.
    pub kind: &'static str,
    pub headers: BTreeMap<String, String>,
    /// The access token of the flat API.
    pub flat_token: Option<String>,
    /// The values of variables in paths.
    pub variables: BTreeMap<&'static str, String>,
}

impl Asker {
    /// A client with these headers, and nothing else.
    pub fn with(headers: &[(&str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { headers: headers.collect(), ..Self::default() }
    }
}

/// All operations.
pub fn operations() -> Vec<Operation> {
    let document = serde_json::from_str::<Value>(config::DOCUMENT).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(_, it)| it["operationId"].is_string()) {
            all.push(Operation::new(path, item, method, operation, &document));
        }
    }
    all
}

/// The operations with a response of this status. There are at least `least`, so that a test finds some.
pub fn with(status: u16, least: usize) -> Vec<Operation> {
    let found = operations().into_iter().filter(|it| it.statuses.contains(&status)).collect::<Vec<_>>();
    assert!(found.len() >= least, "{} operations have the status {status}", found.len());
    found
}

impl Operation {
    fn new(path: &str, item: &Value, method: &str, operation: &Value, document: &Value) -> Self {
        let responses = operation["responses"].as_object().unwrap();
        let is_page = |response: &Value| !resolve(response, document)["content"]["text/html"].is_null();
        let status = |name: &String| name.parse().unwrap();
        let security = operation["security"].as_array().unwrap();
        let content = operation["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let query = parameters.filter(|parameter| parameter["in"] == "query");
        Self {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase(),
            api: item["x-latchkey-api"].as_str().unwrap().to_owned(),
            statuses: responses.keys().map(status).collect(),
            pages: responses.iter().filter(|(_, it)| is_page(it)).map(|(name, _)| status(name)).collect(),
            is_open: security.is_empty() || security.contains(&json!({})),
            takes_access_token: security.iter().any(|it| !it["jwtAllauth"].is_null() || !it["flatToken"].is_null()),
            body: content.map(|(kind, body)| (kind.clone(), sample("", &body["schema"], document))),
            path: path.to_owned(),
            query: query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect(),
        }
    }

    /// Whether its path has a variable for the kind of client.
    pub fn is_for_both_clients(&self) -> bool {
        self.path.contains("{client}")
    }

    /// Whether it reads a body.
    pub fn reads(&self) -> bool {
        self.body.is_some()
    }

    /// Its path with values in place of variables.
    pub fn path(&self, asker: &Asker) -> String {
        let value = |part: &str| {
            let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
                return part.to_owned();
            };
            match (name, asker.variables.get(name)) {
                ("client", _) if asker.kind.is_empty() => "app".to_owned(),
                ("client", _) => asker.kind.to_owned(),
                // What OpenID providers have in common is before the id.
                ("provider", Some(_)) if self.path.contains("{id}") => "oidc".to_owned(),
                (_, Some(value)) => value.clone(),
                (_, None) => "value".to_owned(),
            }
        };
        let path = self.path.split('/').map(value).collect::<Vec<_>>().join("/");
        let query = self.query.iter().map(|name| format!("{name}=value")).collect::<Vec<_>>().join("&");
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }

    /// Asks with a body that the description allows.
    pub fn ask(&self, lab: &Lab, asker: &Asker) -> Reply {
        let (kind, body) = match &self.body {
            Some((kind, body)) if kind == "application/x-www-form-urlencoded" => (kind.as_str(), form(body)),
            Some((_, body)) => ("application/json", body.to_string()),
            None => ("application/json", String::new()),
        };
        self.ask_with(lab, asker, kind, body)
    }

    /// Asks with this body.
    pub fn ask_with(&self, lab: &Lab, asker: &Asker, kind: &str, body: String) -> Reply {
        let mut headers = asker.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
        headers.push(("content-type", kind));
        let flat = asker.flat_token.as_ref().filter(|_| self.api == "flat").map(|token| format!("Bearer {token}"));
        if let Some(bearer) = &flat {
            headers.retain(|(name, _)| *name != "authorization");
            headers.push(("authorization", bearer));
        }
        call(&lab.url, &self.method, &self.path(asker), &headers, Some(body))
    }
}

fn form(body: &Value) -> String {
    let fields = body.as_object().unwrap().iter().map(|(name, value)| (name, value.as_str().unwrap_or_default()));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Follows a reference.
fn resolve<'a>(value: &'a Value, document: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => resolve(document.pointer(reference.trim_start_matches('#')).unwrap(), document),
        None => value,
    }
}

/// A value that a schema allows. A name and an address are those of an account, and passwords are strong.
fn sample(name: &str, schema: &Value, document: &Value) -> Value {
    let schema = resolve(schema, document);
    if let Some(value) = schema.get("const").or(schema["enum"].get(0)) {
        return value.clone();
    }
    if let Some(first) = schema["anyOf"].get(0).or(schema["oneOf"].get(0)).or(schema["allOf"].get(0)) {
        return sample(name, first, document);
    }
    let kind = schema["type"].as_str().or(schema["type"][0].as_str()).unwrap_or("object");
    match kind {
        "object" => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let names = required.chain(["email", "old_password"]).collect::<BTreeSet<_>>();
            let field = |name: &str| Some((name.to_owned(), sample(name, schema["properties"].get(name)?, document)));
            names.into_iter().filter_map(field).collect::<Map<_, _>>().into()
        }
        "array" => json!([]),
        "boolean" => json!(true),
        "integer" | "number" => json!(1),
        _ if name.contains("password") => json!(PASSWORD),
        _ if name.contains("email") => json!("ada@example.com"),
        _ if name == "phone" => json!("+31612345678"),
        _ => json!("123456"),
    }
}
