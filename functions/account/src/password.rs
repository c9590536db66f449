//! The user's password.

use schemars::JsonSchema;
use shared::flow::Problem;
use shared::flow::recovery::password_change;
use shared::http::fields::{Field, Text, optional_texts};
use shared::http::{ApiError, ApiRequest, ApiResponse, Input};
use shared::settings::RateAction;

/// A new password.
#[derive(JsonSchema)]
#[schemars(inline, transform = optional_texts)]
pub struct ChangePassword {
    /// The present password, if there is one.
    current_password: Option<Text>,
    /// The new password.
    #[schemars(required, with = "Text")]
    new_password: Option<Text>,
}

impl ChangePassword {
    /// Reads both fields. The flow reports which of them is missing.
    fn read(input: &Input, problems: &mut Vec<Problem>) -> Self {
        Self {
            current_password: Text::value(input, "current_password", false, problems),
            new_password: Text::value(input, "new_password", false, problems),
        }
    }
}

/// `POST account/password/change`: changes the password, or sets the first one.
pub async fn change(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    request.limit(RateAction::ChangePassword, &user).await?;
    let input = request.input()?;
    let mut problems = Vec::new();
    let ChangePassword { current_password, new_password } = ChangePassword::read(&input, &mut problems);
    let (current, new) = (current_password.map(|Text(text)| text), new_password.map(|Text(text)| text));
    let cx = request.context();
    let outcome = password_change::change(cx, user, session, current, new, problems).await?;
    Ok(request.answer(&outcome))
}
