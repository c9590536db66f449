//! Removes the parts of the committed API description that the settings turn off.

use serde_json::{Map, Value as Json, json};
use shared::description::{API, IF, MOUNT, REQUIRED_IF, VALUES_IF, headless};
use shared::http::Base;
use shared::settings::{ClientKind, Condition, Mount, Settings};
use std::collections::BTreeSet;

/// The variable for the kind of client in a path.
const EITHER: &str = "{client}";
/// The default name of the header with the CSRF token.
const CSRF_HEADER: &str = "X-CSRFToken";
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
    rename(&mut document, settings);
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
    let base = base_of(&path);
    let reached = |client: &str, base: Base| path.starts_with(&base.before(client));
    let is_reached = |base| reached(EITHER, base) || clients.iter().any(|kind| reached(kind.as_str(), base));
    if !base.is_none_or(is_reached) {
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
    let path = match (mount, base, clients.as_slice()) {
        (Some(mount), ..) => {
            format!("{}{}", mount.configured_prefix(settings), path.strip_prefix(mount.default_prefix())?)
        }
        (None, Some(base), [only]) if reached(EITHER, base) => {
            methods.remove("parameters");
            path.replace(EITHER, only.as_str())
        }
        _ => path,
    };
    Some((path, item))
}

/// Returns the start of a path that has a kind of client in it.
fn base_of(path: &str) -> Option<Base> {
    let clients = [EITHER, ClientKind::Browser.as_str(), ClientKind::App.as_str()];
    let begins = |base: &Base| clients.iter().any(|client| path.starts_with(&base.before(client)));
    [Base::Headless, Base::Own].into_iter().find(begins)
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

/// Replaces the default names of headers and cookies with the names in the settings.
fn rename(document: &mut Json, settings: &Settings) {
    let (header, cookies) = (settings.csrf_header(), &settings.cookies);
    let header = if header == "x-csrftoken" { CSRF_HEADER } else { &header };
    let names = [(CSRF_HEADER, header), ("csrftoken", &*cookies.csrf_name), ("sessionid", &*cookies.session_name)];
    let others = names.into_iter().filter(|(default, configured)| default != configured).collect::<Vec<_>>();
    if !others.is_empty() {
        rename_in(document, &others);
    }
}

fn rename_in(value: &mut Json, names: &[(&str, &str)]) {
    match value {
        Json::String(text) => {
            for (default, configured) in names {
                *text = text.replace(default, configured);
            }
        }
        Json::Array(values) => values.iter_mut().for_each(|value| rename_in(value, names)),
        Json::Object(map) => map.values_mut().for_each(|value| rename_in(value, names)),
        _ => {}
    }
}

/// Keeps only the credentials of the clients that are turned on.
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
    fn headers_and_cookies_have_the_names_that_the_settings_give_them() {
        let names =
            [("CSRF_HEADER_NAME", "HTTP_X_XSRF_TOKEN"), ("CSRF_COOKIE_NAME", "xsrf"), ("SESSION_COOKIE_NAME", "sid")];
        let document = describe(&settings(&names), Scope::All).unwrap();
        let schemes = &document["components"]["securitySchemes"];
        assert_eq!(
            (&schemes["csrfToken"]["name"], &schemes["sessionCookie"]["name"]),
            (&json!("x-xsrf-token"), &json!("sid"))
        );
        let text = document.to_string();
        assert!(text.contains("`xsrf`") && !text.contains("X-CSRFToken") && !text.contains("csrftoken"));
    }

    #[test]
    fn endpoints_below_latchkey_have_the_clients_of_the_settings() {
        let item = json!({API: "own", "parameters": [], "get": {}});
        let at = |clients: &str, scope| {
            let settings = settings(&[("HEADLESS_CLIENTS", clients)]);
            path_item("/_latchkey/{client}/v1/account".to_owned(), item.clone(), &settings, scope)
        };
        assert_eq!(at(r#"["browser", "app"]"#, Scope::All).unwrap().0, "/_latchkey/{client}/v1/account");
        let app = at(r#"["app"]"#, Scope::All);
        assert_eq!(app, Some(("/_latchkey/app/v1/account".to_owned(), json!({"get": {}}))));
        assert_eq!(at(r#"["app"]"#, Scope::Headless), None);
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
