//! One application at a provider, as configured in the settings.

mod parse;

use super::table::{Entry, Protocol};
use serde_json::{Map, Value};
use std::fmt;

/// The reference's dummy provider for development. Latchkey does not create an application for it.
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

/// All mistakes found in `SOCIALACCOUNT_PROVIDERS`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct ConfigError(pub Vec<String>);

impl AppConfig {
    /// Returns the application's identifier in the API and in stored identities: `provider_id`, or else the provider's
    /// own name (the reference's `sub_id`).
    pub fn id(&self) -> &str {
        if self.provider_id.is_empty() { &self.provider } else { &self.provider_id }
    }

    /// Returns the provider of the application, a name of [`known`](super::known).
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Returns the display name. Only generic OpenID Connect takes it from the application, as in the reference.
    pub fn name(&self) -> &str {
        if self.provider == "openid_connect" && !self.name.is_empty() { &self.name } else { &self.entry.name }
    }

    /// Returns the client identifier that the provider assigned to us. Apple's are a comma-separated list; the first is
    /// for web sites.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Returns whether the application is skipped if a provider has several (`hidden` in its settings).
    pub fn is_hidden(&self) -> bool {
        self.settings.get("hidden").and_then(Value::as_bool).unwrap_or(false)
    }

    /// Returns whether the provider is generic OpenID Connect, which has the callback
    /// `/accounts/oidc/<id>/login/callback/`.
    pub fn is_openid_connect(&self) -> bool {
        self.provider == "openid_connect"
    }

    /// Returns whether users can be redirected to the provider to log in. All providers support this.
    pub fn supports_redirect(&self) -> bool {
        true
    }

    /// Returns whether native applications can send a token of this provider.
    pub fn supports_token_authentication(&self) -> bool {
        !self.entry.native.is_empty()
    }

    /// Returns whether the callback takes the provider's answer from the page instead of a code (`tgAuthResult`).
    pub fn is_telegram(&self) -> bool {
        self.entry.protocol == Protocol::Telegram
    }

    /// Returns whether codes are bound to their requests (RFC 7636): `oauth_pkce_enabled`, or else
    /// `OAUTH_PKCE_ENABLED`, or else the default of the provider.
    pub fn uses_pkce(&self) -> bool {
        let set = self.settings.get("oauth_pkce_enabled").or_else(|| self.of_provider.get("OAUTH_PKCE_ENABLED"));
        set.and_then(Value::as_bool).unwrap_or(self.entry.pkce)
    }

    /// Returns whether a verified address of this provider logs in to the account that has it. `everywhere` is
    /// `SOCIALACCOUNT_EMAIL_AUTHENTICATION`. The application's own setting takes precedence. Without it, either of the
    /// other two settings is enough.
    pub fn email_authentication(&self, everywhere: bool) -> bool {
        let own = self.settings.get("email_authentication").and_then(Value::as_bool);
        own.unwrap_or_else(|| everywhere || self.provider_flag("EMAIL_AUTHENTICATION").unwrap_or(false))
    }

    /// Returns whether such a login also connects the identity. `everywhere` is
    /// `SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT`. The reference has this setting only for all providers
    /// together.
    pub fn email_authentication_auto_connect(&self, everywhere: bool) -> bool {
        let own = self.settings.get("email_authentication_auto_connect").and_then(Value::as_bool);
        own.or_else(|| self.provider_flag("EMAIL_AUTHENTICATION_AUTO_CONNECT")).unwrap_or(everywhere)
    }

    /// Returns whether the operator declares that addresses of this provider are verified: `verified_email` or
    /// `VERIFIED_EMAIL`, which is `true` or a list of domains (the reference's `is_email_verified`).
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

    /// Returns a setting of the application (`name`), or of the provider (`NAME`, or the older spelling `name`).
    pub(super) fn setting(&self, name: &str) -> Option<&Value> {
        let of_provider = || self.of_provider.get(&name.to_uppercase()).or_else(|| self.of_provider.get(name));
        self.settings.get(name).filter(|value| !value.is_null()).or_else(of_provider).filter(|value| !value.is_null())
    }

    /// Returns a setting as text. The elements of a list are joined with commas.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.setting(name)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Array(list) => Some(list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
            _ => None,
        }
    }

    /// Returns the scopes to request if a request does not set any.
    pub(super) fn scopes(&self, query_email: bool) -> Vec<String> {
        if let Some(Value::Array(list)) = self.setting("scope") {
            return list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        let more = if query_email { &self.entry.email_scopes[..] } else { &[] };
        self.entry.scopes.iter().chain(more).cloned().collect()
    }

    /// Returns the client identifiers that are accepted as the audience of a token.
    pub(super) fn audiences(&self) -> impl Iterator<Item = &str> {
        let several = self.provider == "apple";
        self.client_id.split(move |c| several && c == ',').map(str::trim)
    }

    /// Returns the client identifier that we send in requests.
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
