//! The document of every page, and the style sheet with the brand's colors.

use crate::assets::{Route, unless_known};
use crate::boot::Boot;
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use sha2::{Digest, Sha256};
use shared::http::{ApiError, ApiRequest, ApiResponse, Visit};
use shared::settings::Settings;
use std::fmt::Write;

const DOCUMENT: &str = include_str!("../dist/index.html");
/// What the document has in place of the data for the pages.
const PLACE: &str = "<!--latchkey-->";
/// The files of `dist/`, as the build writes them.
const FOLDER: &str = "/_latchkey/pages/";

/// Returns the document of a page; without a route, that of a page that does not exist.
///
/// # Errors
/// The data for the pages cannot be written as JSON.
pub(crate) fn document(request: &ApiRequest, route: Option<&Route>) -> Result<ApiResponse, ApiError> {
    let settings = &request.app.settings;
    let boot = match serde_json::to_string(&Boot::new(request)) {
        // Nothing in a text may end the script element.
        Ok(json) => json.replace('<', "\\u003c"),
        Err(error) => {
            tracing::error!(%error, "the data for the pages cannot be written as JSON");
            return Ok(ApiResponse::bare(500));
        }
    };
    let mut head = format!("<script type=\"application/json\" id=\"latchkey\">{boot}</script>");
    for file in route.map_or(&[][..], |route| route.preload) {
        let relation = if file.ends_with(".css") { "stylesheet" } else { "modulepreload" };
        let _ = write!(head, "<link rel=\"{relation}\" crossorigin href=\"{file}\">");
    }
    let prefix = settings.service.public_url.path().trim_end_matches('/');
    let document = DOCUMENT.replacen(PLACE, &head, 1).replace(FOLDER, &format!("{prefix}{FOLDER}"));
    let status = if route.is_some() { 200 } else { 404 };
    Ok(ApiResponse::html(status, document).with_policy(policy(settings)))
}

/// Returns the style sheet of the brand: its color, and the rules of `LATCHKEY_PAGES_CSS`.
pub(crate) fn brand(visit: &Visit) -> Response<Body> {
    let pages = &visit.app.settings.pages;
    let color = pages.accent_color.as_deref().map(accent).unwrap_or_default();
    let css = color + &pages.css;
    let etag = etag(&css);
    let mut response = unless_known(visit.request.headers(), &etag, "text/css; charset=utf-8", Body::from(css));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Returns the rules for an accent color `#rrggbb`. On a dark background it is lighter, and the text on it is white where that
/// has enough contrast (WCAG 2.2, success criterion 1.4.3).
fn accent(color: &str) -> String {
    let part = |start: usize| {
        let value = u8::from_str_radix(color.get(start..start + 2).unwrap_or_default(), 16).unwrap_or_default();
        let value = f32::from(value) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
    let text = if 1.05 / (luminance + 0.05) >= 4.5 { "#fff" } else { "#10142e" };
    format!(
        ":root {{ --brand-accent: {color}; --brand-on-accent: {text}; \
         --brand-accent-dark: color-mix(in oklab, {color} 50%, white); --brand-on-accent-dark: #10142e; }}\n"
    )
}

fn etag(text: &str) -> String {
    let digest = Sha256::digest(text);
    let hex = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("\"{hex}\"")
}

/// Returns the Content-Security-Policy of the pages: only their own files run.
///
/// The form that leads to an identity provider is followed by redirects to hosts that the service learns from the provider's
/// own configuration, and Chromium applies `form-action` to the whole chain.
fn policy(settings: &Settings) -> String {
    let forms = match (settings.social.enabled, settings.is_https()) {
        (false, _) => "",
        (true, true) => " https:",
        (true, false) => " https: http:",
    };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; font-src 'self'; \
         connect-src 'self'; form-action 'self'{forms}; base-uri 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_on_the_accent_color_has_enough_contrast() {
        for (color, text) in [("#1f5fbf", "#fff"), ("#ffd400", "#10142e"), ("#000000", "#fff"), ("#ffffff", "#10142e")]
        {
            assert!(accent(color).contains(&format!("--brand-on-accent: {text};")), "{color}");
        }
    }

    #[test]
    fn the_document_has_a_place_for_the_data() {
        assert_eq!(DOCUMENT.matches(PLACE).count(), 1);
    }
}
