//! Responses of the headless API: its envelopes, its error texts, and the cookies of browsers.

use super::error::ApiError;
use super::response::{ApiResponse, NEVER_CACHED};
use super::{cookies, csrf};
use crate::app::App;
use crate::envelope::{Authentication, Bare, ReauthenticationResponse};
use crate::flow::{Outcome, Problem, Refusal};
use crate::session::{Api, Caller};
use crate::settings::ClientKind;
use crate::tokens::Pair;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, header};

impl ApiResponse {
    /// Returns the response to the outcome of a flow: the caller after it, with the token or cookie of a new session,
    /// and with signed tokens.
    pub(super) fn outcome(app: &App, kind: ClientKind, outcome: &Outcome, pair: Option<Pair>) -> Self {
        Self::from(Authentication::of_outcome(app, kind, outcome, pair)).after(outcome)
    }

    /// Redirects the browser.
    pub fn redirect(location: String) -> Self {
        Self::html(302, String::new()).with_location(&location)
    }

    /// Sets the response's own Content-Security-Policy.
    pub fn with_policy(self, policy: String) -> Self {
        self.with_header(header::CONTENT_SECURITY_POLICY, &policy)
    }

    /// Applies the changes that a flow made to the session.
    pub fn after(mut self, outcome: &Outcome) -> Self {
        let issued = outcome.issued.as_ref().map(|token| Some(token.text()));
        self.session = issued.or(outcome.ended.then_some(None));
        self.logged_in_user = outcome.caller.user().map(|user| user.id).filter(|_| outcome.logged_in);
        self
    }

    /// Adds the cookie of a trusted browser, which can skip the second factor.
    pub fn with_trust(mut self, trust: Option<String>) -> Self {
        self.trust = trust;
        self
    }
}

/// Returns the HTTP response for the result of a handler. Without the headers of the request it sets no cookies.
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
    let known = csrf::secret(request, &app.settings).filter(|_| answer.logged_in_user.is_none());
    let secret = known.unwrap_or_else(|| csrf::new_secret(&*app.random));
    let session = match &answer.session {
        Some(token) => cookies::session(&app.settings, token.as_deref()),
        None => None,
    };
    let trust = answer.trust.as_deref().and_then(|value| cookies::trust(&app.settings, value));
    let known = cookies::read(request, &app.settings.cookies.device_name);
    let device = answer.logged_in_user.and_then(|user| cookies::device(app, Api::Headless, known.as_deref(), user));
    let cookies: [Option<HeaderValue>; 4] = [session, trust, device, cookies::csrf(&app.settings, &secret)];
    cookies.into_iter().fold(answer, ApiResponse::with_cookie).with_header(header::VARY, "Cookie")
}

/// Returns the response to an error, in the format of this API.
fn of_error(app: &App, kind: ClientKind, methods: &str, error: ApiError) -> ApiResponse {
    match error {
        ApiError::Response(response) => *response,
        ApiError::Refused(Refusal::RateLimited(seconds)) => {
            let response = ApiResponse::from(Bare::<429>::default());
            response.with_header(header::RETRY_AFTER, &seconds.to_string())
        }
        ApiError::MethodNotAllowed => ApiResponse::from(Bare::<405>::default()).with_header(header::ALLOW, methods),
        ApiError::Refused(refusal) => of_refusal(app, kind, refusal),
        ApiError::Gone => Authentication::new(app, kind, &Caller::Expired).into(),
        ApiError::MalformedRequest | ApiError::MalformedBody => Bare::<400>::default().into(),
        ApiError::BodyTooLarge => Bare::<413>::default().into(),
        ApiError::BodyTooSlow => Bare::<408>::default().into(),
        ApiError::NotFound => Bare::<404>::default().into(),
        ApiError::Csrf => Bare::<403>::default().into(),
    }
}

/// Returns the response to a flow's refusal, in the format of this API.
fn of_refusal(app: &App, kind: ClientKind, refusal: Refusal) -> ApiResponse {
    let invalid = |problem: Problem| ApiResponse::problems(400, &[problem]);
    match refusal {
        Refusal::Invalid(problems) => ApiResponse::problems(400, &problems),
        Refusal::IncorrectCredentials(method) => invalid(Problem::incorrect_credentials(method)),
        Refusal::TooManyLoginAttempts => invalid(Problem::too_many_login_attempts()),
        Refusal::StageRefused(stage) => invalid(Problem::stage_refused(stage)),
        Refusal::Factor(_) => invalid(Problem::incorrect_code("code")),
        Refusal::Conflict => Bare::<409>::default().into(),
        Refusal::InvalidToken => Bare::<400>::default().into(),
        Refusal::Forbidden => Bare::<403>::default().into(),
        Refusal::RateLimited(_) | Refusal::LockedOut(_) => Bare::<429>::default().into(),
        Refusal::ReauthenticationRequired(caller) => match ReauthenticationResponse::new(app, &caller) {
            Some(response) => ApiResponse::of(401, &response),
            None => Authentication::new(app, kind, &caller).into(),
        },
        Refusal::NotAuthenticated(caller) => Authentication::new(app, kind, &caller).into(),
        Refusal::Inactive | Refusal::SessionExpired => Authentication::new(app, kind, &Caller::Anonymous).into(),
        Refusal::Store(error) => {
            tracing::error!(%error, "the table is unavailable");
            Bare::<503>::default().into()
        }
    }
}

/// Returns a page, as Django does, because the request did not come from one of our scripts.
fn forbidden() -> ApiResponse {
    const PAGE: &str = "<!doctype html><html lang=\"en\"><title>403 Forbidden</title><h1>Forbidden</h1>\
        <p>CSRF verification failed. Request aborted.</p></html>";
    ApiResponse::html(403, PAGE.to_owned())
}
