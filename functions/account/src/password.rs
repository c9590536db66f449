//! One's password.

use axum::http::Method;
use shared::flow::recovery::password_change;
use shared::flow::{Problem, Refusal};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::settings::RateAction;

/// `POST account/password/change`: a new password, or a first one.
pub async fn change(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    request.limit(RateAction::ChangePassword, &user).await?;
    if request.method == Method::GET {
        return Err(ApiError::MethodNotAllowed);
    }
    let input = request.input()?;
    let mut problems = Vec::new();
    let current = input.char_field("current_password", false, &mut problems);
    let new = input.char_field("new_password", false, &mut problems);
    if let Err(refused) = request.allow(&[Method::POST]) {
        if current.is_none() && user.has_usable_password() {
            problems.push(Problem::required("current_password"));
        }
        if new.is_none() {
            problems.push(Problem::required("new_password"));
        }
        return Err(if problems.is_empty() { refused } else { Refusal::Invalid(problems).into() });
    }
    let cx = request.context();
    let outcome = password_change::change(cx, user, session, current, new, problems).await?;
    Ok(request.answer(&outcome))
}
