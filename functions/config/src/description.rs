//! The description of the headless API (OpenAPI 3.1), with the paths that the settings leave.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value as Json, json};
use shared::http::{Visit, unavailable};
use shared::settings::{ClientKind, Settings};

const DOCUMENT: &str = include_str!("openapi.json");
/// Where a path has either kind of client.
const EITHER: &str = "/_allauth/{client}/v1/";

/// `openapi.json`.
pub async fn json(visit: Visit) -> Response<Body> {
    written(&visit, "application/vnd.oai.openapi+json", Some("latchkey.json"))
}

/// `openapi.yaml`: JSON is YAML too (YAML 1.2, section 1.3).
pub async fn yaml(visit: Visit) -> Response<Body> {
    written(&visit, "application/vnd.oai.openapi", Some("latchkey.yaml"))
}

fn written(visit: &Visit, kind: &'static str, name: Option<&str>) -> Response<Body> {
    match describe(&visit.app.settings) {
        Ok(document) => response(document.to_string(), kind, name),
        Err(error) => unavailable(&error),
    }
}

/// `openapi.html`: the list of what there is. It loads nothing from anywhere.
pub async fn html(visit: Visit) -> Response<Body> {
    match describe(&visit.app.settings) {
        Ok(document) => response(page(&document), "text/html; charset=utf-8", None),
        Err(error) => unavailable(&error),
    }
}

fn response(body: String, kind: &'static str, name: Option<&str>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = name.and_then(|name| HeaderValue::from_str(&format!("inline; filename={name}")).ok());
    if let Some(disposition) = disposition {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// The description of the service as it is set up.
///
/// # Errors
/// The document is no JSON; a test reads it.
pub fn describe(settings: &Settings) -> Result<Json, serde_json::Error> {
    let mut document = serde_json::from_str::<Json>(DOCUMENT)?;
    let clients = &settings.headless.clients;
    let is_there = |path: &str| {
        let reached = |kind: &ClientKind| path.starts_with(EITHER) || path.starts_with(&at(*kind));
        clients.iter().any(reached) && exists(path.split_once("/v1/").map_or(path, |(_, path)| path), settings)
    };
    let only = if let [only] = clients[..] { Some(only) } else { None };
    if let Some(paths) = document["paths"].as_object_mut() {
        paths.retain(|path, _| is_there(path));
        if let Some(only) = only {
            let of_one = |(path, mut item): (String, Json)| {
                if let Some(item) = item.as_object_mut() {
                    item.remove("parameters");
                }
                (path.replace(EITHER, &at(only)), item)
            };
            *paths = std::mem::take(paths).into_iter().map(of_one).collect::<Map<_, _>>();
        }
    }
    if let (Some(_), Some(parameters)) = (only, document["components"]["parameters"].as_object_mut()) {
        parameters.remove("Client");
    }
    let prefix = settings.service.public_url.path();
    document["servers"] = json!([{"url": prefix}]);
    Ok(document)
}

fn at(kind: ClientKind) -> String {
    format!("/_allauth/{}/v1/", kind.as_str())
}

/// Whether the settings leave a path: the same as its endpoint says, which a test compares.
fn exists(path: &str, settings: &Settings) -> bool {
    let mfa = &settings.mfa;
    match path {
        "auth/code/request" | "auth/code/resend" => settings.account.login_by_code_enabled,
        "auth/login" | "auth/signup" | "account/email" | "account/phone" | "account/password/change" => {
            !settings.social.only
        }
        "auth/sessions" => settings.user_sessions.enabled,
        "account/authenticators" | "auth/2fa/authenticate" | "auth/2fa/reauthenticate" => mfa.enabled,
        "auth/2fa/trust" => mfa.enabled && mfa.trust_enabled,
        "account/authenticators/totp" => mfa.supports("totp"),
        "account/authenticators/recovery-codes" => mfa.supports("recovery_codes"),
        "auth/webauthn/login" => mfa.has_passkey_login(),
        "auth/webauthn/signup" => mfa.has_passkey_signup(),
        path if path.starts_with("auth/webauthn/") || path == "account/authenticators/webauthn" => {
            mfa.supports("webauthn")
        }
        path if path.starts_with("auth/provider/") || path == "account/providers" => settings.social.enabled,
        path if ["auth/email/", "auth/phone/", "auth/password/"].iter().any(|start| path.starts_with(start)) => {
            !settings.social.only
        }
        _ => true,
    }
}

fn page(document: &Json) -> String {
    let mut rows = String::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let Some(summary) = operation["summary"].as_str() else { continue };
            let method = method.to_uppercase();
            rows.push_str(&format!("<tr><td>{method}<td><code>{path}</code><td>{}\n", escape(summary)));
        }
    }
    let title = escape(document["info"]["title"].as_str().unwrap_or_default());
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<h1>{title}</h1>\n<p>All of it: <a href=\"openapi.json\">JSON</a>, \
         <a href=\"openapi.yaml\">YAML</a>.</p>\n<table>\n<tr><th>Method<th>Path<th>What it does\n{rows}</table>\n</html>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
