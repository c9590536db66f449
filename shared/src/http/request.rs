//! A request, as handlers see it.

use super::address::{Peer, client_address};
use super::csrf::{self, passes_csrf_check};
use super::error::ApiError;
use super::fields::FromInput;
use super::form::form_fields;
use super::{ApiResponse, Input, body, cookies, headers};
use crate::account::{User, UserId};
use crate::app::App;
use crate::flow::{Context, Outcome, Refusal};
use crate::jwt::{KeyError, Keyring};
use crate::session::{
    Api, Caller, ClientInfo, Found, Session, SessionToken, SessionTokenKind, find_caller, find_caller_and_clear,
    find_session, track,
};
use crate::settings::{ClientKind, RateAction, Settings, TokenStrategy};
use crate::throttle::Action;
use crate::tokens::{Pair, check_access, keyring, pair};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Uri};
use futures_util::future::BoxFuture;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// A request.
pub struct ApiRequest {
    /// The parts of the service.
    pub app: Arc<App>,
    /// The kind of client.
    pub kind: ClientKind,
    /// The method. HEAD counts as GET.
    pub method: Method,
    /// Whether the method is HEAD. An endpoint whose GET changes something must not change it then (RFC 9110, section
    /// 9.2.1).
    pub is_head: bool,
    /// The headers.
    pub headers: HeaderMap,
    /// The client, as the network shows it.
    pub client: ClientInfo,
    /// The path and the query, without the path of the public URL.
    pub uri: Uri,
    body: Bytes,
    keyring: OnceLock<Arc<Keyring>>,
}

impl ApiRequest {
    /// Reads a request, and refuses forged, large and slow ones.
    ///
    /// # Errors
    /// [`ApiError::Csrf`], [`ApiError::BodyTooLarge`], [`ApiError::BodyTooSlow`].
    pub async fn read(
        app: Arc<App>,
        kind: ClientKind,
        from_anywhere: bool,
        request: Request<Body>,
    ) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let body = body::read(body).await?;
        if kind == ClientKind::Browser && !from_anywhere {
            let field = form_of(&parts.headers, &body).remove("csrfmiddlewaretoken");
            if !passes_csrf_check(&parts.method, &parts.headers, field.as_deref(), &app.settings) {
                return Err(ApiError::Csrf);
            }
        }
        let peer = parts.extensions.get::<Peer>().copied().unwrap_or_default();
        let ip = client_address(peer, &parts.headers, &app.settings.service);
        let user_agent = headers::text(&parts.headers, "user-agent").unwrap_or_default().into_owned();
        let is_browser = kind == ClientKind::Browser;
        let trust = cookies::read(&parts.headers, &app.settings.mfa.trust_cookie_name).filter(|_| is_browser);
        let has_tokens = kind == ClientKind::App && app.settings.tokens.strategy == TokenStrategy::Jwt;
        let device = cookies::read(&parts.headers, &app.settings.cookies.device_name).filter(|_| is_browser);
        let client = ClientInfo { api: Api::Headless, ip, user_agent, is_browser, has_tokens, trust, device };
        let is_head = parts.method == Method::HEAD;
        let method = if is_head { Method::GET } else { parts.method };
        Ok(Self {
            app,
            kind,
            method,
            is_head,
            headers: parts.headers,
            client,
            uri: parts.uri,
            body,
            keyring: OnceLock::new(),
        })
    }

    /// Returns the context for an operation.
    pub fn context(&self) -> Context<'_> {
        Context { app: &self.app, client: &self.client }
    }

    /// Returns the caller. Without a credential this does not access the table.
    ///
    /// # Errors
    /// [`ApiError::Gone`] for an app with an invalid token; the table is unavailable.
    pub async fn caller(&self) -> Result<Caller, ApiError> {
        // The request can log the user in. The signing keys are fetched first, before anything is changed.
        let mut caller = if self.client.has_tokens && self.method != Method::GET {
            let fetch = async { self.keyring().await.map(|_| ()) };
            futures_util::try_join!(self.find_caller(true), fetch)?.0
        } else {
            self.find_caller(true).await?
        };
        if let Caller::User(parts) = &mut caller {
            track(&self.app, &self.client, self.kind, &mut parts.1).await?;
        }
        Ok(caller)
    }

    /// Returns the caller, for endpoints that can finish a login in progress. If that login no longer exists, an app
    /// gets 409 here instead of the 410 of [`ApiRequest::caller`]. A second request, sent at the same time, may have
    /// finished the login, and an app that drops its token after a 410 would drop the token of its new session. Its
    /// next request still reports a stale token.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] for such an app; otherwise the errors of [`ApiRequest::caller`].
    pub async fn caller_who_finishes(&self) -> Result<Caller, ApiError> {
        let is_pending = || {
            let credential = session_credential(&self.headers, &self.app.settings, self.kind);
            credential
                .and_then(|text| SessionToken::parse(&text))
                .is_some_and(|token| token.kind() == SessionTokenKind::Pending)
        };
        match self.caller().await {
            Err(ApiError::Gone) if self.method != Method::GET && is_pending() => Err(Refusal::Conflict.into()),
            other => other,
        }
    }

    /// Returns the caller. `clears` says whether an expired session can be deleted.
    async fn find_caller(&self, clears: bool) -> Result<Caller, ApiError> {
        let settings = &self.app.settings;
        let credential = session_credential(&self.headers, settings, self.kind);
        let token = access_token(&self.headers, settings).filter(|_| self.client.has_tokens);
        // Each future is boxed separately, so that a request without a credential does not reserve memory for them.
        let found: BoxFuture<'_, Result<Caller, ApiError>> = match (credential, token) {
            (Some(credential), _) => Box::pin(self.find_by(credential, clears)),
            (None, Some(token)) => Box::pin(async move { self.find_bearer(&token).await }),
            (None, None) => return Ok(Caller::Anonymous),
        };
        match (found.await?, self.kind) {
            (Caller::Expired, ClientKind::App) => Err(ApiError::Gone),
            (Caller::Expired, ClientKind::Browser) => Ok(Caller::Anonymous),
            (caller, _) => Ok(caller),
        }
    }

    async fn find_by(&self, credential: String, clears: bool) -> Result<Caller, ApiError> {
        let found = if clears {
            find_caller_and_clear(&self.app.store, &credential).await
        } else {
            find_caller(&self.app.store, &credential).await
        };
        Ok(found?)
    }

    /// Returns the session of an access token. An invalid token counts as anonymous.
    async fn find_bearer(&self, token: &str) -> Result<Caller, ApiError> {
        let ring = self.keyring().await?;
        let Some((user, number, _)) = check_access(&self.app.settings, self.app.now(), &ring, token) else {
            return Ok(Caller::Anonymous);
        };
        Ok(match find_session(&self.app.store, user, number).await? {
            Found::Live(parts) => Caller::User(parts),
            Found::Nothing if !self.app.settings.tokens.stateful => Caller::Expired,
            Found::Revoked(_) | Found::Nothing => Caller::Anonymous,
        })
    }

    /// Returns the keys that sign and verify tokens.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn keyring(&self) -> Result<Arc<Keyring>, ApiError> {
        if let Some(ring) = self.keyring.get() {
            return Ok(ring.clone());
        }
        let ring = keyring(&self.app).await?;
        Ok(self.keyring.get_or_init(|| ring).clone())
    }

    /// Returns the user and the session of the request's access token, or `None` without a token.
    ///
    /// # Errors
    /// [`Refusal::NotAuthenticated`] if the token is invalid; the table is unavailable.
    pub async fn bearer(&self) -> Result<Option<(User, Session)>, ApiError> {
        let Some(token) = access_token(&self.headers, &self.app.settings) else { return Ok(None) };
        match self.find_bearer(&token).await? {
            Caller::User(mut parts) => {
                track(&self.app, &self.client, self.kind, &mut parts.1).await?;
                Ok(Some(*parts))
            }
            _ => Err(Refusal::NotAuthenticated(Caller::Anonymous).into()),
        }
    }

    /// Returns the user and the session of the caller.
    ///
    /// # Errors
    /// [`Refusal::NotAuthenticated`] for all other callers; otherwise the errors of [`ApiRequest::caller`].
    pub async fn user(&self) -> Result<(User, Session), ApiError> {
        match self.caller().await? {
            Caller::User(parts) => Ok(*parts),
            other => Err(Refusal::NotAuthenticated(other).into()),
        }
    }

    /// Counts an action of a user against its rate limit. GET requests do not count.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`]; the table is unavailable.
    pub async fn limit(&self, action: RateAction, user: &User) -> Result<(), ApiError> {
        if self.method == Method::GET {
            return Ok(());
        }
        let user = user.id.to_string();
        let consumed = self.app.consume(self.client.ip, &[Action::of(action, &user)]).await?;
        consumed.map(|_| ()).map_err(|limited| Refusal::from(limited).into())
    }

    /// Refuses an app with an invalid token, at endpoints that do not need the caller. It does not write to the table,
    /// so a function that calls only this needs no write permission.
    ///
    /// # Errors
    /// The errors of [`ApiRequest::caller`].
    pub async fn caller_of_app(&self) -> Result<(), ApiError> {
        match self.kind {
            ClientKind::App => self.find_caller(false).await.map(|_| ()),
            ClientKind::Browser => Ok(()),
        }
    }

    /// Returns the response to the outcome of a flow, for this kind of client.
    pub fn answer(&self, outcome: &Outcome) -> ApiResponse {
        ApiResponse::outcome(&self.app, self.kind, outcome, self.signed(outcome))
    }

    /// Returns signed tokens, if a flow has logged in an app.
    fn signed(&self, outcome: &Outcome) -> Option<Pair> {
        let Caller::User(parts) = &outcome.caller else { return None };
        if !outcome.logged_in || !self.client.has_tokens {
            return None;
        }
        let ring = self.keyring.get().ok_or(KeyError::Sign);
        match ring.and_then(|ring| pair(&self.app, ring, &parts.0, &parts.1)) {
            Ok(pair) => Some(pair),
            Err(error) => {
                tracing::error!(%error, "tokens could not be signed; the app gets a session token only");
                None
            }
        }
    }

    /// Returns the path without its query.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// Returns the last parts of the path, without decoding them.
    pub fn last_parts<const N: usize>(&self) -> [&str; N] {
        let mut parts = self.path().trim_end_matches('/').rsplit('/');
        let mut last = std::array::from_fn(|_| parts.next().unwrap_or_default());
        last.reverse();
        last
    }

    /// Returns the body, unparsed.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns the value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        cookies::read(&self.headers, name)
    }

    /// Returns whether the request proves that it comes from one of our pages. For APIs in which only some endpoints
    /// require this of browsers.
    pub fn passes_csrf_check(&self) -> bool {
        let field = self.form().remove("csrfmiddlewaretoken");
        passes_csrf_check(&self.method, &self.headers, field.as_deref(), &self.app.settings)
    }

    /// Returns the CSRF secret that our pages send with their requests, and the cookie that stores it. The secret is
    /// the caller's, or a new one.
    pub fn csrf(&self) -> (String, Option<HeaderValue>) {
        let known = csrf::secret(&self.headers, &self.app.settings);
        let secret = known.unwrap_or_else(|| csrf::new_secret(&*self.app.random));
        let cookie = cookies::csrf(&self.app.settings, &secret);
        (secret, cookie)
    }

    /// Returns whether the request can change something and was sent by a page of an origin that no setting names. For
    /// APIs without CSRF tokens.
    pub fn is_cross_site(&self) -> bool {
        csrf::is_cross_site(&self.method, &self.headers, &self.app.settings)
    }

    /// Returns the cookie that records that the user has logged in with this browser. `None` if the settings do not
    /// remember browsers.
    pub fn device_cookie(&self, user: UserId) -> Option<HeaderValue> {
        cookies::device(&self.app, self.client.api, self.client.device.as_deref(), user)
    }

    /// Returns the text of a header.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        headers::text(&self.headers, name)
    }

    /// Returns whether the query contains this parameter, with or without a value.
    pub fn asks_for(&self, name: &str) -> bool {
        url::form_urlencoded::parse(self.query().as_bytes()).any(|(known, _)| known == name)
    }

    /// Returns the fields of a form, from the query and the body. The query takes precedence.
    pub fn form(&self) -> BTreeMap<String, String> {
        let mut fields = self.form_body();
        fields.extend(url::form_urlencoded::parse(self.query().as_bytes()).into_owned());
        fields
    }

    /// Returns the fields of a form in the body.
    pub fn form_body(&self) -> BTreeMap<String, String> {
        form_of(&self.headers, &self.body)
    }

    /// Returns the query, unparsed.
    pub fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    /// Parses the body as this type.
    ///
    /// # Errors
    /// [`ApiError::MalformedBody`]; [`Refusal::Invalid`].
    pub fn body_as<T: FromInput>(&self) -> Result<T, ApiError> {
        Ok(T::from_input(&self.input()?).map_err(Refusal::Invalid)?)
    }

    /// Returns the fields of the body. An empty body has none. The content type does not matter.
    ///
    /// # Errors
    /// [`ApiError::MalformedBody`].
    pub fn input(&self) -> Result<Input, ApiError> {
        if self.body.is_empty() {
            return Ok(Input::default());
        }
        match serde_json::from_slice(&self.body) {
            Ok(Json::Object(fields)) => Ok(Input(fields)),
            _ => Err(ApiError::MalformedBody),
        }
    }
}

/// Returns the fields of a body that was sent as a form.
fn form_of(headers: &HeaderMap, body: &Bytes) -> BTreeMap<String, String> {
    let kind = headers::text(headers, "content-type").unwrap_or_default();
    form_fields(&kind, body).unwrap_or_default()
}

/// Returns the session token, from where this kind of client sends it.
pub fn session_credential(headers: &HeaderMap, settings: &Settings, kind: ClientKind) -> Option<String> {
    let credential = match kind {
        ClientKind::App => headers::text(headers, "x-session-token").map(Cow::into_owned),
        ClientKind::Browser => cookies::read(headers, &settings.cookies.session_name),
    };
    credential.filter(|credential| !credential.is_empty())
}

/// Returns the access token of the header `Authorization`, which has two words: our scheme and the token.
pub fn access_token(headers: &HeaderMap, settings: &Settings) -> Option<String> {
    let header = headers::text(headers, "authorization")?;
    let words = header.split_whitespace().collect::<Vec<_>>();
    let [scheme, token] = words[..] else { return None };
    scheme.eq_ignore_ascii_case(&settings.tokens.header_scheme).then(|| token.to_owned())
}
