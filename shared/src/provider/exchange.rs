//! The exchange of a code for tokens.

use super::apple;
use super::engine::Provider;
use super::error::{InvalidToken, ProviderError};
use super::net::{Fetch, read};
use super::table::{ClientAuth, ClientSecret, Encoding, Protocol, TokenRequest, Verb};
use super::tokens::{Answer, ProviderTokens};
use http::{HeaderName, HeaderValue, Method, Request, Response, header};
use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse};
use oauth2::{
    AsyncHttpClient, AuthType, AuthorizationCode, Client, ClientId, ClientSecret as Secret, PkceCodeVerifier,
};
use oauth2::{RedirectUrl, RequestTokenError, StandardRevocableToken, TokenUrl};
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use url::Url;

type TokenClient = Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

/// The parameters of the provider's callback, together with the values stored when the user was redirected.
#[derive(Clone, Copy)]
pub struct Callback<'a> {
    /// The code.
    pub code: &'a str,
    /// The value that was in [`Redirect`](super::Redirect).
    pub redirect_uri: &'a str,
    /// The value that was in [`Redirect`](super::Redirect).
    pub pkce_verifier: Option<&'a str>,
    /// All parameters of the callback. VK expects its `device_id` in the next request. Apple sends a name in `user`.
    pub params: &'a BTreeMap<String, String>,
}

impl Provider<'_> {
    /// Exchanges a code (RFC 6749, 4.1.3).
    ///
    /// # Errors
    /// [`ProviderError::Denied`] if the provider refuses the code. Otherwise the errors for an outage, an invalid
    /// answer, or invalid settings.
    pub async fn exchange(&self, callback: &Callback<'_>, now: i64) -> Result<ProviderTokens, ProviderError> {
        let (app, entry) = (self.app, self.app.entry());
        if entry.protocol == Protocol::Telegram {
            return Err(InvalidToken::Unsupported.into());
        }
        let style = &entry.token_request;
        let endpoints = self.endpoints(now).await?;
        let token_url = TokenUrl::from_url(self.engine.plain_http().url(&endpoints.token)?);
        let wrong = |_| ProviderError::Configuration(format!("not a URL: {}", callback.redirect_uri));
        let mut client = TokenClient::new(ClientId::new(app.own_client_id().to_owned()))
            .set_token_uri(token_url)
            .set_redirect_uri(RedirectUrl::new(callback.redirect_uri.to_owned()).map_err(wrong)?)
            .set_auth_type(match endpoints.auth {
                ClientAuth::Basic => AuthType::BasicAuth,
                ClientAuth::Body => AuthType::RequestBody,
            });
        let secret = match style.secret {
            ClientSecret::Configured => app.secret().to_owned(),
            ClientSecret::Apple => apple::client_secret(app, now)?,
        };
        if !secret.is_empty() {
            client = client.set_client_secret(Secret::new(secret));
        }
        let mut request = client.exchange_code(AuthorizationCode::new(callback.code.to_owned()));
        if let Some(verifier) = callback.pkce_verifier {
            request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
        }
        for name in &style.from_callback {
            if let Some(value) = callback.params.get(name) {
                request = request.add_extra_param(name.as_str(), value.as_str());
            }
        }
        let manner = ProviderHttp { fetch: self.engine.fetch(), style, headers: self.token_headers(style)? };
        let answer = request.request_async(&manner).await.map_err(|error| match error {
            RequestTokenError::Request(error) => error,
            RequestTokenError::ServerResponse(answer) => ProviderError::Denied(answer.error().to_string()),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                ProviderError::Nonsense("no tokens in the answer".to_owned())
            }
        })?;
        let name = callback.params.get("user").filter(|_| style.name_from_callback);
        let name = name.and_then(|user| serde_json::from_str::<Value>(user).ok()?.get("name").cloned());
        Ok(ProviderTokens::new(answer, name, now))
    }

    fn token_headers(&self, style: &TokenRequest) -> Result<Vec<(HeaderName, HeaderValue)>, ProviderError> {
        let wrong = |name: &str| ProviderError::Configuration(format!("the header {name}"));
        let headers = style.headers.iter().map(|(name, template)| {
            let value = self.app.fill(template, &|_| None)?;
            let parsed = (name.parse().map_err(|_| wrong(name))?, value.parse().map_err(|_| wrong(name))?);
            Ok(parsed)
        });
        headers.collect()
    }
}

/// Sends a request of RFC 6749 in the provider's dialect.
struct ProviderHttp<'a> {
    fetch: &'a dyn Fetch,
    style: &'a TokenRequest,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl<'c> AsyncHttpClient<'c> for ProviderHttp<'_> {
    type Error = ProviderError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, ProviderError>> + Send + 'c>>;

    fn call(&'c self, request: Request<Vec<u8>>) -> Self::Future {
        Box::pin(async move {
            let request = adapt_request(request, self.style, &self.headers)?;
            normalize_response(&self.fetch.fetch(request).await?)
        })
    }
}

/// Changes a request of RFC 6749 to the provider's dialect: other parameter names, another method, another encoding.
fn adapt_request(
    request: Request<Vec<u8>>,
    style: &TokenRequest,
    headers: &[(HeaderName, HeaderValue)],
) -> Result<Request<Vec<u8>>, ProviderError> {
    let (mut parts, body) = request.into_parts();
    let pairs = url::form_urlencoded::parse(&body).into_owned().filter(|(name, _)| !style.drop.contains(name));
    let pairs = pairs.map(|(name, value)| (style.rename.get(&name).cloned().unwrap_or(name), value));
    let (url, content, body) = match (style.method, style.body) {
        (Verb::Get, _) => {
            let mut url =
                Url::parse(&parts.uri.to_string()).map_err(|e| ProviderError::Configuration(e.to_string()))?;
            url.query_pairs_mut().extend_pairs(pairs);
            parts.method = Method::GET;
            (Some(url), None, Vec::new())
        }
        (Verb::Post, Encoding::Form) => {
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            (None, Some("application/x-www-form-urlencoded"), body.into_bytes())
        }
        (Verb::Post, Encoding::Json) => {
            let body: Value = pairs.map(|(name, value)| (name, Value::String(value))).collect();
            (None, Some("application/json"), body.to_string().into_bytes())
        }
    };
    if let Some(url) = url {
        parts.uri = url.as_str().parse().map_err(|_| ProviderError::Configuration("not a URI".to_owned()))?;
    }
    parts.headers.remove(header::CONTENT_TYPE);
    if let Some(content) = content {
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content));
    }
    for (name, value) in headers {
        parts.headers.insert(name, value.clone());
    }
    Ok(Request::from_parts(parts, body))
}

/// Converts an answer to the form of RFC 6749: JSON, with a status that reports success.
fn normalize_response(answer: &Response<Vec<u8>>) -> Result<Response<Vec<u8>>, ProviderError> {
    let body = read(answer)?.to_string().into_bytes();
    Ok(Response::new(body))
}
