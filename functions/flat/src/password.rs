//! A new password: for one that is forgotten, or in place of one that is known.

use crate::caller::{caller, user};
use crate::words;
use serde_json::json;
use shared::flow::Refusal;
use shared::flow::recovery::password_change;
use shared::flow::recovery::password_reset;
use shared::http::{ApiError, ApiRequest, ApiResponse, reset_identifier};
use shared::session::Caller;
use shared::settings::RateAction;

/// `POST password/reset/`: sends a link or a code.
pub async fn request(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let to = reset_identifier(&request.input()?, &cx.settings.account).map_err(Refusal::Invalid)?;
    match password_reset::request(cx, Caller::Anonymous, &to).await? {
        Some(outcome) => words::done(&request, &outcome, None).await,
        None => Ok(words::ok(json!({}))),
    }
}

/// `POST password/reset/confirm/`: `key` is that of the link, or a code, for which `token` is the `flow_token` of the
/// answer to the request.
pub async fn reset(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    password_reset::count(cx).await?;
    let input = request.input()?;
    let (key, password, token) = (input.text("key"), input.text("password"), input.text("token"));
    let caller = match &token {
        Some(token) => caller(&request, Some(token)).await?,
        None => Caller::Anonymous,
    };
    password_reset::enter(cx, &caller).await?;
    let outcome = password_reset::reset(cx, caller, key.as_deref(), password).await?;
    words::done(&request, &outcome, token.as_deref()).await
}

/// `POST password/change/`: ends every other session and every token, and gives new ones.
pub async fn change(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = user(&request).await?;
    request.limit(RateAction::ChangePassword, &user).await?;
    let (cx, input) = (request.context(), request.input()?);
    let mut problems = Vec::new();
    let current = input.char_field("current_password", false, &mut problems);
    let new = input.char_field("new_password", false, &mut problems);
    let outcome = password_change::change(cx, user, session, current, new, problems).await?;
    words::done(&request, &outcome, None).await
}
