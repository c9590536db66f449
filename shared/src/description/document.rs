//! Creates the document from the endpoints and operations of all functions.

use super::operation::Operation;
use super::schemas::Schemas;
use super::{API, IF, MOUNT, headless};
use crate::http::{Base, Endpoint, Place};
use crate::settings::{ClientKind, Mount};
use axum::http::Method;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// The name, in the description, of the API of endpoints below `/_latchkey/` that follow the rules of the headless API.
const OWN: &str = "own";

/// The variable for the kind of client in a path.
const CLIENT: &str = "{client}";

/// The endpoints and operations of a function.
pub type Part = (Vec<Endpoint>, Vec<Operation>);

/// Compares the methods and paths of endpoints with those of their operations. Returns the differences.
pub fn differences(endpoints: &[Endpoint], operations: &[Operation]) -> Vec<String> {
    let of_endpoint = |endpoint: &Endpoint| {
        let path = endpoint.path;
        // HEAD has no operation of its own, because GET describes it.
        let methods = endpoint.methods.iter().filter(|method| **method != Method::HEAD);
        methods.map(|method| format!("{method} {path}")).collect::<Vec<_>>()
    };
    let served = endpoints.iter().flat_map(of_endpoint).collect::<BTreeSet<_>>();
    let named = operations.iter().map(|operation| format!("{} {}", operation.method, operation.path));
    let named = named.collect::<Vec<_>>();
    let described = named.iter().cloned().collect::<BTreeSet<_>>();
    let missing = served.difference(&described).map(|name| format!("{name}: no operation describes it"));
    let unknown = described.difference(&served).map(|name| format!("{name}: no endpoint has this method"));
    let twice = (named.len() != described.len()).then(|| "an operation is described twice".to_owned());
    missing.chain(unknown).chain(twice).collect()
}

/// Creates a document from the parts. Adds `paths`, `tags` and `components` to those of `base`.
///
/// # Errors
/// Missing and duplicate names.
pub fn document(mut base: Json, parts: &[Part]) -> Result<Json, Vec<String>> {
    let mut problems = Vec::new();
    let mut paths = Map::new();
    let mut responses = Map::new();
    let mut schemas = Schemas::new();
    let (mut tags, mut ids) = (Vec::new(), BTreeSet::new());
    for (endpoints, operations) in parts {
        problems.extend(differences(endpoints, operations));
        for operation in operations {
            if !ids.insert(operation.id) {
                problems.push(format!("{}: two operations have this name", operation.id));
            }
            tags.extend(operation.tag.filter(|tag| !tags.contains(tag)));
            let is_of = |it: &&Endpoint| it.path == operation.path && it.methods.contains(&operation.method);
            let endpoints = endpoints.iter().filter(is_of).collect::<Vec<_>>();
            for place in places(&endpoints) {
                let there = endpoints.iter().filter(|endpoint| endpoint.place() == place).collect::<Vec<_>>();
                let path = path_of(place, operation);
                let of_path = path.contains(CLIENT).then(headless::unknown_client);
                let kinds = kinds_of(place, operation);
                let mut described = operation.describe(&path, kinds, of_path, &mut schemas, &mut responses);
                // An endpoint without a condition is always served.
                let conditions = there.iter().map(|endpoint| endpoint.condition()).collect::<Option<Vec<_>>>();
                if let Some(conditions) = conditions {
                    described[IF] = json!(conditions);
                }
                if place == Place::Mounted(Mount::Root) {
                    described["operationId"] = json!(format!("{}AtRoot", operation.id));
                }
                let item = &mut paths.entry(path).or_insert_with(|| item(place, operation));
                item[operation.method.as_str().to_lowercase()] = described;
            }
        }
    }
    base["paths"] = Json::Object(paths);
    base["tags"] = tags.iter().map(|tag| json!({"name": tag.name, "description": tag.about})).collect();
    base["components"]["responses"] = Json::Object(responses);
    match schemas.into_components() {
        Ok(schemas) => base["components"]["schemas"] = Json::Object(schemas),
        Err(twice) => problems.extend(twice),
    }
    if problems.is_empty() { Ok(base) } else { Err(problems) }
}

fn places(endpoints: &[&Endpoint]) -> Vec<Place> {
    let mut places = Vec::new();
    for endpoint in endpoints {
        if !places.contains(&endpoint.place()) {
            places.push(endpoint.place());
        }
    }
    places
}

/// Returns the kinds of client of the headless API for which an operation is described.
fn kinds_of(place: Place, operation: &Operation) -> &'static [ClientKind] {
    match place {
        Place::Clients(_, kinds) => operation.kinds.unwrap_or(kinds),
        Place::Mounted(_) | Place::Root => &[],
    }
}

/// Returns the path of an operation, without settings that move it.
fn path_of(place: Place, operation: &Operation) -> String {
    let path = operation.path;
    match place {
        Place::Clients(base, _) => match kinds_of(place, operation) {
            [kind] => format!("{}{path}", base.before(kind.as_str())),
            _ => format!("{}{path}", base.before(CLIENT)),
        },
        Place::Mounted(mount) => format!("{}{path}", mount.default_prefix()),
        Place::Root => path.to_owned(),
    }
}

/// Returns a path item without operations.
fn item(place: Place, operation: &Operation) -> Json {
    let api = if let Place::Clients(Base::Own, _) = place { OWN } else { operation.api };
    let mut item = json!({API: api});
    match place {
        Place::Clients(_, [ClientKind::Browser, ClientKind::App]) if operation.kinds.is_none() => {
            item["parameters"] = json!([{"$ref": "#/components/parameters/Client"}]);
        }
        Place::Mounted(mount) if mount != Mount::Root => item[MOUNT] = json!(<&str>::from(mount)),
        _ => {}
    }
    item
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::Bare;
    use crate::http::handler;

    #[test]
    fn an_endpoint_of_ours_is_described_by_the_rules_of_the_headless_api() {
        let endpoint = handler("account", &[Method::GET], async |_| Ok(Bare::<200>::default().into())).own();
        let operation = headless::of_user(Method::GET, "account", "getAccount", "Get the account");
        let document = document(json!({}), &[(vec![endpoint], vec![operation])]).unwrap();
        let item = &document["paths"]["/_latchkey/{client}/v1/account"];
        assert_eq!(item[API], OWN);
        assert_eq!(item["parameters"][0]["$ref"], "#/components/parameters/Client");
        assert_eq!(item["get"]["security"][0], json!({"sessionCookie": []}));
    }
}
