//! New passwords: reset of a forgotten password, and change of a known one.

use crate::caller::{caller, user};
use crate::fields::Unchecked;
use crate::respond;
use crate::responses::Empty;
use schemars::JsonSchema;
use shared::flow::recovery::password_change;
use shared::flow::recovery::password_reset;
use shared::flow::{Problem, Refusal};
use shared::http::fields::{Field, LaterText, Text, optional_texts};
use shared::http::{ApiError, ApiRequest, ApiResponse, Input, reset_identifier};
use shared::request;
use shared::session::Caller;
use shared::settings::RateAction;

request! {
    /// The new password of a reset.
    #[schemars(rename = "FlatPasswordReset")]
    pub struct Reset {
        /// The key from the link, or the code.
        key: LaterText,
        /// The new password.
        password: LaterText,
        /// The `flow_token` of the response that requested the code. A link needs no token.
        token: Option<Unchecked>,
    }
}

/// A change of the password.
#[derive(JsonSchema)]
#[schemars(rename = "FlatPasswordChange", transform = optional_texts)]
pub struct Change {
    /// The present password, if there is one.
    current_password: Option<Text>,
    /// The new password.
    #[schemars(required, with = "Text")]
    new_password: Option<Text>,
}

impl Change {
    /// Reads both fields. The flow reports which of them is missing.
    fn read(input: &Input, problems: &mut Vec<Problem>) -> Self {
        Self {
            current_password: Text::value(input, "current_password", false, problems),
            new_password: Text::value(input, "new_password", false, problems),
        }
    }
}

/// `POST password/reset/`: sends a link or a code.
pub async fn request(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let to = reset_identifier(&request.input()?, &cx.settings.account).map_err(Refusal::Invalid)?;
    match password_reset::request(cx, Caller::Anonymous, &to).await? {
        Some(outcome) => respond::done(&request, &outcome, None).await,
        None => Ok(respond::ok(&Empty {})),
    }
}

/// `POST password/reset/confirm/`: sets a new password. `key` is the key of a link, or a code. A code also needs
/// `token`, the `flow_token` of the response to the request.
pub async fn reset(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    password_reset::count(cx).await?;
    let Reset { key: LaterText(key), password: LaterText(password), token } = request.body_as()?;
    let token = token.map(|Unchecked(token)| token);
    let caller = match &token {
        Some(token) => caller(&request, Some(token)).await?,
        None => Caller::Anonymous,
    };
    password_reset::enter(cx, &caller).await?;
    let outcome = password_reset::reset(cx, caller, key.as_deref(), password).await?;
    respond::done(&request, &outcome, token.as_deref()).await
}

/// `POST password/change/`: changes the password, ends every other session and every token, and returns new tokens.
pub async fn change(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = user(&request).await?;
    request.limit(RateAction::ChangePassword, &user).await?;
    let (cx, input) = (request.context(), request.input()?);
    let mut problems = Vec::new();
    let Change { current_password, new_password } = Change::read(&input, &mut problems);
    let (current, new) = (current_password.map(|Text(text)| text), new_password.map(|Text(text)| text));
    let outcome = password_change::change(cx, user, session, current, new, problems).await?;
    respond::done(&request, &outcome, None).await
}
