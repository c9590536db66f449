//! Refresh of the signed tokens of apps.

use shared::envelope::RefreshedTokens;
use shared::flow::Refusal;
use shared::flow::token_refresh::refresh as renew;
use shared::http::fields::Text;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::request;

request! {
    /// A refresh token.
    #[schemars(inline)]
    pub struct RefreshToken {
        /// The refresh token that came with the last access token.
        refresh_token: Text,
    }
}

/// `POST tokens/refresh`: returns new tokens for a refresh token.
pub async fn refresh(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    request.caller_of_app().await?;
    let RefreshToken { refresh_token: Text(token) } = request.body_as()?;
    if !request.app.settings.gives_tokens() {
        return Err(Refusal::InvalidToken.into()); // the service never issued a refresh token
    }
    let ring = request.keyring().await?;
    let pair = renew(request.context(), &ring, &token).await?;
    Ok(ApiResponse::data(RefreshedTokens::from(pair)))
}
