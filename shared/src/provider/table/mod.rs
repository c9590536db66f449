//! The types of the table of providers, `providers.toml`. The build script converts the file to JSON.

mod profile;

pub(super) use profile::{Addresses, Fields, Introspection, Profile, ProfileWithScope, TokenPlace};

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A map from names to texts, which are mostly templates.
pub(super) type Texts = BTreeMap<String, String>;

/// One provider of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub name: String,
    #[serde(default)]
    pub protocol: Protocol,
    pub authorize: Option<String>,
    pub token: Option<String>,
    /// The server that publishes the OpenID configuration.
    pub server: Option<String>,
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Also requested if addresses are requested.
    #[serde(default)]
    pub email_scopes: Vec<String>,
    #[serde(default = "space")]
    pub scope_separator: String,
    /// Whether a code is bound to its request (RFC 7636), unless the settings say otherwise.
    #[serde(default)]
    pub pkce: bool,
    /// The kinds of tokens that a native application can send.
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
    /// Whether the setting `uid_field` can name the claim that contains the subject.
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

/// A variable of templates. Without a default, the settings must define it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    pub default: Option<String>,
    /// The name of another variable. If the settings define that variable, the value is `then`.
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
    /// Parameters of the callback that are copied into the request.
    #[serde(default)]
    pub from_callback: Vec<String>,
    /// Whether the callback contains the user's name. The provider sends it only once.
    #[serde(default)]
    pub name_from_callback: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NonceRule {
    /// Required if the scope `openid` is requested. Compared if the token has one.
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
    /// Whether `FETCH_USERINFO` fetches the profile for the picture.
    #[serde(default)]
    pub picture_from_profile: bool,
    /// The claims, by their names in the provider's profile.
    #[serde(default)]
    pub claims: Texts,
}

fn space() -> String {
    " ".to_owned()
}

/// `providers.toml`, as JSON.
pub(super) const TABLE: &str = include_str!(concat!(env!("OUT_DIR"), "/providers.json"));

/// Returns the table. The first call parses it.
pub(super) fn table() -> &'static BTreeMap<String, Entry> {
    static READ: OnceLock<BTreeMap<String, Entry>> = OnceLock::new();
    READ.get_or_init(|| {
        serde_json::from_str(TABLE).unwrap_or_else(|error| {
            // The table is compiled in and a test parses it, so this does not happen in a tested build.
            tracing::error!(%error, "the table of identity providers is invalid");
            BTreeMap::new()
        })
    })
}

/// Lists the names of all providers, as used in `SOCIALACCOUNT_PROVIDERS`.
pub fn known() -> impl Iterator<Item = &'static str> {
    table().keys().map(String::as_str)
}
