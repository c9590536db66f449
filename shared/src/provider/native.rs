//! Tokens that native applications send, with the rules of the reference's `verify_token`.

use super::engine::Provider;
use super::error::{InvalidToken, ProviderError};
use super::identity::{Identity, is_true};
use super::net::{ProviderRequest, json};
use super::table::{ClientAuth, Introspection, Native, Protocol};
use super::template::text;
use super::tokens::ProviderTokens;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use schemars::JsonSchema;
use serde_json::Value;
use std::fmt;

/// The tokens that a native application sends.
#[derive(Clone, Copy, Default, JsonSchema)]
#[schemars(inline)]
pub struct NativeToken<'a> {
    /// The client identifier that the token was issued for.
    pub client_id: &'a str,
    /// An ID token.
    pub id_token: Option<&'a str>,
    /// An access token.
    pub access_token: Option<&'a str>,
}

impl fmt::Debug for NativeToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeToken").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl Provider<'_> {
    /// Verifies a token and returns the user's identity. The signature proves an ID token. An access token counts only
    /// if the provider reports for which application it was issued; only Facebook does so.
    ///
    /// # Errors
    /// [`ProviderError::InvalidToken`], and the errors of requests to the provider.
    pub async fn verify_token(&self, token: &NativeToken<'_>, now: i64) -> Result<Identity, ProviderError> {
        let (app, entry) = (self.app, self.app.entry());
        let ours = token.client_id == app.client_id() || app.audiences().any(|client| client == token.client_id);
        if token.client_id.is_empty() || !ours {
            return Err(InvalidToken::Audience.into());
        }
        if entry.native.is_empty() {
            return Err(InvalidToken::Unsupported.into());
        }
        let given = |token: Option<&'_ str>| token.filter(|token| !token.is_empty()).map(str::to_owned);
        for kind in &entry.native {
            match kind {
                Native::AccessToken => {
                    if let (Some(token), Some(spec)) = (given(token.access_token), &entry.introspection) {
                        return self.introspect(spec, &token).await;
                    }
                }
                Native::IdToken => {
                    if let Some(token) = given(token.id_token) {
                        return self.verify_native_id_token(&token, now).await;
                    }
                }
            }
        }
        Err(InvalidToken::Missing.into())
    }

    async fn verify_native_id_token(&self, token: &str, now: i64) -> Result<Identity, ProviderError> {
        let entry = self.app.entry();
        if entry.protocol == Protocol::OpenidConnect {
            let claims = self.openid_claims(token, None, now).await?;
            let replay = super::identify::replay(&claims);
            let profile = serde_json::Value::Object(claims);
            return Ok(Identity { replay, ..self.read(&profile, profile.clone(), Vec::new())? });
        }
        let spec = entry.id_token.as_ref().ok_or(InvalidToken::Unsupported)?;
        let claims = self.claims(spec, token, None, true, now).await?;
        self.of_claims(spec, claims)
    }

    /// Returns the identity for an access token. The provider must report for which application the token was issued:
    /// the table must have an introspection endpoint for it, or the provider must be an OpenID Connect server with
    /// introspection (RFC 7662).
    ///
    /// # Errors
    /// [`ProviderError::InvalidToken`], and the errors of requests to the provider.
    pub async fn verify_access_token(&self, token: &str, now: i64) -> Result<Identity, ProviderError> {
        let entry = self.app.entry();
        match (&entry.introspection, entry.protocol) {
            (Some(spec), _) => self.introspect(spec, token).await,
            (None, Protocol::OpenidConnect) => self.introspect_openid(token, now).await,
            (None, _) => Err(InvalidToken::Unsupported.into()),
        }
    }

    /// Introspects a token as specified by RFC 7662. The server's userinfo describes the user.
    async fn introspect_openid(&self, token: &str, now: i64) -> Result<Identity, ProviderError> {
        let endpoints = self.endpoints(now).await?;
        let (introspection, userinfo) =
            endpoints.introspection.zip(endpoints.userinfo).ok_or(InvalidToken::Unsupported)?;
        let (client_id, secret) = (self.app.own_client_id(), self.app.secret());
        let mut request = ProviderRequest::get(self.engine.plain_http().url(&introspection)?);
        request.method = Method::POST;
        let mut form = vec![("token".to_owned(), token.to_owned())];
        form.push(("token_type_hint".to_owned(), "access_token".to_owned()));
        match endpoints.auth {
            ClientAuth::Basic => {
                // RFC 6749, 2.3.1: both values are form-encoded.
                let quote = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let both = format!("{}:{}", quote(client_id), quote(secret));
                request = request.bearer("Basic", &STANDARD.encode(both));
            }
            ClientAuth::Body => {
                form.push(("client_id".to_owned(), client_id.to_owned()));
                form.push(("client_secret".to_owned(), secret.to_owned()));
            }
        }
        request.form = Some(form);
        let about = json(self.engine.fetch(), request).await?;
        if !about.get("active").is_some_and(is_true) {
            return Err(InvalidToken::Revoked.into());
        }
        // This claim names the client to which the token was issued. The audience can be any API, so it does not prove
        // this.
        if about.get("client_id").and_then(Value::as_str) != Some(client_id) {
            return Err(InvalidToken::Audience.into());
        }
        let profile = self.userinfo(&userinfo, &ProviderTokens::native(token)).await?;
        // Absent if no user agreed to the token.
        let subject = about.get("sub").ok_or(InvalidToken::Subject)?;
        if Some(subject) != profile.get("sub") {
            return Err(InvalidToken::Subject.into());
        }
        self.read(&profile, serde_json::json!({"userinfo": profile.clone()}), Vec::new())
    }

    async fn introspect(&self, spec: &Introspection, token: &str) -> Result<Identity, ProviderError> {
        let tokens = ProviderTokens::native(token);
        let mut request = ProviderRequest::get(self.url(&spec.url, &tokens)?);
        for (name, value) in self.fill_all(&spec.query, &tokens)? {
            request = request.query(&name, &value);
        }
        let document = json(self.engine.fetch(), request).await?;
        let nonsense = || ProviderError::Nonsense("no data about the token".to_owned());
        let about = document.pointer(&spec.root).ok_or_else(nonsense)?;
        let is_valid = spec.valid.as_ref().is_none_or(|valid| about.pointer(valid).is_some_and(is_true));
        if !is_valid {
            return Err(InvalidToken::Revoked.into());
        }
        if about.pointer(&spec.audience).and_then(text).as_deref() != Some(self.app.own_client_id()) {
            return Err(InvalidToken::Audience.into());
        }
        let subject = about.pointer(&spec.subject).and_then(text);
        let identity = self.identify_by_profile(&tokens).await?;
        // Absent for tokens without a user. Then the profile request has already failed.
        if subject.is_some_and(|subject| subject != identity.subject) {
            return Err(InvalidToken::Subject.into());
        }
        Ok(identity)
    }
}
