//! The user's sessions.

use axum::http::Method;
use shared::envelope::Session;
use shared::flow::login::sessions as flow;
use shared::http::fields::Numbers;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::request;
use shared::session::Caller;

request! {
    /// Sessions to end.
    pub struct EndSessions {
        /// The ids of the sessions.
        sessions: Numbers,
    }
}

/// `auth/sessions`: `GET` lists the sessions, `DELETE` ends some of them.
pub async fn sessions(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    let app = &request.app;
    let (user, session) = if request.method == Method::DELETE {
        let EndSessions { sessions: Numbers(numbers) } = request.body_as()?;
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
