//! Responses of the headless API: its envelopes, its words for errors, and the cookies of browsers.

use super::error::ApiError;
use super::response::{ApiResponse, NEVER_CACHED};
use super::{cookies, csrf};
use crate::app::App;
use crate::envelope::Envelope;
use crate::flow::{Outcome, Problem, Refusal};
use crate::session::{Api, Caller, Token};
use crate::settings::ClientKind;
use crate::tokens::Pair;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, header};

impl ApiResponse {
    /// Where a flow has led: who the caller is now, with the token or cookie of a new session.
    pub fn outcome(app: &App, kind: ClientKind, outcome: &Outcome) -> Self {
        let mut envelope = Envelope::authentication(app, kind, &outcome.caller, outcome.issued.as_ref());
        if let (Some(name), Caller::User(_)) = (&outcome.shown_as, &outcome.caller) {
            envelope.body["data"]["user"]["display"] = name.as_str().into();
        }
        Self::from(envelope).after(outcome)
    }

    /// Sends the browser elsewhere.
    pub fn redirect(location: String) -> Self {
        Self::html(302, String::new()).with_location(&location)
    }

    /// The same, with a Content-Security-Policy of its own.
    pub fn with_policy(self, policy: String) -> Self {
        self.with_header(header::CONTENT_SECURITY_POLICY, &policy)
    }

    /// The same, with what a flow changed of the session.
    pub fn after(mut self, outcome: &Outcome) -> Self {
        let issued = outcome.issued.as_ref().map(|token| Some(token.text()));
        self.session = issued.or(outcome.ended.then_some(None));
        self.entered = outcome.caller.user().map(|user| user.id).filter(|_| outcome.logged_in);
        self
    }

    /// The same, with the token or cookie of a new session, if there is one.
    pub fn with_session(mut self, kind: ClientKind, issued: Option<&Token>) -> Self {
        if let Some(token) = issued {
            if kind == ClientKind::App {
                self = self.with_meta("session_token", token.text().into());
            }
            self.session = Some(Some(token.text()));
        }
        self
    }

    /// The same, with signed tokens.
    pub(super) fn with_tokens(self, pair: Pair) -> Self {
        let response = self.with_meta("access_token", pair.access.into());
        match pair.refresh {
            Some(refresh) => response.with_meta("refresh_token", refresh.into()),
            None => response,
        }
    }

    /// The same, with the cookie by which this browser is let off the second factor.
    pub fn with_trust(mut self, trust: Option<String>) -> Self {
        self.trust = trust;
        self
    }
}

/// Returns the HTTP response to what a handler gave back. Without the headers of the request it sets no cookies.
pub(super) fn respond(
    app: &App,
    kind: ClientKind,
    request: Option<&HeaderMap>,
    methods: &str,
    answered: Result<ApiResponse, ApiError>,
) -> Response<Body> {
    let answer = match answered {
        Ok(answer) => answer,
        Err(ApiError::Csrf) => return forbidden().into_response(),
        Err(error) => of_error(app, kind, methods, error),
    };
    let answer = answer.with_header(header::CACHE_CONTROL, NEVER_CACHED);
    match (kind, request) {
        (ClientKind::Browser, Some(request)) => with_cookies(app, request, answer).into_response(),
        _ => answer.into_response(),
    }
}

fn with_cookies(app: &App, request: &HeaderMap, answer: ApiResponse) -> ApiResponse {
    let known = csrf::secret(request, &app.settings).filter(|_| answer.entered.is_none());
    let secret = known.unwrap_or_else(|| csrf::new_secret(&*app.chance));
    let session = match &answer.session {
        Some(token) => cookies::session(&app.settings, token.as_deref()),
        None => None,
    };
    let trust = answer.trust.as_deref().and_then(|value| cookies::trust(&app.settings, value));
    let known = cookies::read(request, &app.settings.cookies.device_name);
    let device = answer.entered.and_then(|user| cookies::device(app, Api::Headless, known.as_deref(), user));
    let cookies: [Option<HeaderValue>; 4] = [session, trust, device, cookies::csrf(&app.settings, &secret)];
    cookies.into_iter().fold(answer, ApiResponse::with_cookie).with_header(header::VARY, "Cookie")
}

/// An error in the words of this API.
fn of_error(app: &App, kind: ClientKind, methods: &str, error: ApiError) -> ApiResponse {
    let envelope = match error {
        ApiError::Response(response) => return *response,
        ApiError::Refused(Refusal::RateLimited(seconds)) => {
            let response = ApiResponse::from(Envelope::bare(429));
            return response.with_header(header::RETRY_AFTER, &seconds.to_string());
        }
        ApiError::MethodNotAllowed => {
            return ApiResponse::from(Envelope::bare(405)).with_header(header::ALLOW, methods);
        }
        ApiError::Refused(refusal) => of_refusal(app, kind, refusal),
        ApiError::Gone => Envelope::authentication(app, kind, &Caller::Gone, None),
        ApiError::MalformedRequest | ApiError::MalformedBody => Envelope::bare(400),
        ApiError::BodyTooLarge => Envelope::bare(413),
        ApiError::BodyTooSlow => Envelope::bare(408),
        ApiError::NotFound => Envelope::bare(404),
        ApiError::Csrf => Envelope::bare(403),
    };
    envelope.into()
}

/// A flow's refusal in the words of this API.
fn of_refusal(app: &App, kind: ClientKind, refusal: Refusal) -> Envelope {
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
            tracing::error!(%error, "the table is unavailable");
            Envelope::bare(503)
        }
    }
}

/// As Django answers: a page, since no script of ours asked.
fn forbidden() -> ApiResponse {
    const PAGE: &str = "<!doctype html><html lang=\"en\"><title>403 Forbidden</title><h1>Forbidden</h1>\
        <p>CSRF verification failed. Request aborted.</p></html>";
    ApiResponse::html(403, PAGE.to_owned())
}
