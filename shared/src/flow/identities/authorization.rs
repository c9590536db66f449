//! The redirect of a browser to an identity provider and back (RFC 6749, section 4.1, with RFC 7636).
//!
//! The state of such a request is a separate item, found by `state`, because Apple's answer is a form that another site
//! posts without Latchkey's cookies. The item is bound to the browser's session and can be used once.

use crate::app::App;
use crate::clock::Timestamp;
use crate::flow::identities::identity::{Process, complete};
use crate::flow::proven_identity::ProvenIdentity;
use crate::flow::{Context, Outcome, Refusal};
use crate::outbound::Roots;
use crate::provider::Redirect;
use crate::provider::{AppConfig, Callback, Engine, HttpFetch, NativeToken, PlainHttp, Provider, ProviderError};
use crate::secret;
use crate::session::{Caller, Session};
use crate::settings::{FrontendPage, Settings, TlsRoots, trusted_origin};
use crate::store::{Committed, Item, Key, Store, StoreError, Write};
use crate::versions::{Open, Unknown};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Seconds that a user can spend at the provider, as in django-allauth.
const LIFETIME: i64 = 600;

/// A request for which a user was redirected to a provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Digest of `state`.
    state: String,
    /// The application at the provider.
    pub provider: String,
    /// The purpose of the redirect.
    process: Open<Process>,
    /// The page of the frontend to which the user returns.
    pub next: String,
    /// Digest of the token of the session in which the user left.
    browser: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verifier: Option<String>,
    /// The page to which the provider sends the user, if a page of the client receives the answer and sends it to the
    /// API. Such a client knows `state`, and no session is involved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    handed_in_at: Option<String>,
    /// The provider's answer, if it came without the browser's cookies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<BTreeMap<String, String>>,
    ends: Timestamp,
    #[serde(default)]
    version: u64,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Item for AuthorizationRequest {
    fn key(&self) -> Key {
        Key::new(format!("STATE#{}", self.state), "REQUEST")
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.ends)
    }

    fn made_at(&self) -> Option<Timestamp> {
        Some(self.ends.plus_seconds(-LIFETIME))
    }
}

/// Returns the provider of an application.
pub fn provider<'a>(app: &'a App, config: &'a AppConfig) -> Provider<'a> {
    let engine = app.providers.get_or_init(|| {
        let roots = match app.settings.service.tls_roots {
            TlsRoots::Platform => Roots::Platform,
            TlsRoots::Amazon => Roots::Mozilla,
        };
        let timeout = Duration::from_secs(app.settings.social.requests_timeout);
        let fetch = HttpFetch::new(roots, PlainHttp::Loopback, timeout);
        Engine::new(Arc::new(fetch), PlainHttp::Loopback, app.settings.social_query_email())
    });
    engine.provider(config)
}

/// The path, below `PUBLIC_URL`, to which a provider sends users back.
pub fn callback_path(settings: &Settings, config: &AppConfig) -> String {
    if !config.is_openid_connect() {
        return format!("/accounts/{}/login/callback/", config.provider());
    }
    let prefix = settings.social.openid_connect_url_prefix.trim_matches('/');
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    format!("/accounts/{prefix}{}/login/callback/", config.id())
}

/// The URL to which a provider sends users back.
pub fn callback_url(settings: &Settings, config: &AppConfig) -> String {
    let base = settings.service.public_url.as_str().trim_end_matches('/');
    format!("{base}{}", callback_path(settings, config))
}

/// Whether users can be redirected to this URL: a path of this service, or a page of a frontend that the settings name.
/// This compares origins, not texts (CVE-2026-28512).
pub fn is_safe(settings: &Settings, url: &str) -> bool {
    let service = &settings.service;
    // Browsers strip control characters and treat `\` as `/`. Other characters that need encoding are encoded in
    // `Location`.
    if url.is_empty() || url.chars().any(|c| c.is_control() || c == '\\') {
        return false;
    }
    let is_relative = url.starts_with('/') && !url.starts_with("//");
    let parsed = if is_relative { service.public_url.join(url) } else { Url::parse(url) };
    let Ok(parsed) = parsed else { return false };
    if !matches!(parsed.scheme(), "http" | "https") || !parsed.username().is_empty() || parsed.password().is_some() {
        return false;
    }
    let origin = parsed.origin().ascii_serialization();
    let of = |url: &str| Url::parse(&url.replace("{key}", "key")).map(|url| url.origin().ascii_serialization()).ok();
    service.public_url.origin().ascii_serialization() == origin
        || service.cors_allowed_origins.contains(&origin)
        || settings.cookies.csrf_trusted_origins.iter().any(|trusted| trusted_origin(trusted, &origin))
        || settings.headless.frontend_urls.values().filter_map(|url| of(url)).any(|known| known == origin)
}

/// The URL of a frontend page, with the reason of a failure in its query.
pub fn with_error(next: &str, error: &str, process: Process) -> String {
    let (next, fragment) = next.split_once('#').map_or((next, None), |(next, fragment)| (next, Some(fragment)));
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("error", error).append_pair("error_process", process.as_str());
    let separator = if next.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{next}{separator}{}{fragment}", query.finish())
}

/// Returns the URL of the error page for users who cannot be sent to their frontend page: `socialaccount_login_error`
/// of `HEADLESS_FRONTEND_URLS`, or the hosted page.
pub fn login_error(settings: &Settings, error: &str, process: Process) -> String {
    let page = FrontendPage::LOGIN_ERROR;
    let hosted = if settings.serves_pages() { page.hosted } else { "/" };
    let page = settings.headless.frontend_urls.get(page.name).map_or(hosted, String::as_str);
    let prefix = settings.service.public_url.path().trim_end_matches('/');
    with_error(&if page.starts_with('/') { format!("{prefix}{page}") } else { page.to_owned() }, error, process)
}

/// Why a user cannot be redirected to a provider.
#[derive(Debug, thiserror::Error)]
pub enum BeginAuthorizationError {
    /// The provider or its settings are at fault.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The table is unavailable.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Stores the request before a user is redirected to a provider. Returns its `state`, the outcome with the session (a
/// new one if the caller had none), and the request.
///
/// # Errors
/// The table is unavailable.
pub async fn create_authorization_request(
    cx: Context<'_>,
    caller: &Caller,
    provider: &str,
    process: Process,
    next: &str,
) -> Result<(String, Outcome, AuthorizationRequest), StoreError> {
    let mut writes = Vec::new();
    let (session, outcome) = match caller.session() {
        Some(session) => (session.clone(), Outcome::unchanged(caller.clone())),
        None => {
            let (session, token) = Session::pending(cx.app, cx.client);
            writes.push(Write::create(&session)?);
            let caller = Caller::Pending(Box::new(session.clone()));
            (session, Outcome { issued: Some(token), ..Outcome::unchanged(caller) })
        }
    };
    let (state, mut request) = AuthorizationRequest::new(cx, provider, process);
    request.next = next.to_owned();
    request.browser.clone_from(&session.secret);
    writes.push(Write::create(&request)?);
    cx.store.commit_with_retries(writes).await?;
    Ok((state, outcome, request))
}

impl AuthorizationRequest {
    /// The purpose of the redirect; `None` if a newer version stored one that this version does not know.
    pub fn process(&self) -> Option<Process> {
        self.process.known().copied()
    }

    /// Creates a request. Returns it with its `state`.
    fn new(cx: Context<'_>, provider: &str, process: Process) -> (String, Self) {
        let state = secret::encode(&cx.random::<24>());
        let request = Self {
            state: secret::digest(state.as_bytes()),
            provider: provider.to_owned(),
            process: process.into(),
            next: String::new(),
            browser: String::new(),
            nonce: Some(secret::encode(&cx.random::<24>())),
            verifier: Some(secret::encode(&cx.random::<32>())),
            handed_in_at: None,
            answer: None,
            ends: cx.now().plus_seconds(LIFETIME),
            version: 0,
            unknown: Unknown::default(),
        };
        (state, request)
    }

    /// The URL to which the provider has to send the user back.
    fn redirect_uri(&self, settings: &Settings, config: &AppConfig) -> String {
        self.handed_in_at.clone().unwrap_or_else(|| callback_url(settings, config))
    }
}

/// Begins a redirect to a provider. Returns its URL, and the outcome with the session.
///
/// # Errors
/// The provider's authorization URL cannot be determined; the table is unavailable.
pub async fn begin_authorization(
    cx: Context<'_>,
    caller: &Caller,
    config: &AppConfig,
    process: Process,
    next: &str,
) -> Result<(String, Outcome), BeginAuthorizationError> {
    let (state, outcome, request) = create_authorization_request(cx, caller, config.id(), process, next).await?;
    Ok((authorize_url(cx, config, &request, &state).await?, outcome))
}

/// Begins a redirect to a provider that sends the user back to a page of their client, which sends the answer to the
/// API. Returns the URL, and the `state` that the client has to send with the answer.
///
/// # Errors
/// As [`begin_authorization`].
pub async fn begin_client_authorization(
    cx: Context<'_>,
    config: &AppConfig,
    page: &str,
) -> Result<(String, String), BeginAuthorizationError> {
    let (state, mut request) = AuthorizationRequest::new(cx, config.id(), Process::Login);
    request.handed_in_at = Some(page.to_owned());
    let url = authorize_url(cx, config, &request, &state).await?;
    cx.store.commit_with_retries(vec![Write::create(&request)?]).await?;
    Ok((url, state))
}

async fn authorize_url(
    cx: Context<'_>,
    config: &AppConfig,
    request: &AuthorizationRequest,
    state: &str,
) -> Result<String, ProviderError> {
    let redirect_uri = request.redirect_uri(&cx.settings, config);
    // The request to generic OpenID Connect is the same as in django-allauth. If PKCE is on, it also contains the
    // nonce.
    let uses_pkce = config.uses_pkce();
    let redirect = Redirect {
        redirect_uri: &redirect_uri,
        state,
        nonce: request.nonce.as_deref().filter(|_| uses_pkce || !config.is_openid_connect()),
        pkce_verifier: request.verifier.as_deref().filter(|_| uses_pkce),
        ..Redirect::default()
    };
    let url = provider(cx.app, config).authorize_url(&redirect, cx.now().seconds()).await?;
    Ok(url.into())
}

/// Finds the request with this `state`, if it has not expired.
///
/// # Errors
/// The table is unavailable.
pub async fn find(store: &Store, state: &str) -> Result<Option<AuthorizationRequest>, StoreError> {
    Ok(find_any(store, state).await?.filter(|request| request.handed_in_at.is_none()))
}

async fn find_any(store: &Store, state: &str) -> Result<Option<AuthorizationRequest>, StoreError> {
    let key = Key::new(format!("STATE#{}", secret::digest(state.as_bytes())), "REQUEST");
    store.find(&key).await
}

/// Finds and uses up the request of a client that sends the answer to the API itself. Returns `None` if there is no
/// valid request with this `state` for this provider.
///
/// # Errors
/// The table is unavailable.
pub async fn take_handed_in(
    store: &Store,
    provider: &str,
    state: &str,
) -> Result<Option<AuthorizationRequest>, StoreError> {
    let fits = |it: &AuthorizationRequest| it.handed_in_at.is_some() && it.provider == provider;
    let Some(request) = find_any(store, state).await?.filter(fits) else { return Ok(None) };
    let taken = matches!(store.commit(vec![Write::delete(&request)]).await?, Committed::Done);
    Ok(taken.then_some(request))
}

/// Stores the answer that a provider posted without Latchkey's cookies, until the browser sends a request with its
/// cookies. Returns whether the answer was stored. Only the first answer is.
///
/// # Errors
/// The table is unavailable.
pub async fn keep_answer(
    store: &Store,
    request: AuthorizationRequest,
    answer: BTreeMap<String, String>,
) -> Result<bool, StoreError> {
    if request.answer.is_some() {
        return Ok(false);
    }
    let request = AuthorizationRequest { answer: Some(answer), ..request };
    Ok(matches!(store.commit(vec![Write::replace(&request)?]).await?, Committed::Done))
}

/// Uses up a request, if the browser is the one that left with it. Returns whether the answer may be used.
///
/// # Errors
/// The table is unavailable.
pub async fn take(store: &Store, caller: &Caller, request: &AuthorizationRequest) -> Result<bool, StoreError> {
    let same = |session: &Session| secret::same(session.secret.as_bytes(), request.browser.as_bytes());
    if !caller.session().is_some_and(same) {
        tracing::info!("callback of an identity provider came from another browser");
        return Ok(false);
    }
    Ok(matches!(store.commit(vec![Write::delete(request)]).await?, Committed::Done))
}

/// Why the return of a user from a provider failed.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizationError {
    /// The user cancelled at the provider.
    #[error("cancelled")]
    Cancelled,
    /// The provider's answer is not accepted.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The process is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Completes the process with the provider's answer. The caller must have used up the request with [`take`].
///
/// # Errors
/// [`AuthorizationError`].
pub async fn handle_callback(
    cx: Context<'_>,
    caller: Caller,
    config: &AppConfig,
    request: AuthorizationRequest,
    params: BTreeMap<String, String>,
) -> Result<Outcome, AuthorizationError> {
    let process = request.process().ok_or(Refusal::Forbidden)?;
    let redirect_uri = request.redirect_uri(&cx.settings, config);
    let params = request.answer.unwrap_or(params);
    let now = cx.now().seconds();
    if let Some(error) = params.get("error") {
        // LinkedIn has its own error codes.
        const OF_LINKEDIN: [&str; 2] = ["user_cancelled_authorize", "user_cancelled_login"];
        let of_linkedin = config.provider().starts_with("linkedin") && OF_LINKEDIN.contains(&error.as_str());
        let cancelled = error == "access_denied" || of_linkedin;
        let denied = ProviderError::Denied(error.chars().filter(char::is_ascii_graphic).take(80).collect());
        return Err(if cancelled { AuthorizationError::Cancelled } else { denied.into() });
    }
    let provider = provider(cx.app, config);
    let who = if config.is_telegram() {
        let answer = params.get("tgAuthResult").map(String::as_str).unwrap_or_default();
        ProvenIdentity::new(cx, config, provider.identify_telegram(answer, now)?, None)
    } else {
        let missing = || ProviderError::Nonsense("no code in the answer".to_owned());
        let callback = Callback {
            code: params.get("code").filter(|code| !code.is_empty()).ok_or_else(missing)?,
            redirect_uri: &redirect_uri,
            pkce_verifier: request.verifier.as_deref().filter(|_| config.uses_pkce()),
            params: &params,
        };
        let tokens = provider.exchange(&callback, now).await?;
        let asked = config.uses_pkce() || !config.is_openid_connect();
        let identity = provider.identify(&tokens, request.nonce.as_deref().filter(|_| asked), now).await?;
        ProvenIdentity::new(cx, config, identity, Some(&tokens))
    };
    Ok(complete(cx, caller, process, who).await?)
}

/// Logs in or signs up with an access token that a client has received from the provider. The token is accepted only if
/// the provider says that it was issued for this service's application.
///
/// # Errors
/// [`AuthorizationError`].
pub async fn complete_with_access_token(
    cx: Context<'_>,
    caller: Caller,
    config: &AppConfig,
    token: &str,
) -> Result<Outcome, AuthorizationError> {
    let identity = provider(cx.app, config).verify_access_token(token, cx.now().seconds()).await?;
    let who = ProvenIdentity::new(cx, config, identity, None);
    Ok(complete(cx, caller, Process::Login, who).await?)
}

/// Completes the process with a token that an app has received from the provider.
///
/// # Errors
/// [`AuthorizationError`].
pub async fn complete_with_token(
    cx: Context<'_>,
    caller: Caller,
    config: &AppConfig,
    process: Process,
    token: &NativeToken<'_>,
) -> Result<Outcome, AuthorizationError> {
    let identity = provider(cx.app, config).verify_token(token, cx.now().seconds()).await?;
    let who = ProvenIdentity::new(cx, config, identity, None);
    Ok(complete(cx, caller, process, who).await?)
}
