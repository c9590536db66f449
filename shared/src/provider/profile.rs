//! Requests for the profile, and for the addresses if the provider has a separate endpoint for them.

use super::engine::Provider;
use super::error::ProviderError;
use super::facebook;
use super::identity::{Address, is_true};
use super::net::{ProviderRequest, json};
use super::table::{Profile, Texts, TokenPlace, Verb};
use super::tokens::ProviderTokens;
use http::Method;
use serde_json::Value;

impl Provider<'_> {
    /// Fetches the profile and unwraps it.
    pub(super) async fn profile(&self, tokens: &ProviderTokens) -> Result<Value, ProviderError> {
        let entry = self.app.entry();
        let nowhere = || ProviderError::Configuration("the provider has no profile".to_owned());
        let spec = entry.profile.as_ref().ok_or_else(nowhere)?;
        if spec.in_token_answer {
            let mut answer = tokens.answer.clone();
            // The stored profile must not contain a token.
            if let Some(answer) = answer.as_object_mut() {
                answer.retain(|name, _| !name.ends_with("_token"));
            }
            return Ok(answer);
        }
        let other = entry.profile_with_scope.as_ref();
        if let Some(other) = other.filter(|other| self.scopes().contains(&other.scope)) {
            let request = ProviderRequest::get(self.url(&other.url, tokens)?);
            let request = self.add_token(request, other.method, other.token, "Bearer", &other.form, tokens)?;
            return json(self.engine.fetch(), request).await;
        }
        let mut request = ProviderRequest::get(self.url(&spec.url, tokens)?);
        for (name, value) in self.fill_all(&spec.query, tokens)?.iter().chain(&self.by_scope(spec)) {
            request = request.query(name, value);
        }
        request.headers = self.fill_all(&spec.headers, tokens)?;
        let request = self.add_token(request, spec.method, spec.token, &spec.scheme, &spec.form, tokens)?;
        let document = json(self.engine.fetch(), request).await?;
        if let Some(pointer) = &spec.must_be_true
            && !document.pointer(pointer).is_some_and(is_true)
        {
            return Err(ProviderError::Denied(format!("not {pointer}")));
        }
        let profile = document.pointer(&spec.root).filter(|profile| profile.is_object());
        profile.cloned().ok_or_else(|| ProviderError::Nonsense(format!("no profile at {:?}", spec.root)))
    }

    /// Fetches the userinfo of OpenID Connect Core 1.0, 5.3.
    pub(super) async fn userinfo(&self, url: &str, tokens: &ProviderTokens) -> Result<Value, ProviderError> {
        let request = ProviderRequest::get(self.engine.plain_http().url(url)?).bearer("Bearer", &tokens.access_token);
        let userinfo = json(self.engine.fetch(), request).await?;
        if userinfo.is_object() { Ok(userinfo) } else { Err(ProviderError::Nonsense("not an object".to_owned())) }
    }

    /// Fetches the addresses, if the provider lists them in a separate document.
    pub(super) async fn addresses(&self, tokens: &ProviderTokens) -> Result<Vec<Address>, ProviderError> {
        let entry = self.app.entry();
        let (Some(spec), true) = (&entry.addresses, self.engine.query_email()) else { return Ok(Vec::new()) };
        let scheme = entry.profile.as_ref().map_or("Bearer", |profile| &profile.scheme);
        let request = ProviderRequest::get(self.url(&spec.url, tokens)?).bearer(scheme, &tokens.access_token);
        let document = match json(self.engine.fetch(), request).await {
            Ok(document) => document,
            Err(ProviderError::Denied(said)) if spec.may_be_missing && said.ends_with("404") => return Ok(Vec::new()),
            Err(_) if spec.optional => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let list = document.pointer(&spec.root).and_then(Value::as_array);
        let list = match list {
            Some(list) => list,
            None if spec.optional => return Ok(Vec::new()),
            None => return Err(ProviderError::Nonsense("no list of addresses".to_owned())),
        };
        let mut addresses: Vec<Address> = list
            .iter()
            .filter_map(|item| {
                let says = |pointer: &Option<String>| {
                    pointer.as_deref().and_then(|pointer| item.pointer(pointer)).is_some_and(is_true)
                };
                let email = item.pointer(&spec.email)?.as_str()?.to_owned();
                Some(Address { email, verified: says(&spec.verified), primary: says(&spec.primary) })
            })
            .collect();
        if spec.only_one {
            addresses.sort_by_key(|address| !address.primary);
            addresses.truncate(1);
            addresses.iter_mut().for_each(|address| address.primary = true);
        }
        Ok(addresses)
    }

    pub(super) fn url(&self, template: &str, tokens: &ProviderTokens) -> Result<url::Url, ProviderError> {
        self.engine.plain_http().url(&self.app.fill(template, &|name| self.of_tokens(name, tokens))?)
    }

    pub(super) fn fill_all(
        &self,
        texts: &Texts,
        tokens: &ProviderTokens,
    ) -> Result<Vec<(String, String)>, ProviderError> {
        let fill = |template: &str| self.app.fill(template, &|name| self.of_tokens(name, tokens));
        texts.iter().map(|(name, template)| Ok((name.clone(), fill(template)?))).collect()
    }

    /// Returns the value of a placeholder that depends on the tokens of one login.
    fn of_tokens(&self, name: &str, tokens: &ProviderTokens) -> Option<String> {
        match name {
            "access_token" => Some(tokens.access_token.clone()),
            "client_secret" => Some(self.app.secret().to_owned()),
            "appsecret_proof" => Some(facebook::proof(self.app.secret(), &tokens.access_token)),
            _ => super::template::text(tokens.answer.get(name.strip_prefix("answer.")?)?),
        }
    }

    /// Returns the query parameters that depend on the requested scopes.
    fn by_scope(&self, spec: &Profile) -> Vec<(String, String)> {
        let scopes = self.scopes();
        let join = |parts: &Texts| {
            let parts = parts.iter().filter(|(scope, _)| scopes.contains(scope));
            parts.map(|(_, part)| part.as_str()).collect::<Vec<_>>().join(",")
        };
        spec.query_by_scope.iter().map(|(name, parts)| (name.clone(), join(parts))).collect()
    }

    fn add_token(
        &self,
        mut request: ProviderRequest,
        method: Verb,
        place: TokenPlace,
        scheme: &str,
        form: &Texts,
        tokens: &ProviderTokens,
    ) -> Result<ProviderRequest, ProviderError> {
        let token = tokens.access_token.as_str();
        let mut form = self.fill_all(form, tokens)?;
        match place {
            TokenPlace::Header => request = request.bearer(scheme, token),
            TokenPlace::Query => request = request.query("access_token", token),
            TokenPlace::Form => form.push(("access_token".to_owned(), token.to_owned())),
            TokenPlace::None => {}
        }
        if method == Verb::Post {
            request.method = Method::POST;
            request.form = Some(form).filter(|form| !form.is_empty());
        }
        Ok(request)
    }
}
