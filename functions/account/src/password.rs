//! One's password.

use shared::flow::recovery::password_change;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::settings::RateAction;

/// `POST account/password/change`: a new password, or a first one.
pub async fn change(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    request.limit(RateAction::ChangePassword, &user).await?;
    let input = request.input()?;
    let mut problems = Vec::new();
    let current = input.char_field("current_password", false, &mut problems);
    let new = input.char_field("new_password", false, &mut problems);
    let cx = request.context();
    let outcome = password_change::change(cx, user, session, current, new, problems).await?;
    Ok(request.answer(&outcome))
}
