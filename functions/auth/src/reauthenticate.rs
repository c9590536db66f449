//! Reauthentication with the password.

use shared::flow::login::reauthentication;
use shared::http::fields::RawText;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::request;
use shared::settings::RateAction;

request! {
    /// The password of the user who is logged in.
    #[schemars(inline)]
    pub struct Reauthenticate {
        /// The password.
        password: RawText,
    }
}

/// `POST auth/reauthenticate`: checks the password of the user who is logged in.
pub async fn reauthenticate(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    request.limit(RateAction::Reauthenticate, &user).await?;
    let Reauthenticate { password: RawText(password) } = request.body_as()?;
    let outcome = reauthentication::by_password(request.context(), user, session, password).await?;
    Ok(request.answer(&outcome))
}
