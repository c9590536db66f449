//! Serves the descriptions of the APIs (OpenAPI 3.1), without the parts that the settings turn off.

use super::prune::{Scope, prune};
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value as Json, json};
use shared::http::{PageRequest, unavailable};
use shared::settings::Settings;

/// The description of all APIs with every feature on. `just description` writes it.
pub const DOCUMENT: &str = include_str!("openapi.json");

/// `/_allauth/openapi.json`.
pub async fn headless_json(request: PageRequest) -> Response<Body> {
    written(&request, Scope::Headless, "application/vnd.oai.openapi+json", "latchkey.json")
}

/// `/_allauth/openapi.yaml`. The content is JSON, which is also valid YAML (YAML 1.2, section 1.3).
pub async fn headless_yaml(request: PageRequest) -> Response<Body> {
    written(&request, Scope::Headless, "application/vnd.oai.openapi", "latchkey.yaml")
}

/// `/_allauth/openapi.html`.
pub async fn headless_html(request: PageRequest) -> Response<Body> {
    shown(&request, Scope::Headless)
}

/// `/_latchkey/openapi.json`.
pub async fn all_json(request: PageRequest) -> Response<Body> {
    written(&request, Scope::All, "application/vnd.oai.openapi+json", "latchkey.json")
}

/// `/_latchkey/openapi.html`.
pub async fn all_html(request: PageRequest) -> Response<Body> {
    shown(&request, Scope::All)
}

fn written(request: &PageRequest, scope: Scope, kind: &'static str, name: &str) -> Response<Body> {
    match describe(&request.app.settings, scope) {
        Ok(document) => response(document.to_string(), kind, Some(name)),
        Err(error) => unavailable(&error),
    }
}

/// Returns a page that lists the endpoints. It loads no other files.
fn shown(request: &PageRequest, scope: Scope) -> Response<Body> {
    match describe(&request.app.settings, scope) {
        Ok(document) => response(page(&document, scope), "text/html; charset=utf-8", None),
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

/// Returns the description of the service with these settings.
///
/// # Errors
/// Returns an error if the committed description is not valid JSON. A test covers this.
pub fn describe(settings: &Settings, scope: Scope) -> Result<Json, serde_json::Error> {
    let mut document = prune(serde_json::from_str(DOCUMENT)?, settings, scope);
    if scope == Scope::Headless {
        document["info"]["title"] = json!("Latchkey: the headless API");
    }
    Ok(document)
}

fn page(document: &Json, scope: Scope) -> String {
    let mut rows = String::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let Some(summary) = operation["summary"].as_str() else { continue };
            let method = method.to_uppercase();
            rows.push_str(&format!("<tr><td>{method}<td><code>{path}</code><td>{}\n", escape(summary)));
        }
    }
    let title = escape(document["info"]["title"].as_str().unwrap_or_default());
    let yaml = if scope == Scope::Headless { ", <a href=\"openapi.yaml\">YAML</a>" } else { "" };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<h1>{title}</h1>\n<p>All of it: <a href=\"openapi.json\">JSON</a>{yaml}.</p>\n<table>\n\
         <tr><th>Method<th>Path<th>What it does\n{rows}</table>\n</html>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
