//! The current user, and logout.

use crate::caller;
use crate::respond;
use crate::responses::{Empty, OneUser};
use shared::envelope::User;
use shared::flow::login::logout;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::session::Caller;

/// `GET user/`: returns the current user.
pub async fn user(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, _) = caller::user(&request).await?;
    Ok(respond::ok(&OneUser { user: User::new(&request.app.settings, &user) }))
}

/// `POST logout/`: ends the session and its tokens.
pub async fn logout(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let parts = caller::user(&request).await?;
    logout::logout(&request.app.store, Caller::User(Box::new(parts))).await?;
    Ok(respond::ok(&Empty {}))
}
