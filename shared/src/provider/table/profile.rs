//! How a profile is requested, and where its fields are.

use super::{Texts, Verb};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in super::super) enum TokenPlace {
    #[default]
    Header,
    Query,
    Form,
    None,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Profile {
    #[serde(default)]
    pub url: String,
    #[serde(default = "get")]
    pub method: Verb,
    #[serde(default)]
    pub token: TokenPlace,
    #[serde(default = "bearer")]
    pub scheme: String,
    #[serde(default)]
    pub query: Texts,
    /// Query parameters whose parts depend on the scopes.
    #[serde(default)]
    pub query_by_scope: BTreeMap<String, Texts>,
    #[serde(default)]
    pub form: Texts,
    #[serde(default)]
    pub headers: Texts,
    #[serde(default)]
    pub root: String,
    pub must_be_true: Option<String>,
    #[serde(default)]
    pub in_token_answer: bool,
}

/// Another request for the profile, used if a certain scope is requested.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct ProfileWithScope {
    pub scope: String,
    pub url: String,
    #[serde(default = "get")]
    pub method: Verb,
    #[serde(default)]
    pub token: TokenPlace,
    #[serde(default)]
    pub form: Texts,
}

/// A second document, which contains the addresses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Addresses {
    pub url: String,
    #[serde(default)]
    pub root: String,
    pub email: String,
    pub verified: Option<String>,
    pub primary: Option<String>,
    /// Whether to use only the primary address, or else the first one.
    #[serde(default)]
    pub only_one: bool,
    /// Whether the status 404 means that there are no addresses.
    #[serde(default)]
    pub may_be_missing: bool,
    /// Whether every failure means that there are no addresses.
    #[serde(default)]
    pub optional: bool,
}

/// The endpoint that reports for which application an access token was issued.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Introspection {
    pub url: String,
    #[serde(default)]
    pub query: Texts,
    #[serde(default)]
    pub root: String,
    /// Not set if the provider refuses invalid tokens with an error.
    pub valid: Option<String>,
    pub audience: String,
    pub subject: String,
}

/// Where the fields are in the profile.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Fields {
    pub subject: Vec<String>,
    #[serde(default)]
    pub email: Vec<String>,
    #[serde(default)]
    pub verified: Vec<String>,
    pub verified_unless_false: Option<String>,
    #[serde(default)]
    pub first_name: Vec<String>,
    #[serde(default)]
    pub last_name: Vec<String>,
    #[serde(default)]
    pub name: Vec<String>,
    #[serde(default)]
    pub username: Vec<String>,
    /// The display text of an identity, for profiles that do not fit the general rule.
    #[serde(default)]
    pub display: Vec<String>,
    /// Whether `display` is used only if the address is hidden.
    #[serde(default)]
    pub display_unless_told: bool,
    pub display_root: Option<String>,
    /// Whether the name consists of a first name, a space, and the rest.
    #[serde(default)]
    pub split_name: bool,
    #[serde(default)]
    pub username_before_at: bool,
}

fn bearer() -> String {
    "Bearer".to_owned()
}

fn get() -> Verb {
    Verb::Get
}
