//! Signed tokens of apps.

use shared::envelope::RefreshedTokens;
use shared::flow::Refusal;
use shared::flow::tokens::refresh::refresh as renew;
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// `POST tokens/refresh`: new tokens for a refresh token.
pub async fn refresh(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    request.caller_of_app().await?;
    let mut problems = Vec::new();
    let input = request.input()?;
    let token = input.char_field("refresh_token", true, &mut problems);
    let token = token.ok_or(Refusal::Invalid(problems))?;
    if !request.app.settings.gives_tokens() {
        return Err(Refusal::InvalidToken.into()); // none was ever given out
    }
    let ring = request.keyring().await?;
    let pair = renew(request.context(), &ring, &token).await?;
    Ok(ApiResponse::data(RefreshedTokens::from(pair)))
}
