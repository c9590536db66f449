//! One application at a provider, as the settings have it.

mod parse;

use super::table::{Entry, Protocol};
use serde_json::{Map, Value};
use std::fmt;

/// The reference's provider without a provider, for development. It has no application, and none is made for it here.
pub const DUMMY: &str = "dummy";

/// One application at a provider.
#[derive(Clone)]
pub struct AppConfig {
    provider: String,
    provider_id: String,
    name: String,
    client_id: String,
    secret: String,
    key: String,
    settings: Map<String, Value>,
    of_provider: Map<String, Value>,
    entry: &'static Entry,
}

/// All that is wrong with `SOCIALACCOUNT_PROVIDERS`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct ConfigError(pub Vec<String>);

impl AppConfig {
    /// What names it in the API and in stored identities: `provider_id`, or else the provider's own name (the
    /// reference's `sub_id`).
    pub fn id(&self) -> &str {
        if self.provider_id.is_empty() { &self.provider } else { &self.provider_id }
    }

    /// The provider that it is an application of: a name of [`known`](super::known).
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// What people call it. Only generic OpenID Connect takes this from the application, as in the reference.
    pub fn name(&self) -> &str {
        if self.provider == "openid_connect" && !self.name.is_empty() { &self.name } else { &self.entry.name }
    }

    /// Our client identifier there. Apple has several, with commas between; the first is that of web sites.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Whether it is passed over where a provider has several (`hidden` in its settings).
    pub fn is_hidden(&self) -> bool {
        self.settings.get("hidden").and_then(Value::as_bool).unwrap_or(false)
    }

    /// Whether it is one of generic OpenID Connect, whose callback is `/accounts/oidc/<id>/login/callback/`.
    pub fn is_openid_connect(&self) -> bool {
        self.provider == "openid_connect"
    }

    /// Whether people can be sent there to log in. All can.
    pub fn supports_redirect(&self) -> bool {
        true
    }

    /// Whether native applications can hand over a token of it.
    pub fn supports_token_authentication(&self) -> bool {
        !self.entry.native.is_empty()
    }

    /// Whether its callback takes the provider's answer from the page rather than a code (`tgAuthResult`).
    pub fn is_telegram(&self) -> bool {
        self.entry.protocol == Protocol::Telegram
    }

    /// Whether codes are bound to their requests (RFC 7636): `oauth_pkce_enabled`, or `OAUTH_PKCE_ENABLED`, or what the
    /// provider is known to support.
    pub fn uses_pkce(&self) -> bool {
        let set = self.settings.get("oauth_pkce_enabled").or_else(|| self.of_provider.get("OAUTH_PKCE_ENABLED"));
        set.and_then(Value::as_bool).unwrap_or(self.entry.pkce)
    }

    /// Whether a verified address of this provider logs in to the account that has it. `everywhere` is
    /// `SOCIALACCOUNT_EMAIL_AUTHENTICATION`; the application's own word wins, then either of the other two is enough.
    pub fn email_authentication(&self, everywhere: bool) -> bool {
        let own = self.settings.get("email_authentication").and_then(Value::as_bool);
        own.unwrap_or_else(|| everywhere || self.provider_flag("EMAIL_AUTHENTICATION").unwrap_or(false))
    }

    /// Whether such a login also connects the identity. `everywhere` is
    /// `SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT`. The reference has it for all providers alone.
    pub fn email_authentication_auto_connect(&self, everywhere: bool) -> bool {
        let own = self.settings.get("email_authentication_auto_connect").and_then(Value::as_bool);
        own.or_else(|| self.provider_flag("EMAIL_AUTHENTICATION_AUTO_CONNECT")).unwrap_or(everywhere)
    }

    /// Whether the operator says that addresses of this provider are verified: `verified_email` or `VERIFIED_EMAIL`,
    /// `true` or a list of domains (the reference's `is_email_verified`).
    pub fn trusts(&self, email: &str) -> bool {
        match self.setting("verified_email") {
            Some(Value::Bool(all)) => *all,
            Some(Value::Array(domains)) => email.rsplit_once('@').is_some_and(|(_, domain)| {
                domains.iter().filter_map(Value::as_str).any(|trusted| trusted.eq_ignore_ascii_case(domain))
            }),
            _ => false,
        }
    }

    fn provider_flag(&self, name: &str) -> Option<bool> {
        self.of_provider.get(name).and_then(Value::as_bool)
    }

    pub(super) fn entry(&self) -> &'static Entry {
        self.entry
    }

    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// A setting of the application (`name`), or of the provider (`NAME`, or `name` as it once was).
    pub(super) fn setting(&self, name: &str) -> Option<&Value> {
        let of_provider = || self.of_provider.get(&name.to_uppercase()).or_else(|| self.of_provider.get(name));
        self.settings.get(name).filter(|value| !value.is_null()).or_else(of_provider).filter(|value| !value.is_null())
    }

    /// A setting as text: lists have commas between.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.setting(name)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Array(list) => Some(list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
            _ => None,
        }
    }

    /// The scopes that are asked for where a request says nothing else.
    pub(super) fn scopes(&self, query_email: bool) -> Vec<String> {
        if let Some(Value::Array(list)) = self.setting("scope") {
            return list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        let more = if query_email { &self.entry.email_scopes[..] } else { &[] };
        self.entry.scopes.iter().chain(more).cloned().collect()
    }

    /// The client identifiers that a token may be made for.
    pub(super) fn audiences(&self) -> impl Iterator<Item = &str> {
        let several = self.provider == "apple";
        self.client_id.split(move |c| several && c == ',').map(str::trim)
    }

    /// The client identifier that requests of ours carry.
    pub(super) fn own_client_id(&self) -> &str {
        self.audiences().next().unwrap_or_default()
    }
}

impl fmt::Debug for AppConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AppConfig");
        shown.field("provider", &self.provider).field("id", &self.id()).field("client_id", &self.client_id);
        shown.finish_non_exhaustive()
    }
}
