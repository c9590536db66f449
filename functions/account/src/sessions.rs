//! One's sessions.

use axum::http::Method;
use shared::envelope::Session;
use shared::flow::Refusal;
use shared::flow::login::sessions as flow;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::session::Caller;

/// `GET auth/sessions` lists, `DELETE` ends some.
pub async fn sessions(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    let app = &request.app;
    let (user, session) = if request.method == Method::DELETE {
        let mut problems = Vec::new();
        let numbers = request.input()?.choices_field("sessions", |_| true, &mut problems);
        let numbers = numbers.ok_or(Refusal::Invalid(problems))?;
        let outcome = flow::end(&app.store, user, session, &numbers).await?;
        match outcome.caller {
            Caller::User(parts) => *parts,
            _ => return Ok(request.answer(&outcome)),
        }
    } else {
        request.input()?;
        (user, session)
    };
    let sessions = flow::list(&app.store, &user, &session).await?;
    Ok(ApiResponse::data(Session::list(&app.settings, &sessions, &session)))
}
