//! Templates of the table: `{name}` in URLs and parameters, `{/pointer}` in subjects.

use super::config::AppConfig;
use super::error::ProviderError;
use serde_json::Value;

/// Maximum depth of defaults that contain variables with defaults.
const DEEPEST: usize = 4;

impl AppConfig {
    /// Fills the placeholders `{name}` of a template. `more` resolves the names of one request, and takes precedence.
    pub(super) fn fill(&self, template: &str, more: &dyn Fn(&str) -> Option<String>) -> Result<String, ProviderError> {
        fill(self, template, more, 0)
    }
}

fn fill(
    app: &AppConfig,
    template: &str,
    more: &dyn Fn(&str) -> Option<String>,
    depth: usize,
) -> Result<String, ProviderError> {
    pieces(template).try_fold(String::new(), |mut filled, piece| {
        match piece {
            // Operators write addresses with and without a trailing slash.
            Piece::Text(text) if text.starts_with('/') && filled.ends_with('/') => filled.push_str(&text[1..]),
            Piece::Text(text) => filled.push_str(text),
            Piece::Name(name) => filled.push_str(&value(app, name, more, depth)?),
        }
        Ok(filled)
    })
}

fn value(
    app: &AppConfig,
    name: &str,
    more: &dyn Fn(&str) -> Option<String>,
    depth: usize,
) -> Result<String, ProviderError> {
    if let Some(value) = more(name) {
        return Ok(value);
    }
    if name == "client_id" {
        return Ok(app.own_client_id().to_owned());
    }
    let missing = || {
        let (id, upper) = (app.id(), name.to_uppercase());
        ProviderError::Configuration(format!("{id}: {name} in the application's settings, or {upper}, is missing"))
    };
    let variable = app.entry().variables.get(name).filter(|_| depth < DEEPEST).ok_or_else(missing)?;
    if let Some(value) = app.text(name) {
        return Ok(value);
    }
    let derived = variable.when.as_deref().is_some_and(|when| app.text(when).is_some());
    let template = variable.then.as_deref().filter(|_| derived).or(variable.default.as_deref());
    fill(app, template.ok_or_else(missing)?, more, depth + 1)
}

/// Returns the first alternative that the document contains. A plain pointer selects a text or a whole number. A
/// template needs all its parts.
pub(super) fn first(document: &Value, alternatives: &[String]) -> Option<String> {
    alternatives.iter().find_map(|alternative| {
        if let Some(pointer) = alternative.strip_prefix("localized:") {
            return localized(document.pointer(pointer)?);
        }
        if alternative.starts_with('/') {
            return text(document.pointer(alternative)?);
        }
        pieces(alternative).try_fold(String::new(), |joined, piece| {
            Some(match piece {
                Piece::Text(text) => joined + text,
                Piece::Name(pointer) => joined + &text(document.pointer(pointer)?)?,
            })
        })
    })
}

/// Returns a non-empty text, or a whole number as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// Returns a name in LinkedIn's format: in several languages, of which one is preferred.
fn localized(value: &Value) -> Option<String> {
    if let Value::String(text) = value {
        return Some(text.clone());
    }
    let part = |name: &str, default: &'static str| match value.get("preferredLocale") {
        Some(locale) => locale.get(name).and_then(Value::as_str).unwrap_or_default().to_owned(),
        None => default.to_owned(),
    };
    let names = value.get("localized")?.as_object()?;
    let preferred = names.get(&format!("{}_{}", part("language", "en"), part("country", "US")));
    text(preferred.or_else(|| names.values().next())?)
}

enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    template
        .split_inclusive('}')
        .flat_map(|part| match part.strip_suffix('}').and_then(|part| part.split_once('{')) {
            Some((text, name)) => [Some(Piece::Text(text)), Some(Piece::Name(name))],
            None => [Some(Piece::Text(part)), None],
        })
        .flatten()
}
