//! The description of the APIs, in a form that responses can be checked against.

use config::{Scope, describe};
use jsonschema::{Registry, Validator};
use serde_json::{Map, Value as Json, json};
use shared::settings::Settings;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const NAME: &str = "https://latchkey.example/openapi.json";

/// The description of the APIs of a service.
pub struct Document {
    registry: Registry<'static>,
    prefix: String,
    paths: matchit::Router<Path>,
    validators: Mutex<BTreeMap<String, Arc<Validator>>>,
}

/// A path of the description.
#[derive(Default)]
pub struct Path(BTreeMap<String, Operation>);

/// An operation of the description.
pub struct Operation {
    /// The operation id.
    pub id: String,
    /// The responses, by status.
    pub responses: BTreeMap<u16, Response>,
}

/// A response of the description.
pub struct Response {
    /// The required headers.
    pub headers: Vec<String>,
    /// JSON pointers to the schemas of the bodies, by content type.
    pub content: BTreeMap<String, String>,
}

impl Document {
    /// Creates the description for a service with these settings. Objects are restricted to the properties in their
    /// schemas.
    pub fn new(settings: &Settings) -> Self {
        let mut document = describe(settings, Scope::All).expect("the description is valid JSON");
        close(&mut document["components"]["schemas"]);
        close(&mut document["components"]["responses"]);
        close(&mut document["paths"]);
        let mut paths = matchit::Router::new();
        for (path, item) in members(&document["paths"]) {
            paths.insert(path, Path::new(path, item, &document)).expect("paths do not overlap");
        }
        let prefix = settings.service.public_url.path().trim_end_matches('/').to_owned();
        let registry = Registry::new().add(NAME, document).and_then(|registry| registry.prepare());
        let registry = registry.expect("the schemas are valid");
        Self { registry, prefix, paths, validators: Mutex::default() }
    }

    /// Returns the path of the description that matches this path.
    pub fn find(&self, path: &str) -> Option<&Path> {
        let candidates = [path.strip_prefix(&self.prefix), Some(path)];
        candidates.into_iter().flatten().find_map(|path| Some(self.paths.at(path).ok()?.value))
    }

    /// Validates a body against the schema at this JSON pointer.
    ///
    /// # Errors
    /// Returns the problems of the body.
    pub fn validate(&self, schema: &str, body: &Json) -> Result<(), String> {
        let mut validators = self.validators.lock().expect("no check panics");
        let validator = validators.entry(schema.to_owned()).or_insert_with(|| {
            let place = schema.replace('{', "%7B").replace('}', "%7D");
            let reference = json!({"$ref": format!("{NAME}#{place}")});
            Arc::new(jsonschema::options().with_registry(&self.registry).build(&reference).expect("a valid schema"))
        });
        let validator = validator.clone();
        drop(validators);
        let faults = validator.iter_errors(body).map(|fault| format!("{}: {fault}", fault.instance_path()));
        let faults = faults.collect::<Vec<_>>();
        if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
    }
}

impl Path {
    fn new(path: &str, item: &Json, document: &Json) -> Self {
        let operation = |(method, operation): (&String, &Json)| {
            let id = operation["operationId"].as_str()?.to_owned();
            let place = format!("/paths/{}/{method}/responses", escape(path));
            let responses = members(&operation["responses"]);
            let response = |(status, response): (&String, &Json)| {
                let place = format!("{place}/{status}");
                (status.parse().expect("a status"), Response::new(&place, response, document))
            };
            Some((method.clone(), Operation { id, responses: responses.map(response).collect() }))
        };
        Self(members(item).filter_map(operation).collect())
    }

    /// Returns the operation with this method.
    pub fn operation(&self, method: &str) -> Option<&Operation> {
        self.0.get(method)
    }
}

impl Response {
    fn new(place: &str, response: &Json, document: &Json) -> Self {
        let shared = response["$ref"].as_str().map(|reference| reference.trim_start_matches('#'));
        let place = shared.unwrap_or(place);
        let response = document.pointer(place).expect("the response is there");
        let content = members(&response["content"]);
        let headers = members(&response["headers"]).filter(|(_, header)| header["required"] == true);
        let schema = |(kind, _): (&String, &Json)| (kind.clone(), format!("{place}/content/{}/schema", escape(kind)));
        Self { headers: headers.map(|(name, _)| name.clone()).collect(), content: content.map(schema).collect() }
    }
}

fn members(value: &Json) -> impl Iterator<Item = (&String, &Json)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// Escapes a part of a JSON pointer.
fn escape(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

/// Forbids properties that are not in a schema.
fn close(value: &mut Json) {
    match value {
        Json::Array(values) => values.iter_mut().for_each(close),
        Json::Object(map) => {
            let is_object = map.get("type").is_some_and(|kind| kind == "object");
            if is_object && map.contains_key("properties") && !map.contains_key("additionalProperties") {
                map.insert("additionalProperties".to_owned(), json!(false));
            }
            map.values_mut().for_each(close);
        }
        _ => {}
    }
}
