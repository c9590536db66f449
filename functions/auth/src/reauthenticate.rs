//! Reauthentication with the password.

use shared::flow::Refusal;
use shared::flow::login::reauthentication;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::settings::RateAction;

/// `POST auth/reauthenticate`.
pub async fn reauthenticate(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    request.limit(RateAction::Reauthenticate, &user).await?;
    let mut problems = Vec::new();
    let password = request.input()?.raw_field("password", &mut problems);
    let password = password.ok_or(Refusal::Invalid(problems))?;
    let outcome = reauthentication::by_password(request.context(), user, session, password).await?;
    Ok(request.answer(&outcome))
}
