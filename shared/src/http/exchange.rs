//! One request, as a handler sees it.

use super::address::{Peer, client_address};
use super::{Answer, Input, cookies, csrf};
use crate::account::User;
use crate::app::App;
use crate::flow::{Outcome, Refusal};
use crate::session::{Caller, ClientInfo, Session, find_caller, track};
use crate::settings::ClientKind;
use crate::store::StoreError;
use crate::throttle::Action;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request};
use serde_json::Value as Json;
use std::sync::Arc;

/// Why a request gets no answer of the kind it asked for.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// A flow's own refusal.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The app's session token is no good, or no longer.
    #[error("the session token is no good")]
    Gone,
    /// The body is no JSON object.
    #[error("the body is no JSON object")]
    MalformedBody,
    /// The body is larger than anything sensible.
    #[error("the body is too large")]
    BodyTooLarge,
    /// The endpoint does not do this.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// An unsafe request of a browser that is not from a page of ours.
    #[error("the CSRF check failed")]
    Csrf,
}

impl Rejection {
    /// What the log and the metrics call it: the codes of an input's problems, or the kind of refusal.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Refused(Refusal::Invalid(problems)) => {
                let codes = problems.iter().map(|problem| problem.code.as_ref()).collect::<Vec<_>>();
                codes.join(" ")
            }
            other => other.to_string(),
        }
    }
}

impl From<StoreError> for Rejection {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

/// A request.
pub struct Exchange {
    /// The service's parts.
    pub app: Arc<App>,
    /// Which kind of client asks.
    pub kind: ClientKind,
    /// The method; HEAD counts as GET.
    pub method: Method,
    /// The headers.
    pub headers: HeaderMap,
    /// Who asks, as far as the network shows.
    pub client: ClientInfo,
    query: String,
    body: Bytes,
}

impl Exchange {
    /// Bytes of a body that are read at all (Django's `DATA_UPLOAD_MAX_MEMORY_SIZE`).
    const MOST_BODY: usize = 2_621_440;

    /// Reads a request, and turns away what is forged or too large.
    ///
    /// # Errors
    /// [`Rejection::Csrf`], [`Rejection::BodyTooLarge`].
    pub async fn read(app: Arc<App>, kind: ClientKind, request: Request<Body>) -> Result<Self, Rejection> {
        let (parts, body) = request.into_parts();
        if kind == ClientKind::Browser && !csrf::is_allowed(&parts.method, &parts.headers, &app.settings) {
            return Err(Rejection::Csrf);
        }
        let peer = parts.extensions.get::<Peer>().copied().unwrap_or_default();
        let ip = client_address(peer, &parts.headers, &app.settings.service);
        let user_agent = parts.headers.get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_browser = kind == ClientKind::Browser;
        let trust = cookies::read(&parts.headers, &app.settings.mfa.trust_cookie_name).filter(|_| is_browser);
        let client = ClientInfo { ip, user_agent: user_agent.to_owned(), is_browser, trust };
        let body = axum::body::to_bytes(body, Self::MOST_BODY).await.map_err(|_| Rejection::BodyTooLarge)?;
        let method = if parts.method == Method::HEAD { Method::GET } else { parts.method };
        let query = parts.uri.query().unwrap_or_default().to_owned();
        Ok(Self { app, kind, method, headers: parts.headers, client, query, body })
    }

    /// Who asks. Without a credential nobody has to be asked for it.
    ///
    /// # Errors
    /// [`Rejection::Gone`] for an app whose token is no good; the table is unavailable.
    pub async fn caller(&self) -> Result<Caller, Rejection> {
        let mut caller = self.find_caller().await?;
        if let Caller::User(parts) = &mut caller {
            track(&self.app, &self.client, self.kind, &mut parts.1).await?;
        }
        Ok(caller)
    }

    /// Who asks; the table is only read.
    async fn find_caller(&self) -> Result<Caller, Rejection> {
        let Some(credential) = self.credential() else { return Ok(Caller::Anonymous) };
        match (find_caller(&self.app, &credential).await?, self.kind) {
            (Caller::Gone, ClientKind::App) => Err(Rejection::Gone),
            (Caller::Gone, ClientKind::Browser) => Ok(Caller::Anonymous),
            (caller, _) => Ok(caller),
        }
    }

    /// The user who asks, and with which session.
    ///
    /// # Errors
    /// [`Refusal::NotAuthenticated`] for everybody else; as [`Exchange::caller`].
    pub async fn user(&self) -> Result<(User, Session), Rejection> {
        match self.caller().await? {
            Caller::User(parts) => Ok(*parts),
            other => Err(Refusal::NotAuthenticated(other).into()),
        }
    }

    /// Counts an action of a user by its rate; reading is free.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`]; the table is unavailable.
    pub async fn limit(&self, action: &'static str, user: &User) -> Result<(), Rejection> {
        if self.method == Method::GET {
            return Ok(());
        }
        let user = user.id.to_string();
        let consumed = self.app.consume(self.client.ip, &[Action::of(action, &user)]).await?;
        consumed.map(|_| ()).map_err(|_| Refusal::RateLimited.into())
    }

    /// Turns away an app whose token is no good, where it does not matter who asks. Nothing is written: a function that
    /// needs no more than this has no right to write.
    ///
    /// # Errors
    /// As [`Exchange::caller`].
    pub async fn caller_of_app(&self) -> Result<(), Rejection> {
        match self.kind {
            ClientKind::App => self.find_caller().await.map(|_| ()),
            ClientKind::Browser => Ok(()),
        }
    }

    /// Turns away a method that the endpoint does nothing for.
    ///
    /// # Errors
    /// [`Rejection::MethodNotAllowed`].
    pub fn allow(&self, methods: &[Method]) -> Result<(), Rejection> {
        if methods.contains(&self.method) { Ok(()) } else { Err(Rejection::MethodNotAllowed) }
    }

    /// Where a flow has led, as this client is told.
    pub fn answer(&self, outcome: &Outcome) -> Answer {
        Answer::outcome(&self.app, self.kind, outcome)
    }

    /// The session token, from where this kind of client keeps it.
    fn credential(&self) -> Option<String> {
        let credential = match self.kind {
            ClientKind::App => {
                let header = self.headers.get("x-session-token")?;
                Some(header.to_str().unwrap_or("unreadable").to_owned())
            }
            ClientKind::Browser => cookies::read(&self.headers, &self.app.settings.cookies.session_name),
        };
        credential.filter(|credential| !credential.is_empty())
    }

    /// The body as it came.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        cookies::read(&self.headers, name)
    }

    /// Whether the request shows that it comes from a page of ours: for APIs that ask browsers for it at some endpoints
    /// only.
    pub fn is_from_our_page(&self) -> bool {
        csrf::is_allowed(&self.method, &self.headers, &self.app.settings)
    }

    /// The secret that pages of ours show with their requests, and the cookie that holds it: the caller's, or a new one.
    pub fn csrf(&self) -> (String, Option<HeaderValue>) {
        let known = csrf::secret(&self.headers, &self.app.settings);
        let secret = known.unwrap_or_else(|| csrf::new_secret(&*self.app.chance));
        let cookie = cookies::csrf(&self.app.settings, &secret);
        (secret, cookie)
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the query names this parameter, with or without a value.
    pub fn asks_for(&self, name: &str) -> bool {
        url::form_urlencoded::parse(self.query.as_bytes()).any(|(known, _)| known == name)
    }

    /// The body's fields; none in an empty body. The content type does not matter.
    ///
    /// # Errors
    /// [`Rejection::MalformedBody`].
    pub fn input(&self) -> Result<Input, Rejection> {
        if self.body.is_empty() {
            return Ok(Input::default());
        }
        match serde_json::from_slice(&self.body) {
            Ok(Json::Object(fields)) => Ok(Input(fields)),
            _ => Err(Rejection::MalformedBody),
        }
    }
}
