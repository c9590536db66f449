//! From tokens to an identity.

use super::engine::Provider;
use super::error::{InvalidToken, ProviderError};
use super::id_token::{Claims, Rules, seconds};
use super::identity::{Identity, Replay, digest};
use super::table::{IdToken, NonceRule, Protocol};
use super::template::text;
use super::tokens::ProviderTokens;
use serde_json::{Value, json};

impl Provider<'_> {
    /// Returns the identity of the user whose tokens these are. `nonce` is the one in [`Redirect`](super::Redirect).
    ///
    /// # Errors
    /// All errors of [`ProviderError`].
    pub async fn identify(
        &self,
        tokens: &ProviderTokens,
        nonce: Option<&str>,
        now: i64,
    ) -> Result<Identity, ProviderError> {
        let entry = self.app.entry();
        if entry.protocol == Protocol::OpenidConnect {
            return self.identify_openid(tokens, nonce, now).await;
        }
        match entry.id_token.as_ref().filter(|spec| !spec.native_only) {
            Some(spec) => match &tokens.id_token {
                Some(token) => self.identify_by_claims(spec, token, tokens, nonce, now).await,
                None if entry.profile.is_none() => Err(InvalidToken::Missing.into()),
                None => self.identify_by_profile(tokens).await,
            },
            None => self.identify_by_profile(tokens).await,
        }
    }

    pub(super) async fn identify_by_profile(&self, tokens: &ProviderTokens) -> Result<Identity, ProviderError> {
        let profile = self.profile(tokens).await?;
        let listed = self.addresses(tokens).await?;
        self.read(&profile, profile.clone(), listed)
    }

    /// Reads the identity from the claims of an ID token.
    async fn identify_by_claims(
        &self,
        spec: &IdToken,
        token: &str,
        tokens: &ProviderTokens,
        nonce: Option<&str>,
        now: i64,
    ) -> Result<Identity, ProviderError> {
        let mut claims = self.claims(spec, token, nonce, false, now).await?;
        if let Some(name) = &tokens.callback_name {
            claims.insert("name".to_owned(), name.clone());
        }
        let wanted = self.app.setting("fetch_userinfo").and_then(Value::as_bool).unwrap_or(false);
        if spec.picture_from_profile && wanted && !claims.contains_key("picture") {
            let profile = self.profile(tokens).await?;
            let subject = profile.get("sub").or_else(|| profile.get("id")).and_then(text);
            if subject.is_some() && subject.as_deref() != claims.get("sub").and_then(Value::as_str) {
                return Err(InvalidToken::Subject.into());
            }
            if let Some(picture) = profile.get("picture").filter(|picture| picture.is_string()) {
                claims.insert("picture".to_owned(), picture.clone());
            }
        }
        self.of_claims(spec, claims)
    }

    /// Returns the claims of an ID token, for a provider of the table.
    pub(super) async fn claims(
        &self,
        spec: &IdToken,
        token: &str,
        nonce: Option<&str>,
        native: bool,
        now: i64,
    ) -> Result<Claims, ProviderError> {
        let (issuer, keys) = (self.app.fill(&spec.issuer, &|_| None)?, self.app.fill(&spec.keys, &|_| None)?);
        let openid = || self.scopes().iter().any(|scope| scope == "openid");
        let rules = Rules {
            issuer: &issuer,
            keys: &keys,
            nonce,
            nonce_required: spec.nonce == NonceRule::Required || openid(),
            foreign_azp: native && spec.foreign_azp_when_native,
        };
        self.verify_id_token(token, &rules, now).await
    }

    pub(super) fn of_claims(&self, spec: &IdToken, claims: Claims) -> Result<Identity, ProviderError> {
        let replay = replay(&claims);
        let profile = if spec.claims.is_empty() {
            Value::Object(claims)
        } else {
            let renamed = spec.claims.iter().filter_map(|(from, to)| Some((to.clone(), claims.get(from)?.clone())));
            Value::Object(renamed.collect())
        };
        Ok(Identity { replay, ..self.read(&profile, profile.clone(), Vec::new())? })
    }

    /// Identifies the user as specified by OpenID Connect Core 1.0, 3.1.3.7 and 5.3.
    async fn identify_openid(
        &self,
        tokens: &ProviderTokens,
        nonce: Option<&str>,
        now: i64,
    ) -> Result<Identity, ProviderError> {
        let endpoints = self.endpoints(now).await?;
        let claims = match &tokens.id_token {
            Some(token) => Some(self.openid_claims(token, nonce, now).await?),
            // Core 3.1.3.3: with the scope `openid` the answer contains an ID token.
            None if self.scopes().iter().any(|scope| scope == "openid") => return Err(InvalidToken::Missing.into()),
            None => None,
        };
        let wanted = self.app.setting("fetch_userinfo").and_then(Value::as_bool).unwrap_or(true);
        let userinfo = match endpoints.userinfo.filter(|_| wanted || claims.is_none()) {
            Some(url) => Some(self.userinfo(&url, tokens).await?),
            None => None,
        };
        if let (Some(claims), Some(userinfo)) = (&claims, &userinfo)
            && claims.get("sub") != userinfo.get("sub")
        {
            return Err(InvalidToken::Subject.into());
        }
        let replay = claims.as_ref().and_then(replay);
        let mut extra = json!({});
        if let Some(userinfo) = &userinfo {
            extra["userinfo"] = userinfo.clone();
        }
        let claims = claims.map(Value::Object);
        if let Some(claims) = &claims {
            extra["id_token"] = claims.clone();
        }
        // The reference uses only the document that it considers the richer one.
        let profile = userinfo.or(claims).ok_or(InvalidToken::Missing)?;
        Ok(Identity { replay, ..self.read(&profile, extra, Vec::new())? })
    }

    pub(super) async fn openid_claims(
        &self,
        token: &str,
        nonce: Option<&str>,
        now: i64,
    ) -> Result<Claims, ProviderError> {
        let (issuer, keys) = self.endpoints(now).await?.issuer.ok_or(InvalidToken::Unsupported)?;
        let rules = Rules { issuer: &issuer, keys: &keys, nonce, nonce_required: true, foreign_azp: false };
        self.verify_id_token(token, &rules, now).await
    }

    pub(super) fn read(
        &self,
        profile: &Value,
        extra: Value,
        listed: Vec<super::identity::Address>,
    ) -> Result<Identity, ProviderError> {
        Ok(Identity::read(self.app, profile, extra, listed)?)
    }
}

/// Returns the mark that makes a token valid only once.
pub(super) fn replay(claims: &Claims) -> Option<Replay> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let expires = seconds(claims, "exp").ok()??;
    Some(Replay { key: digest(&["jwt", text("iss")?, text("jti")?]), expires })
}
