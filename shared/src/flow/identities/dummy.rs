//! A provider for development, which accepts any identity without a check. Only the local service has it.

use crate::account::is_email;
use crate::flow::proven_identity::ProvenIdentity;
use crate::provider::{Address, DUMMY, Identity};
use serde_json::{Map, Value as Json, json};

/// Reads an identity from the fields of a form. Returns `None` if they are invalid.
pub fn read(fields: &Map<String, Json>) -> Option<ProvenIdentity> {
    let text = |name: &str| {
        let text = match fields.get(name)? {
            Json::String(text) => text.trim().to_owned(),
            Json::Number(number) => number.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    };
    let is_yes = |name: &str| match fields.get(name) {
        Some(Json::Bool(yes)) => *yes,
        Some(Json::String(text)) => !matches!(text.to_lowercase().as_str(), "" | "false" | "0"),
        Some(Json::Number(number)) => number.as_i64() != Some(0),
        _ => false,
    };
    let subject = text("id")?.parse::<i64>().ok()?.to_string();
    let email = text("email").map(|email| email.to_lowercase());
    if email.as_ref().is_some_and(|email| !is_email(email)) {
        return None;
    }
    let address = |email: String| Address { email, verified: is_yes("email_verified"), primary: true };
    let identity = Identity {
        subject,
        emails: email.clone().map(address).into_iter().collect(),
        first_name: text("first_name"),
        last_name: text("last_name"),
        name: None,
        username: text("username"),
        extra: json!({}),
        replay: None,
    };
    let display = identity.username.clone().or(email).unwrap_or_else(|| "Dummy".to_owned());
    Some(ProvenIdentity::of_provider(DUMMY, "Dummy", display, identity, None))
}

/// Reads an identity from the JSON that apps send in place of an ID token. It proves nothing.
pub fn read_token(token: &str) -> Option<ProvenIdentity> {
    read(serde_json::from_str::<Json>(token).ok()?.as_object()?)
}
