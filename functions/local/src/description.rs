//! The description of all APIs, from the endpoints and operations of all functions.

use serde_json::Value as Json;
use shared::description::{Part, document};

/// The title, the introduction and the other parts of the description that do not come from endpoints.
const BASE: &str = include_str!("description.json");

/// Why the description cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// `description.json` is not valid JSON.
    #[error(transparent)]
    Base(#[from] serde_json::Error),
    /// The endpoints and the described operations differ.
    #[error("{}", .0.join("\n"))]
    Parts(Vec<String>),
}

/// Returns the description of all APIs with every feature on, as JSON. `functions/config` serves it without the parts
/// that the settings turn off.
///
/// # Errors
/// [`DescriptionError`].
pub fn describe() -> Result<String, DescriptionError> {
    let parts: [Part; 7] = [
        (config::endpoints(), config::operations()),
        (auth::endpoints(), auth::operations()),
        (account::endpoints(), account::operations()),
        (mfa::endpoints(), mfa::operations()),
        (provider::endpoints(), provider::operations()),
        (jwt::endpoints(), jwt::operations()),
        (flat::endpoints(), flat::operations()),
    ];
    let described = document(serde_json::from_str::<Json>(BASE)?, &parts).map_err(DescriptionError::Parts)?;
    Ok(format!("{}\n", serde_json::to_string_pretty(&described)?))
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    #[test]
    fn credentials_are_declared() {
        let described = serde_json::from_str::<Json>(&super::describe().unwrap()).unwrap();
        let schemes = described["components"]["securitySchemes"].as_object().unwrap();
        let items =
            described["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
        let alternatives = items.filter_map(|operation| operation.get("security")?.as_array()).flatten();
        let names = alternatives.flat_map(|names| names.as_object().unwrap().keys()).collect::<Vec<_>>();
        assert!(!names.is_empty());
        assert!(names.iter().all(|name| schemes.contains_key(*name)), "{names:?}");
    }

    #[test]
    fn the_committed_description_is_current() {
        let current = super::describe().unwrap() == config::DOCUMENT;
        assert!(current, "`just description` writes functions/config/src/openapi.json anew");
    }
}
