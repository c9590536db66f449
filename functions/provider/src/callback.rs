//! The callback: browsers that return from an identity provider.

use super::redirect::to_error_page;
use axum::http::Method;
use shared::flow::identities::authorization::{
    AuthorizationError, callback_path, callback_url, find, handle_callback, keep_answer, take, with_error,
};
use shared::flow::identities::identity::Process;
use shared::flow::proven_identity::pending;
use shared::flow::{Outcome, Problem, Refusal};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::session::Caller;
use shared::settings::SameSite;

/// `/accounts/<provider>/login/callback/` and `/accounts/oidc/<id>/login/callback/`. Every answer is a redirect.
pub async fn callback(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let app = &request.app;
    let known = &app.settings.social.providers.apps;
    if !known.iter().any(|config| callback_path(&app.settings, config) == request.path()) {
        return Err(ApiError::NotFound);
    }
    if request.is_head {
        return Ok(ApiResponse::html(200, String::new()));
    }
    let params = request.form();
    let state = params.get("state").filter(|state| !state.is_empty());
    let Some(left) = (match state {
        Some(state) => find(&app.store, state).await?,
        None => None,
    }) else {
        return Ok(to_error_page(app, Process::Login));
    };
    let Some(config) = app.settings.social.providers.named(&left.provider) else {
        return Ok(to_error_page(app, Process::Login));
    };
    if callback_path(&app.settings, config) != request.path() {
        // Accept a response only at the URL of the provider that the request was sent to (RFC 9700, section 4.4).
        return Ok(to_error_page(app, Process::Login));
    }
    let own_url = callback_url(&app.settings, config);
    if request.method == Method::POST {
        // The provider's page posted this form, so the browser sent no cookie. Keep the answer and redirect the browser
        // here with GET.
        return Ok(match keep_answer(&app.store, left, params.clone()).await? {
            // The service generated this state, so it needs no escaping.
            true => ApiResponse::redirect(format!("{own_url}?state={}", state.map_or("", String::as_str))),
            false => to_error_page(app, Process::Login),
        });
    }
    let is_strict = app.settings.cookies.session_samesite == SameSite::Strict;
    let caller = request.caller().await?;
    if is_strict && caller.session().is_none() && !request.asks_for("_redir") {
        return Ok(ApiResponse::html(200, again(&format!("{own_url}?{}&_redir=", request.query()))));
    }
    // A newer version stored a process that this version does not know.
    let Some(process) = left.process() else { return Ok(to_error_page(app, Process::Login)) };
    if !take(&app.store, &caller, &left).await? {
        return Ok(to_error_page(app, Process::Login));
    }
    let next = left.next.clone();
    let fail = |error: &str| Ok(ApiResponse::redirect(with_error(&next, error, process)));
    match handle_callback(request.context(), caller, config, left, params).await {
        Ok(outcome) if is_logged_in_or_pending(&request, &outcome) => {
            Ok(ApiResponse::redirect(next.clone()).after(&outcome))
        }
        Ok(_) => fail("unknown"),
        Err(AuthorizationError::Cancelled) => fail("cancelled"),
        Err(AuthorizationError::Provider(error)) => {
            tracing::warn!(%error, provider = config.id(), "callback of an identity provider refused");
            fail("unknown")
        }
        Err(AuthorizationError::Refused(refusal)) => match error_of(&refusal, process) {
            Some(error) => fail(&error),
            None => Err(refusal.into()),
        },
    }
}

/// Returns whether the outcome is a logged-in user, or a session with a step that the user can complete.
pub fn is_logged_in_or_pending(request: &ApiRequest, outcome: &Outcome) -> bool {
    let app = &request.app;
    match &outcome.caller {
        Caller::User(_) => true,
        Caller::Pending(session) => {
            session.pending_stage(&app.settings, app.now()).is_some() || pending(session).is_some()
        }
        Caller::Anonymous | Caller::Expired => false,
    }
}

/// Returns the error code that the frontend receives, as in the reference. Returns `None` for an internal error.
pub fn error_of(refusal: &Refusal, process: Process) -> Option<String> {
    Some(match refusal {
        Refusal::Forbidden if process == Process::Connect => "permission_denied".to_owned(),
        Refusal::Forbidden => "signup_closed".to_owned(),
        Refusal::ReauthenticationRequired(_) => "reauthentication_required".to_owned(),
        Refusal::NotAuthenticated(_) => "permission_denied".to_owned(),
        Refusal::Invalid(problems) => problems.first().map_or("unknown", |problem| problem.code.as_ref()).to_owned(),
        Refusal::StageRefused(stage) => Problem::stage_refused(*stage).code.into_owned(),
        Refusal::Conflict
        | Refusal::RateLimited(_)
        | Refusal::LockedOut(_)
        | Refusal::InvalidToken
        | Refusal::Inactive
        | Refusal::SessionExpired
        | Refusal::Factor(_)
        | Refusal::IncorrectCredentials(_)
        | Refusal::TooManyLoginAttempts => "unknown".to_owned(),
        Refusal::Store(_) => return None,
    })
}

/// Returns a page that sends the browser to this URL again. With `SESSION_COOKIE_SAMESITE=Strict`, browsers send no
/// cookie when they come from another site. The second request comes from this page, so it has the cookie.
fn again(url: &str) -> String {
    let url = url.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0; url={url}\">\
         <title>Logging in</title><p><a href=\"{url}\">Continue</a></p></html>"
    )
}
