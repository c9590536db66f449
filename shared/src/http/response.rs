//! From envelopes and rejections to responses.

use super::error::ApiError;
use super::{cookies, csrf};
use crate::account::UserId;
use crate::app::App;
use crate::envelope::Envelope;
use crate::flow::{Outcome, Problem, Refusal};
use crate::iri;
use crate::session::{Api, Caller, Token};
use crate::settings::ClientKind;
use crate::tokens::Pair;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};

/// What a handler answers.
pub struct ApiResponse {
    envelope: Envelope,
    /// Where the browser is sent, in place of an envelope.
    location: Option<String>,
    /// What a person reads, in place of an envelope.
    html: Option<String>,
    /// What a browser may do for that page, where it is more than to show text.
    policy: Option<String>,
    /// The new session cookie's value; `Some(None)` takes the cookie away.
    session: Option<Option<String>>,
    /// The value of the cookie by which this browser is let off the second factor.
    trust: Option<String>,
    /// Who has just got in: then the CSRF secret changes, and the browser is known from now on.
    pub(super) entered: Option<UserId>,
}

impl From<Envelope> for ApiResponse {
    fn from(envelope: Envelope) -> Self {
        Self { envelope, location: None, html: None, policy: None, session: None, trust: None, entered: None }
    }
}

impl ApiResponse {
    /// Where a flow has led: who the caller is now, with the token or cookie of a new session.
    pub fn outcome(app: &App, kind: ClientKind, outcome: &Outcome) -> Self {
        let mut envelope = Envelope::authentication(app, kind, &outcome.caller, outcome.issued.as_ref());
        if let (Some(name), Caller::User(_)) = (&outcome.shown_as, &outcome.caller) {
            envelope.body["data"]["user"]["display"] = name.as_str().into();
        }
        let issued = outcome.issued.as_ref().map(|token| Some(token.text()));
        let session = issued.or(outcome.ended.then_some(None));
        Self { session, entered: entered(outcome), ..Self::from(envelope) }
    }
}

impl ApiResponse {
    /// Sends the browser elsewhere.
    pub fn redirect(location: String) -> Self {
        Self { location: Some(location), ..Self::from(Envelope::bare(302)) }
    }

    /// A page that a person reads.
    pub fn html(status: u16, html: String) -> Self {
        Self { html: Some(html), ..Self::from(Envelope::bare(status)) }
    }

    /// The same, with a Content-Security-Policy of its own.
    pub fn with_policy(self, policy: String) -> Self {
        Self { policy: Some(policy), ..self }
    }

    /// The same, with what a flow changed of the session.
    pub fn after(self, outcome: &Outcome) -> Self {
        let issued = outcome.issued.as_ref().map(|token| Some(token.text()));
        Self { session: issued.or(outcome.ended.then_some(None)), entered: entered(outcome), ..self }
    }

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

/// Who got in by this.
fn entered(outcome: &Outcome) -> Option<UserId> {
    outcome.caller.user().map(|user| user.id).filter(|_| outcome.logged_in)
}

/// Returns the response to an answer or a rejection. Without the headers of the request it sets no cookies.
pub(super) fn respond(
    app: &App,
    kind: ClientKind,
    request: Option<&HeaderMap>,
    methods: &str,
    answered: Result<ApiResponse, ApiError>,
) -> Response<Body> {
    let mut retry_after = None;
    let (answer, allow) = match answered {
        Ok(answer) => (answer, None),
        Err(ApiError::Csrf) => return forbidden(),
        Err(rejection) => {
            if let ApiError::Refused(Refusal::RateLimited(seconds)) = rejection {
                retry_after = Some(HeaderValue::from(seconds));
            }
            let allow = matches!(rejection, ApiError::MethodNotAllowed).then_some(methods);
            (ApiResponse::from(rejected(app, kind, rejection)), allow)
        }
    };
    let location = answer.location.as_deref().and_then(location);
    let (kind_of_body, body) = match (&answer.location, &answer.html) {
        (Some(_), _) => ("text/html; charset=utf-8", String::new()),
        (None, Some(html)) => ("text/html; charset=utf-8", html.clone()),
        (None, None) => ("application/json", answer.envelope.body.to_string()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = answer.envelope.status.try_into().unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind_of_body));
    if let Some(location) = location {
        headers.insert(header::LOCATION, location);
    }
    if let Some(policy) = answer.policy.as_ref().and_then(|policy| HeaderValue::from_str(policy).ok()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let never = "max-age=0, no-cache, no-store, must-revalidate, private";
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(never));
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, seconds);
    }
    if let Some(allow) = allow.and_then(|methods| HeaderValue::from_str(methods).ok()) {
        headers.insert(header::ALLOW, allow);
    }
    if let (ClientKind::Browser, Some(request)) = (kind, request) {
        set_cookies(app, request, headers, &answer);
    }
    response
}

fn set_cookies(app: &App, request: &HeaderMap, headers: &mut HeaderMap, answer: &ApiResponse) {
    let known = csrf::secret(request, &app.settings).filter(|_| answer.entered.is_none());
    let secret = known.unwrap_or_else(|| csrf::new_secret(&*app.chance));
    let session = match &answer.session {
        Some(token) => cookies::session(&app.settings, token.as_deref()),
        None => None,
    };
    let trust = answer.trust.as_deref().and_then(|value| cookies::trust(&app.settings, value));
    let known = cookies::read(request, &app.settings.cookies.device_name);
    let device = answer.entered.and_then(|user| cookies::device(app, Api::Headless, known.as_deref(), user));
    for cookie in [session, trust, device, cookies::csrf(&app.settings, &secret)].into_iter().flatten() {
        headers.append(header::SET_COOKIE, cookie);
    }
    headers.insert(header::VARY, HeaderValue::from_static("Cookie"));
}

fn rejected(app: &App, kind: ClientKind, rejection: ApiError) -> Envelope {
    match rejection {
        ApiError::Refused(refusal) => refused(app, kind, refusal),
        ApiError::Gone => Envelope::authentication(app, kind, &Caller::Gone, None),
        ApiError::MalformedBody => Envelope::bare(400),
        ApiError::BodyTooLarge => Envelope::bare(413),
        ApiError::BodyTooSlow => Envelope::bare(408),
        ApiError::MethodNotAllowed => Envelope::bare(405),
        ApiError::NotFound => Envelope::bare(404),
        ApiError::Csrf => Envelope::bare(403),
    }
}

/// A flow's refusal in the words of the headless API.
fn refused(app: &App, kind: ClientKind, refusal: Refusal) -> Envelope {
    match refusal {
        Refusal::Invalid(problems) => Envelope::errors(&problems),
        Refusal::IncorrectCredentials(method) => Envelope::errors(&[Problem::incorrect_credentials(method)]),
        Refusal::TooManyLoginAttempts => Envelope::errors(&[Problem::too_many_login_attempts()]),
        Refusal::StageRefused(stage) => Envelope::errors(&[Problem::stage_refused(stage)]),
        Refusal::Factor(_) => Envelope::errors(&[Problem::incorrect_code("code")]),
        Refusal::Conflict => Envelope::bare(409),
        Refusal::InvalidToken => Envelope::bare(400),
        Refusal::Forbidden => Envelope::bare(403),
        Refusal::RateLimited(_) | Refusal::LockedOut(_) => Envelope::bare(429),
        Refusal::ReauthenticationRequired(caller) => Envelope::reauthentication(app, kind, &caller),
        Refusal::NotAuthenticated(caller) => Envelope::authentication(app, kind, &caller, None),
        Refusal::Inactive | Refusal::SessionExpired => Envelope::authentication(app, kind, &Caller::Anonymous, None),
        Refusal::Store(error) => {
            tracing::error!(%error, "the table did not do its part");
            Envelope::bare(503)
        }
    }
}

/// Returns the value of the header `Location` for an address. There is one for every address, because what a header
/// cannot hold is percent-encoded.
pub fn location(address: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(iri::to_uri(address)).ok()
}

/// As Django answers: a page, since no script of ours asked.
fn forbidden() -> Response<Body> {
    const PAGE: &str = "<!doctype html><html lang=\"en\"><title>403 Forbidden</title><h1>Forbidden</h1>\
        <p>CSRF verification failed. Request aborted.</p></html>";
    let mut response = Response::new(Body::from(PAGE));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// A JSON response with nothing of a client's in it.
pub(super) fn plain(envelope: &Envelope) -> Response<Body> {
    let mut response = Response::new(Body::from(envelope.body.to_string()));
    *response.status_mut() = StatusCode::from_u16(envelope.status).unwrap_or_default();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// A page that cannot be shown now.
pub fn unavailable(error: &dyn std::error::Error) -> Response<Body> {
    tracing::error!(%error, "a page could not be shown");
    plain(&Envelope::bare(503))
}

/// A document that is the same for everybody, and may be kept for so many seconds.
pub fn public_json(document: &serde_json::Value, seconds: u32) -> Response<Body> {
    let mut response = plain(&Envelope { status: 200, body: document.clone() });
    if let Ok(age) = HeaderValue::from_str(&format!("public, max-age={seconds}")) {
        response.headers_mut().insert(header::CACHE_CONTROL, age);
    }
    response
}
