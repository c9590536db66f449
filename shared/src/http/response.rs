//! From envelopes and rejections to responses.

use super::exchange::Rejection;
use super::{cookies, csrf};
use crate::app::App;
use crate::envelope::Envelope;
use crate::flow::{Outcome, Refusal};
use crate::session::{Caller, Token};
use crate::settings::ClientKind;
use crate::tokens::Pair;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, header};

/// What a handler answers.
pub struct Answer {
    envelope: Envelope,
    /// The new session cookie's value; `Some(None)` takes the cookie away.
    session: Option<Option<String>>,
    /// The value of the cookie by which this browser is let off the second factor.
    trust: Option<String>,
    /// Whether somebody has just got in: then the CSRF secret changes.
    pub(super) logged_in: bool,
}

impl From<Envelope> for Answer {
    fn from(envelope: Envelope) -> Self {
        Self { envelope, session: None, trust: None, logged_in: false }
    }
}

impl Answer {
    /// Where a flow has led: who the caller is now, with the token or cookie of a new session.
    pub fn outcome(app: &App, kind: ClientKind, outcome: &Outcome) -> Self {
        let mut envelope = Envelope::authentication(app, kind, &outcome.caller, outcome.issued.as_ref());
        if let (Some(name), Caller::User(_)) = (&outcome.shown_as, &outcome.caller) {
            envelope.body["data"]["user"]["display"] = name.as_str().into();
        }
        let issued = outcome.issued.as_ref().map(|token| Some(token.text()));
        Self { envelope, session: issued.or(outcome.ended.then_some(None)), trust: None, logged_in: outcome.logged_in }
    }
}

impl Answer {
    /// The same, with the token or cookie of a new session, if there is one.
    pub fn with_session(mut self, kind: ClientKind, issued: Option<&Token>) -> Self {
        if let Some(token) = issued {
            if kind == ClientKind::App {
                self.envelope = self.envelope.with_meta("session_token", token.text().into());
            }
            self.session = Some(Some(token.text()));
        }
        self
    }

    /// The same, with signed tokens.
    pub(super) fn with_tokens(mut self, pair: Pair) -> Self {
        self.envelope = self.envelope.with_meta("access_token", pair.access.into());
        if let Some(refresh) = pair.refresh {
            self.envelope = self.envelope.with_meta("refresh_token", refresh.into());
        }
        self
    }

    /// The same, with the cookie by which this browser is let off the second factor.
    pub fn with_trust(self, trust: Option<String>) -> Self {
        Self { trust, ..self }
    }
}

/// The response to an answer or a rejection.
pub(super) fn respond(
    app: &App,
    kind: ClientKind,
    request: &HeaderMap,
    methods: &str,
    answered: Result<Answer, Rejection>,
) -> Response<Body> {
    let (answer, allow) = match answered {
        Ok(answer) => (answer, None),
        Err(Rejection::Csrf) => return forbidden(),
        Err(rejection) => {
            let allow = matches!(rejection, Rejection::MethodNotAllowed).then_some(methods);
            (Answer::from(rejected(app, kind, rejection)), allow)
        }
    };
    let mut response = Response::new(Body::from(answer.envelope.body.to_string()));
    *response.status_mut() = answer.envelope.status.try_into().unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let never = "max-age=0, no-cache, no-store, must-revalidate, private";
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(never));
    if let Some(allow) = allow.and_then(|methods| HeaderValue::from_str(methods).ok()) {
        headers.insert(header::ALLOW, allow);
    }
    if kind == ClientKind::Browser {
        set_cookies(app, request, headers, &answer);
    }
    response
}

fn set_cookies(app: &App, request: &HeaderMap, headers: &mut HeaderMap, answer: &Answer) {
    let known = csrf::secret(request, &app.settings).filter(|_| !answer.logged_in);
    let secret = known.unwrap_or_else(|| csrf::new_secret(&*app.chance));
    let session = match &answer.session {
        Some(token) => cookies::session(&app.settings, token.as_deref()),
        None => None,
    };
    let trust = answer.trust.as_deref().and_then(|value| cookies::trust(&app.settings, value));
    for cookie in [session, trust, cookies::csrf(&app.settings, &secret)].into_iter().flatten() {
        headers.append(header::SET_COOKIE, cookie);
    }
    headers.insert(header::VARY, HeaderValue::from_static("Cookie"));
}

fn rejected(app: &App, kind: ClientKind, rejection: Rejection) -> Envelope {
    match rejection {
        Rejection::Refused(Refusal::Invalid(problems)) => Envelope::errors(&problems),
        Rejection::Refused(Refusal::Conflict) => Envelope::bare(409),
        Rejection::Refused(Refusal::InvalidToken) => Envelope::bare(400),
        Rejection::Refused(Refusal::Forbidden) => Envelope::bare(403),
        Rejection::Refused(Refusal::RateLimited) => Envelope::bare(429),
        Rejection::Refused(Refusal::ReauthenticationRequired(caller)) => Envelope::reauthentication(app, kind, &caller),
        Rejection::Refused(Refusal::NotAuthenticated(caller)) => Envelope::authentication(app, kind, &caller, None),
        Rejection::Refused(Refusal::Store(error)) => {
            tracing::error!(%error, "the table did not do its part");
            Envelope::bare(503)
        }
        Rejection::Gone => Envelope::authentication(app, kind, &Caller::Gone, None),
        Rejection::MalformedBody => Envelope::bare(400),
        Rejection::BodyTooLarge => Envelope::bare(413),
        Rejection::MethodNotAllowed => Envelope::bare(405),
        Rejection::Csrf => Envelope::bare(403),
    }
}

/// As Django answers: a page, since no script of ours asked.
fn forbidden() -> Response<Body> {
    const PAGE: &str = "<!doctype html><html lang=\"en\"><title>403 Forbidden</title><h1>Forbidden</h1>\
        <p>CSRF verification failed. Request aborted.</p></html>";
    let mut response = Response::new(Body::from(PAGE));
    *response.status_mut() = axum::http::StatusCode::FORBIDDEN;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}
