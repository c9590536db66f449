//! Serves the descriptions of the APIs (OpenAPI 3.1), without the parts that the settings turn off.

use super::prune::{Scope, prune};
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value as Json, json};
use shared::http::{PagePolicy, PageRequest, unavailable};
use shared::settings::Settings;

/// The description of all APIs with every feature on. `just description` writes it.
pub const DOCUMENT: &str = include_str!("openapi.json");

/// The folder of Swagger UI, from the pages that load it. The function `pages` serves it.
const VIEWER: &str = "../_latchkey/pages/viewer/swagger-ui-5.35.0/";
/// The icon of the hosted pages.
const ICON: &str = "../_latchkey/pages/icon.svg";
/// Shows the description in place of the table. By default, Swagger UI would send the description to a validator elsewhere, and
/// color examples with too little contrast.
const SCRIPT: &str = "SwaggerUIBundle({\
    url:'openapi.json',dom_id:'#description',deepLinking:true,validatorUrl:null,syntaxHighlight:false})";
/// Styles of the table, and colors of Swagger UI with more contrast.
const STYLE: &str = "\
    body{margin:1em;font-family:sans-serif}\
    #description>main :is(th,td){text-align:left;padding:.2em .4em .2em 0;overflow-wrap:anywhere}\
    .swagger-ui .link,.swagger-ui .info .link{color:#1f5fbf}\
    .swagger-ui .parameter__in{color:#555}\
    .swagger-ui .btn.authorize span,.swagger-ui .btn.authorize{color:#1b6e3c}\
    .swagger-ui .info .title small.version-stamp{background:#3d6b00}\
    .swagger-ui .opblock.opblock-get .opblock-summary-method{background:#1f5fbf}\
    .swagger-ui .opblock.opblock-post .opblock-summary-method{background:#1b6e3c}\
    .swagger-ui .opblock.opblock-put .opblock-summary-method{background:#8a5300}\
    .swagger-ui .opblock.opblock-patch .opblock-summary-method{background:#0b6e60}\
    .swagger-ui .opblock.opblock-delete .opblock-summary-method{background:#b3261e}";

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

/// Returns the page that shows a description: a table of the operations. If the hosted pages are served, Swagger UI replaces the
/// table.
fn shown(request: &PageRequest, scope: Scope) -> Response<Body> {
    let settings = &request.app.settings;
    match describe(settings, scope) {
        Ok(document) => {
            let has_viewer = settings.serves_pages();
            let mut response = response(page(&document, scope, has_viewer), "text/html; charset=utf-8", None);
            let script = if has_viewer { SCRIPT } else { "" };
            let policy = PagePolicy { style: STYLE, script, loads_files: has_viewer, ..PagePolicy::default() };
            let policy = HeaderValue::try_from(policy.header(settings)).ok();
            response.headers_mut().extend(policy.map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
            response
        }
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

fn page(document: &Json, scope: Scope, has_viewer: bool) -> String {
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
    let (links, scripts) = if has_viewer {
        (
            format!("<link rel=\"icon\" href=\"{ICON}\">\n<link rel=\"stylesheet\" href=\"{VIEWER}swagger-ui.css\">\n"),
            format!("<script src=\"{VIEWER}swagger-ui-bundle.js\"></script>\n<script>{SCRIPT}</script>\n"),
        )
    } else {
        Default::default()
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n{links}<style>{STYLE}</style>\n<div id=\"description\">\n<main>\n<h1>{title}</h1>\n\
         <p>All of it: <a href=\"openapi.json\">JSON</a>{yaml}.</p>\n<table>\n\
         <tr><th>Method<th>Path<th>What it does\n{rows}</table>\n</main>\n</div>\n{scripts}</html>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
