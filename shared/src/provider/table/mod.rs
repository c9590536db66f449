//! The table of providers, `providers.toml`, as types. The build turns it into JSON.

mod profile;

pub(super) use profile::{Addresses, Fields, Introspection, Profile, ProfileWithScope, TokenPlace};

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Names to texts, mostly templates.
pub(super) type Texts = BTreeMap<String, String>;

/// What is known of one provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub name: String,
    #[serde(default)]
    pub protocol: Protocol,
    pub authorize: Option<String>,
    pub token: Option<String>,
    /// The server that is asked for its OpenID configuration.
    pub server: Option<String>,
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Also asked for where addresses are wanted.
    #[serde(default)]
    pub email_scopes: Vec<String>,
    #[serde(default = "space")]
    pub scope_separator: String,
    /// Whether a code is bound to its request by RFC 7636 unless the settings say otherwise.
    #[serde(default)]
    pub pkce: bool,
    /// Which tokens a native application may hand over.
    #[serde(default)]
    pub native: Vec<Native>,
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    #[serde(default)]
    pub authorize_request: AuthorizeRequest,
    #[serde(default)]
    pub token_request: TokenRequest,
    pub id_token: Option<IdToken>,
    pub profile: Option<Profile>,
    pub profile_with_scope: Option<ProfileWithScope>,
    pub addresses: Option<Addresses>,
    pub introspection: Option<Introspection>,
    /// Whether the setting `uid_field` may name the claim that is the subject.
    #[serde(default)]
    pub uid_field: bool,
    pub fields: Fields,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Protocol {
    #[default]
    Oauth2,
    OpenidConnect,
    Telegram,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Native {
    IdToken,
    AccessToken,
}

/// A name in templates. Without a default the settings have to say it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    pub default: Option<String>,
    /// Where the settings say this other variable, `then` is the value.
    pub when: Option<String>,
    pub then: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthorizeRequest {
    #[serde(default)]
    pub params: Texts,
    #[serde(default)]
    pub drop: Vec<String>,
    #[serde(default)]
    pub rename: Texts,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Verb {
    Get,
    #[default]
    Post,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ClientAuth {
    #[default]
    Body,
    Basic,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Encoding {
    #[default]
    Form,
    Json,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ClientSecret {
    #[default]
    Configured,
    Apple,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenRequest {
    #[serde(default)]
    pub method: Verb,
    #[serde(default)]
    pub auth: ClientAuth,
    #[serde(default)]
    pub body: Encoding,
    #[serde(default)]
    pub secret: ClientSecret,
    #[serde(default)]
    pub drop: Vec<String>,
    #[serde(default)]
    pub rename: Texts,
    #[serde(default)]
    pub headers: Texts,
    /// Parameters of the callback that are sent along.
    #[serde(default)]
    pub from_callback: Vec<String>,
    /// Whether the person's name comes with the callback, and never again.
    #[serde(default)]
    pub name_from_callback: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NonceRule {
    /// Required where the scope `openid` is asked for, and compared where it is there.
    #[default]
    WithOpenid,
    Required,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdToken {
    pub issuer: String,
    pub keys: String,
    #[serde(default)]
    pub nonce: NonceRule,
    #[serde(default)]
    pub native_only: bool,
    #[serde(default)]
    pub foreign_azp_when_native: bool,
    /// Whether `FETCH_USERINFO` asks the profile for the picture.
    #[serde(default)]
    pub picture_from_profile: bool,
    /// What claims are called in the provider's profile.
    #[serde(default)]
    pub claims: Texts,
}

fn space() -> String {
    " ".to_owned()
}

/// `providers.toml`, as JSON.
pub(super) const TABLE: &str = include_str!(concat!(env!("OUT_DIR"), "/providers.json"));

/// The table, read when it is first asked for.
pub(super) fn table() -> &'static BTreeMap<String, Entry> {
    static READ: OnceLock<BTreeMap<String, Entry>> = OnceLock::new();
    READ.get_or_init(|| {
        serde_json::from_str(TABLE).unwrap_or_else(|error| {
            // Compiled in, and read by the tests: it cannot fail where they passed.
            tracing::error!(%error, "the table of identity providers is invalid");
            BTreeMap::new()
        })
    })
}

/// What providers there are, by the names that `SOCIALACCOUNT_PROVIDERS` calls them.
pub fn known() -> impl Iterator<Item = &'static str> {
    table().keys().map(String::as_str)
}
