//! Signup.

use shared::flow::signup::sign_up::signup as sign_up;
use shared::http::{ApiError, ApiRequest, ApiResponse, signup_form};

/// `POST auth/signup`: creates an account.
pub async fn signup(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller().await?;
    let input = request.input()?;
    let form = signup_form(&request.app, &input, true);
    let outcome = sign_up(request.context(), caller, form).await?;
    Ok(request.answer(&outcome))
}
