//! Tokens that native applications hand over, as the reference's `verify_token` takes them.

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

/// What a native application hands over.
#[derive(Clone, Copy, Default, JsonSchema)]
#[schemars(inline)]
pub struct NativeToken<'a> {
    /// For whom it was made.
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
    /// Who a token is of. An ID token proves it by its signature; an access token counts only where the provider says
    /// for whom it was made, and so only Facebook's.
    ///
    /// # Errors
    /// [`ProviderError::InvalidToken`], and those of asking the provider.
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

    /// Who an access token is of, where the provider says for whom it was made: those that the table knows a place for,
    /// and servers of OpenID Connect that introspect (RFC 7662).
    ///
    /// # Errors
    /// [`ProviderError::InvalidToken`], and those of asking the provider.
    pub async fn verify_access_token(&self, token: &str, now: i64) -> Result<Identity, ProviderError> {
        let entry = self.app.entry();
        match (&entry.introspection, entry.protocol) {
            (Some(spec), _) => self.introspect(spec, token).await,
            (None, Protocol::OpenidConnect) => self.introspect_openid(token, now).await,
            (None, _) => Err(InvalidToken::Unsupported.into()),
        }
    }

    /// RFC 7662. The person is whom the server's userinfo tells of.
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
                // RFC 6749, 2.3.1: both as in a form.
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
        // To whom it was issued. Its audience may be any API, and says nothing of that.
        if about.get("client_id").and_then(Value::as_str) != Some(client_id) {
            return Err(InvalidToken::Audience.into());
        }
        let profile = self.userinfo(&userinfo, &ProviderTokens::native(token)).await?;
        // Absent where nobody agreed to the token.
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
        let nonsense = || ProviderError::Nonsense("nothing about the token".to_owned());
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
        // Absent for tokens of no person; then the profile would say so too.
        if subject.is_some_and(|subject| subject != identity.subject) {
            return Err(InvalidToken::Subject.into());
        }
        Ok(identity)
    }
}
