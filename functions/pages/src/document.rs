//! The document of every page, and the style sheet with the brand's colors.

use crate::assets::{FOLDER, Route, unless_known};
use crate::boot::Boot;
use crate::color::{CONTRAST, Color};
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use sha2::{Digest, Sha256};
use shared::http::{ApiError, ApiRequest, ApiResponse, PageRequest};
use shared::settings::Settings;
use std::fmt::Write;

const DOCUMENT: &str = include_str!("../dist/index.html");
/// The placeholder for the boot data in the document.
const PLACE: &str = "<!--latchkey-->";

/// Returns the document of a page. Without a route, returns the document for a page that does not exist.
///
/// # Errors
/// The boot data cannot be written as JSON.
pub(crate) fn document(request: &ApiRequest, route: Option<&Route>) -> Result<ApiResponse, ApiError> {
    let settings = &request.app.settings;
    let boot = match serde_json::to_string(&Boot::new(request)) {
        // Escape `<`, so that no text can end the script element.
        Ok(json) => json.replace('<', "\\u003c"),
        Err(error) => {
            tracing::error!(%error, "the boot data cannot be written as JSON");
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

/// Returns the style sheet of the brand: the rules for its color, and the rules of `LATCHKEY_PAGES_CSS`.
pub(crate) fn brand(request: &PageRequest) -> Response<Body> {
    let pages = &request.app.settings.pages;
    let color = pages.accent_color.as_deref().map(accent).unwrap_or_default();
    let css = color + &pages.css;
    let etag = etag(&css);
    let mut response = unless_known(request.http.headers(), &etag, "text/css; charset=utf-8", Body::from(css));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Returns the rules for an accent color `#rrggbb`. Links and dark pages use a darker or lighter color, so that all
/// text has sufficient contrast (WCAG 2.2, success criterion 1.4.3).
fn accent(color: &str) -> String {
    let accent = Color::parse(color);
    let inks = [Color::WHITE, Color::INK, Color::BLACK];
    let on_accent = inks.into_iter().find(|ink| ink.contrast(accent) >= CONTRAST).unwrap_or(Color::BLACK);
    let link = accent.towards(Color::BLACK, 0, Color::BEHIND_LIGHT);
    let dark = accent.towards(Color::WHITE, 50, Color::BEHIND_DARK);
    format!(
        ":root {{ --brand-accent: {color}; --brand-on-accent: {on_accent}; --brand-link: {link}; \
         --brand-accent-dark: {dark}; --brand-on-accent-dark: {}; --brand-link-dark: {dark}; }}\n",
        Color::INK
    )
}

fn etag(text: &str) -> String {
    let digest = Sha256::digest(text);
    let hex = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("\"{hex}\"")
}

/// Returns the Content-Security-Policy of the pages. Only their own files can run.
///
/// Chromium applies `form-action` to redirects too. The form that leads to an identity provider is followed by
/// redirects to hosts from the provider's own configuration, so the policy allows every host.
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

    /// Returns the color that a rule assigns to a property.
    fn value(css: &str, property: &str) -> Color {
        let (_, rest) = css.split_once(&format!("{property}: ")).unwrap();
        Color::parse(rest.split_once(';').unwrap().0)
    }

    #[test]
    fn text_has_enough_contrast_with_every_accent_color() {
        for step in 0..4096_u32 {
            let [red, green, blue] = [step >> 8, step >> 4 & 15, step & 15].map(|part| part * 17);
            let css = accent(&format!("#{red:02x}{green:02x}{blue:02x}"));
            for (text, background) in [
                (value(&css, "--brand-on-accent"), value(&css, "--brand-accent")),
                (value(&css, "--brand-on-accent-dark"), value(&css, "--brand-accent-dark")),
                (value(&css, "--brand-link"), Color::BEHIND_LIGHT),
                (value(&css, "--brand-link-dark"), Color::BEHIND_DARK),
            ] {
                assert!(text.contrast(background) >= CONTRAST, "{text} on {background}: {css}");
            }
        }
    }

    #[test]
    fn a_color_with_enough_contrast_is_unchanged() {
        let css = accent("#1f5fbf");
        assert!(css.contains("--brand-on-accent: #ffffff;") && css.contains("--brand-link: #1f5fbf;"), "{css}");
    }

    #[test]
    fn the_document_has_a_place_for_the_data() {
        assert_eq!(DOCUMENT.matches(PLACE).count(), 1);
    }
}
