//! The redirect to the provider.

use super::engine::Provider;
use super::error::ProviderError;
use super::table::Protocol;
use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use url::Url;

/// The parameters of one redirect to the provider.
#[derive(Clone, Copy, Default)]
pub struct Redirect<'a> {
    /// The URL to which the provider sends the user back.
    pub redirect_uri: &'a str,
    /// Random and used once, bound to the browser (RFC 6749, 10.12).
    pub state: &'a str,
    /// Random and used once, for the ID token (OpenID Connect Core 1.0, 15.5.2). Sent only if the provider issues an ID
    /// token.
    pub nonce: Option<&'a str>,
    /// Random, 43 to 128 characters (RFC 7636, 4.1). Only its hash is sent. Set it if
    /// [`AppConfig::uses_pkce`](super::AppConfig::uses_pkce) is true.
    pub pkce_verifier: Option<&'a str>,
    /// Scopes that replace those of the application.
    pub scopes: Option<&'a [String]>,
    /// Parameters in addition to `AUTH_PARAMS`. They override parameters of the same name.
    pub auth_params: &'a [(String, String)],
}

/// Parameters that no setting can change, because the answer is checked against them.
const OURS: [&str; 7] =
    ["client_id", "redirect_uri", "response_type", "state", "nonce", "code_challenge", "code_challenge_method"];

impl Provider<'_> {
    /// Returns the URL where the user logs in (RFC 6749, 4.1.1).
    ///
    /// # Errors
    /// [`ProviderError::Configuration`]. With OpenID Connect, also the errors of fetching the server's configuration.
    pub async fn authorize_url(&self, redirect: &Redirect<'_>, now: i64) -> Result<Url, ProviderError> {
        let (app, entry) = (self.app, self.app.entry());
        let endpoints = self.endpoints(now).await?;
        // The check applies to this URL too, although the browser fetches it: users must not log in over plain HTTP.
        let authorize = self.engine.plain_http().url(&endpoints.authorize)?;
        if entry.protocol == Protocol::Telegram {
            return self.telegram_url(authorize, redirect);
        }
        let wrong = |_| ProviderError::Configuration(format!("not a URL: {}", redirect.redirect_uri));
        let client = BasicClient::new(ClientId::new(app.own_client_id().to_owned()))
            .set_auth_uri(AuthUrl::from_url(authorize))
            .set_redirect_uri(RedirectUrl::new(redirect.redirect_uri.to_owned()).map_err(wrong)?);
        let state = CsrfToken::new(redirect.state.to_owned());
        let mut request = client.authorize_url(|| state);
        let scopes = redirect.scopes.map_or_else(|| Cow::Owned(self.scopes()), Cow::Borrowed);
        let scope = unique(&scopes).join(&entry.scope_separator);
        if !scope.is_empty() {
            request = request.add_scope(Scope::new(scope));
        }
        if let Some(verifier) = redirect.pkce_verifier {
            request = request.set_pkce_challenge(challenge(verifier)?);
        }
        if let Some(nonce) = redirect.nonce.filter(|_| endpoints.issuer.is_some()) {
            let native_only = entry.id_token.as_ref().is_some_and(|spec| spec.native_only);
            if !native_only {
                request = request.add_extra_param("nonce", nonce.to_owned());
            }
        }
        let mut url = request.url().0;
        let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let mut set = |name: &str, value: &str| {
            pairs.retain(|(existing, _)| existing != name);
            pairs.push((name.to_owned(), value.to_owned()));
        };
        for (name, value) in &entry.authorize_request.params {
            set(name, value);
        }
        let ours = |name: &str| OURS.contains(&name);
        for (name, value) in self.auth_params().iter().filter(|(name, _)| !ours(name)) {
            set(name, value);
        }
        for (name, value) in redirect.auth_params.iter().filter(|(name, _)| !ours(name)) {
            set(name, value);
        }
        pairs.retain(|(name, _)| !entry.authorize_request.drop.contains(name));
        for (name, _) in &mut pairs {
            if let Some(other) = entry.authorize_request.rename.get(name) {
                other.clone_into(name);
            }
        }
        url.query_pairs_mut().clear().extend_pairs(pairs);
        Ok(url)
    }

    /// Returns `auth_params` of the application, or else `AUTH_PARAMS` of the provider.
    fn auth_params(&self) -> BTreeMap<String, String> {
        let params = self.app.setting("auth_params").and_then(Value::as_object);
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            _ => None,
        };
        params.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
    }
}

fn unique(scopes: &[String]) -> Vec<&str> {
    let mut once = Vec::new();
    for scope in scopes {
        if !once.contains(&scope.as_str()) {
            once.push(scope);
        }
    }
    once
}

fn challenge(verifier: &str) -> Result<PkceCodeChallenge, ProviderError> {
    let unreserved = |c: u8| c.is_ascii_alphanumeric() || b"-._~".contains(&c);
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
        return Err(ProviderError::Configuration("a PKCE verifier has 43 to 128 unreserved characters".to_owned()));
    }
    Ok(PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.to_owned())))
}
