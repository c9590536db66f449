//! Removes the parts of the committed API description that the settings turn off.

use serde_json::{Map, Value as Json, json};
use shared::description::{API, IF, MOUNT, REQUIRED_IF, VALUES_IF, headless};
use shared::settings::{ClientKind, Condition, Mount, Settings};
use std::collections::BTreeSet;

/// The prefix of paths that exist for both kinds of client.
const EITHER: &str = "/_allauth/{client}/v1/";
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The APIs that a description contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The headless API.
    Headless,
    /// All APIs.
    All,
}

/// Removes everything that these settings turn off, and all markers.
pub fn prune(mut document: Json, settings: &Settings, scope: Scope) -> Json {
    let all = document["paths"].as_object_mut().map(std::mem::take).unwrap_or_default();
    let paths = all.into_iter().filter_map(|(path, item)| path_item(path, item, settings, scope));
    document["paths"] = Json::Object(paths.collect());
    leave(&mut document, settings);
    let clients = &settings.headless.clients;
    if clients.len() == 1 {
        remove(&mut document["components"]["parameters"], "Client");
    }
    leave_credentials(&mut document, settings);
    leave_used(&mut document);
    document["servers"] = json!([{"url": settings.service.public_url.path()}]);
    document
}

/// Returns a path item and its path, which the settings can move. Returns `None` if the item has no operation left.
fn path_item(path: String, mut item: Json, settings: &Settings, scope: Scope) -> Option<(String, Json)> {
    let is_headless = item[API] == headless::API;
    if scope == Scope::Headless && !is_headless {
        return None;
    }
    let clients = &settings.headless.clients;
    let reached = |kind: &ClientKind| path.starts_with(EITHER) || path.starts_with(&at(*kind));
    if is_headless && !clients.iter().any(reached) {
        return None;
    }
    let methods = item.as_object_mut()?;
    // The headless part leaves out deprecated spellings, so that new clients use the present one.
    methods.retain(|_, it| !it.is_object() || (scope == Scope::All || it["deprecated"] != true) && holds(it, settings));
    if !METHODS.iter().any(|method| methods.contains_key(*method)) {
        return None;
    }
    methods.remove(API);
    let mount = methods.remove(MOUNT).and_then(|name| name.as_str()?.parse::<Mount>().ok());
    let path = match (mount, clients.as_slice()) {
        (Some(mount), _) => {
            format!("{}{}", mount.configured_prefix(settings), path.strip_prefix(mount.default_prefix())?)
        }
        (None, [only]) if path.starts_with(EITHER) => {
            methods.remove("parameters");
            path.replace(EITHER, &at(*only))
        }
        _ => path,
    };
    Some((path, item))
}

fn at(kind: ClientKind) -> String {
    format!("/_allauth/{}/v1/", kind.as_str())
}

/// Returns whether one of the conditions in an object's marker holds. Also returns true for an object without a marker.
fn holds(value: &Json, settings: &Settings) -> bool {
    value.get(IF).is_none_or(|conditions| any_holds(conditions, settings))
}

fn any_holds(conditions: &Json, settings: &Settings) -> bool {
    let names = conditions.as_array().into_iter().flatten().filter_map(Json::as_str);
    names.filter_map(|name| name.parse::<Condition>().ok()).any(|condition| condition.holds(settings))
}

/// Removes everything that the settings turn off, and all markers.
fn leave(value: &mut Json, settings: &Settings) {
    match value {
        Json::Array(values) => {
            values.retain(|value| holds(value, settings));
            values.iter_mut().for_each(|value| leave(value, settings));
        }
        Json::Object(map) => {
            leave_properties(map, settings);
            if let Some(Json::Object(conditions)) = map.remove(VALUES_IF)
                && let Some(Json::Array(values)) = map.get_mut("enum")
            {
                let is_left = |name: &str| conditions.get(name).is_none_or(|it| any_holds(it, settings));
                values.retain(|value| value.as_str().is_none_or(is_left));
            }
            map.retain(|_, value| holds(value, settings));
            map.remove(IF);
            map.values_mut().for_each(|value| leave(value, settings));
        }
        _ => {}
    }
}

/// Removes the properties that the settings turn off, and updates the list of required properties.
fn leave_properties(schema: &mut Map<String, Json>, settings: &Settings) {
    let Some(Json::Object(properties)) = schema.get_mut("properties") else { return };
    let mut required = BTreeSet::new();
    for (name, property) in properties.iter_mut() {
        let marker = property.as_object_mut().and_then(|property| property.remove(REQUIRED_IF));
        if marker.is_some_and(|conditions| any_holds(&conditions, settings)) {
            required.insert(name.clone());
        }
    }
    properties.retain(|_, property| holds(property, settings));
    let names = properties.keys().cloned().collect::<BTreeSet<_>>();
    let listed = schema.remove("required");
    required.extend(listed.iter().flat_map(Json::as_array).flatten().filter_map(Json::as_str).map(str::to_owned));
    required.retain(|name| names.contains(name));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
}

/// Keeps only the credentials of the clients that are turned on, and names the session cookie as the settings do.
fn leave_credentials(document: &mut Json, settings: &Settings) {
    let has = |kind| settings.headless.clients.contains(&kind);
    let of_client = [
        ("sessionCookie", has(ClientKind::Browser)),
        ("csrfToken", has(ClientKind::Browser)),
        ("sessionToken", has(ClientKind::App)),
    ];
    let schemes = &mut document["components"]["securitySchemes"];
    for (name, _) in of_client.iter().filter(|(_, is_there)| !is_there) {
        remove(schemes, name);
    }
    if let Some(cookie) = schemes.get_mut("sessionCookie") {
        cookie["name"] = json!(settings.cookies.session_name);
    }
    let known = schemes.as_object().map(|schemes| schemes.keys().cloned().collect::<BTreeSet<_>>());
    let known = known.unwrap_or_default();
    for operation in operations(document) {
        if let Some(alternatives) = operation["security"].as_array_mut() {
            let is_known = |it: &Json| it.as_object().is_none_or(|it| it.keys().all(|name| known.contains(name)));
            alternatives.retain(is_known);
        }
    }
}

fn operations(document: &mut Json) -> impl Iterator<Item = &mut Json> {
    let items = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    let operations = items.filter_map(Json::as_object_mut).flatten();
    operations.filter(|(name, _)| METHODS.contains(&name.as_str())).map(|(_, operation)| operation)
}

/// Removes the components and tags that nothing refers to anymore.
fn leave_used(document: &mut Json) {
    let tags = operations(document).flat_map(|it| it["tags"].as_array().cloned().unwrap_or_default());
    let tags = tags.collect::<Vec<_>>();
    if let Some(all) = document["tags"].as_array_mut() {
        all.retain(|tag| tags.contains(&tag["name"]));
    }
    let mut used = BTreeSet::new();
    refer(&document["paths"], document, &mut used);
    if let Some(components) = document["components"].as_object_mut() {
        for (kind, all) in components.iter_mut().filter(|(kind, _)| *kind != "securitySchemes") {
            if let Some(all) = all.as_object_mut() {
                all.retain(|name, _| used.contains(&format!("#/components/{kind}/{name}")));
            }
        }
    }
}

/// Adds everything that a value refers to, directly or through other components.
fn refer(value: &Json, document: &Json, used: &mut BTreeSet<String>) {
    match value {
        Json::Array(values) => values.iter().for_each(|value| refer(value, document, used)),
        Json::Object(map) => {
            let target = map.get("$ref").and_then(Json::as_str);
            if let Some(target) = target
                && used.insert(target.to_owned())
                && let Some(found) = document.pointer(target.trim_start_matches('#'))
            {
                refer(found, document, used);
            }
            map.values().for_each(|value| refer(value, document, used));
        }
        _ => {}
    }
}

fn remove(map: &mut Json, name: &str) {
    if let Some(map) = map.as_object_mut() {
        map.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DOCUMENT, describe};
    use shared::settings::Source;

    fn settings(given: &[(&str, &str)]) -> Settings {
        let key = ("SECRET_KEY", "0123456789abcdef0123456789abcdef");
        let all = [key].into_iter().chain(given.iter().copied());
        Settings::load(&Source::new(all.map(|(name, value)| (name.to_owned(), value.to_owned())))).unwrap()
    }

    /// Returns the properties of `BaseSignup`, and the names of the required ones.
    fn signup(given: &[(&str, &str)]) -> (Vec<String>, Json) {
        let schema = &describe(&settings(given), Scope::Headless).unwrap()["components"]["schemas"]["BaseSignup"];
        (schema["properties"].as_object().unwrap().keys().cloned().collect(), schema["required"].clone())
    }

    /// Calls the visitor for every object.
    fn visit(value: &Json, visitor: &mut impl FnMut(&Map<String, Json>)) {
        match value {
            Json::Array(values) => values.iter().for_each(|value| visit(value, visitor)),
            Json::Object(map) => {
                visitor(map);
                map.values().for_each(|value| visit(value, visitor));
            }
            _ => {}
        }
    }

    #[test]
    fn signup_has_exactly_the_fields_of_the_settings() {
        let passkeys = [("MFA_SUPPORTED_TYPES", r#"["webauthn"]"#), ("MFA_PASSKEY_SIGNUP_ENABLED", "true")];
        let with = |fields| {
            let more = [
                ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
                ("ACCOUNT_USER_MODEL_USERNAME_FIELD", "username"),
                ("ACCOUNT_SIGNUP_FIELDS", fields),
            ];
            signup(&[&passkeys[..], &more[..]].concat())
        };
        let (fields, required) = with(r#"["username*", "email*", "password1*"]"#);
        assert_eq!((fields, required), (vec!["email".into(), "username".into()], json!(["email", "username"])));
        let (fields, required) = with(r#"["username", "email*", "password1*"]"#);
        assert_eq!((fields, required), (vec!["email".into(), "username".into()], json!(["email"])));
        let (fields, required) = with(r#"["email*", "password1*"]"#);
        assert_eq!((fields, required), (vec!["email".into()], json!(["email"])));
    }

    #[test]
    fn the_pruned_document_has_no_markers_and_no_dangling_references() {
        let variants: [&[(&str, &str)]; 7] = [
            &[],
            &[("HEADLESS_CLIENTS", r#"["app"]"#), ("HEADLESS_TOKEN_STRATEGY", "jwt")],
            &[("HEADLESS_CLIENTS", r#"["browser"]"#), ("MFA_TRUST_ENABLED", "true")],
            &[("MFA_ENABLED", "false"), ("USERSESSIONS_ENABLED", "false"), ("SOCIALACCOUNT_ENABLED", "false")],
            &[("SOCIALACCOUNT_ONLY", "true")],
            &[("JWT_ALLAUTH_PREFIX", "/"), ("HEADLESS_FLAT_PREFIX", "")],
            &[("JWT_ALLAUTH_PREFIX", "/api"), ("HEADLESS_FLAT_PREFIX", "/flat"), ("LATCHKEY_LINKS_ASK_FIRST", "true")],
        ];
        for (variant, scope) in variants.iter().flat_map(|variant| [(variant, Scope::Headless), (variant, Scope::All)])
        {
            let document = describe(&settings(variant), scope).unwrap();
            visit(&document, &mut |map| {
                let markers = map.keys().filter(|name| name.starts_with("x-latchkey")).collect::<Vec<_>>();
                assert!(markers.is_empty(), "{variant:?}: {markers:?}");
                if let Some(target) = map.get("$ref").and_then(Json::as_str) {
                    let target = target.trim_start_matches('#');
                    assert!(document.pointer(target).is_some(), "{variant:?}: {target}");
                }
            });
        }
    }

    #[test]
    fn paths_follow_the_prefixes_in_the_settings() {
        let prefixes = [("JWT_ALLAUTH_PREFIX", "/api"), ("HEADLESS_FLAT_PREFIX", "/flat")];
        let document = describe(&settings(&prefixes), Scope::All).unwrap();
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.contains_key("/api/login/") && paths.contains_key("/flat/login/"), "{:?}", paths.keys());
        assert!(!paths.keys().any(|path| path.starts_with("/jwt-allauth") || path.starts_with("/auth/")));
    }

    #[test]
    fn every_marker_names_a_condition() {
        let document = serde_json::from_str(DOCUMENT).unwrap();
        visit(&document, &mut |map| {
            let values = map.get(VALUES_IF).and_then(Json::as_object).into_iter().flat_map(Map::values);
            for names in [IF, REQUIRED_IF].iter().filter_map(|marker| map.get(*marker)).chain(values) {
                for name in names.as_array().unwrap() {
                    assert!(name.as_str().unwrap().parse::<Condition>().is_ok(), "{name}");
                }
            }
        });
    }
}
