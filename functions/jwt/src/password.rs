//! Change of the user's password.

use crate::caller;
use crate::fields::Fields;
use crate::login::session_tokens;
use crate::responses::PasswordChangeResponse;
use crate::rules::{Body, Given, Password, body};
use shared::flow::Refusal;
use shared::flow::jwt_api::password as flow;
use shared::flow::login::known_password::is_right;
use shared::http::{ApiError, ApiRequest, ApiResponse};

body! {
    /// A new password.
    PasswordChange as "PasswordChange" {
        /// The present password.
        old_password: Given<Password>, if JwtOldPassword;
        /// The new password.
        new_password1: Given<Password>;
        /// The new password again.
        new_password2: Given<Password>;
    }
}

/// `POST password/change/`: changes the password.
pub async fn change(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    const SAVED: &str = "New password has been saved.";
    let (user, session) = caller::session(&request).await?;
    let cx = request.context();
    let mut fields = Fields::read(&request)?;
    let body = PasswordChange::read(&mut fields, &cx.settings);
    if let Some(old) = body.old_password.0 {
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
    if let (Some(first), Some(second), true) = (&body.new_password1.0, &body.new_password2.0, fields.are_fine()) {
        fields.complain_all(flow::problems(&cx.password_policy, &user, first, second));
    }
    fields.check()?;
    let (access, refresh, cookie) = match flow::change(cx, user, session, body.new_password1.get()?).await? {
        Some((user, session)) => {
            let (tokens, cookie) = session_tokens(&request, &user, &session)?;
            (Some(tokens.access), tokens.refresh, cookie)
        }
        None => (None, None, None),
    };
    Ok(ApiResponse::of(200, &PasswordChangeResponse { detail: SAVED, access, refresh }).with_cookie(cookie))
}
