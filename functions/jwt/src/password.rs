//! Changing one's password.

use crate::caller;
use crate::fields::{Fields, Text, missing};
use crate::login::renewed;
use crate::words;
use serde_json::json;
use shared::flow::Refusal;
use shared::flow::jwt_api::password as flow;
use shared::flow::login::known_password::is_right;
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// What a password field takes.
pub const PASSWORD: Text = Text { optional: false, blank: false, min: 0, max: 128, code: false };

/// `POST password/change/`.
pub async fn change(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    const SAVED: &str = "New password has been saved.";
    let (user, session) = caller::session(&request).await?;
    let cx = request.context();
    let mut fields = Fields::read(&request)?;
    if cx.settings.jwt_api.old_password_field_enabled
        && let Some(old) = fields.text("old_password", PASSWORD)
    {
        match is_right(cx, &user, old).await {
            Ok(true) => {}
            Ok(false) => {
                fields.complain("old_password", "Your old password was entered incorrectly. Please enter it again.")
            }
            Err(Refusal::TooManyLoginAttempts) => {
                fields.complain("old_password", "Too many failed login attempts. Try again later.");
            }
            Err(other) => return Err(other.into()),
        }
    }
    let first = fields.text("new_password1", PASSWORD);
    let second = fields.text("new_password2", PASSWORD);
    if let (Some(first), Some(second), true) = (&first, &second, fields.are_fine()) {
        fields.complain_all(flow::problems(&cx.password_policy, &user, first, second));
    }
    fields.check()?;
    let new = first.ok_or_else(missing)?;
    match flow::change(cx, user, session, new).await? {
        Some((user, session)) => {
            let extra = [("detail".to_owned(), json!(SAVED))];
            renewed(&request, 200, &user, &session, extra.into_iter().collect())
        }
        None => Ok(words::detail(200, SAVED)),
    }
}
