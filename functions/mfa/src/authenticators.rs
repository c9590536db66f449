//! One's authenticators.

use axum::http::Method;
use serde_json::json;
use shared::account::Authenticator;
use shared::envelope::{Envelope, authenticator_data};
use shared::flow::Refusal;
use shared::flow::login::reauthentication::Recent;
use shared::flow::mfa::totp::{self, Activation};
use shared::flow::mfa::{may_add, recovery_codes};
use shared::http::{ApiError, ApiRequest, ApiResponse};

/// `GET account/authenticators`.
pub async fn list(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, _) = request.user().await?;
    let all = user.authenticators.iter().map(|it| authenticator_data(it, None)).collect();
    Ok(Envelope::data(all).into())
}

/// `GET account/authenticators/totp` shows it, or the secret for a new one; `POST` sets it up; `DELETE` removes it.
pub async fn totp(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    let cx = request.context();
    match request.method {
        Method::GET => match user.authenticator("totp") {
            Some(totp) => Ok(Envelope::data(authenticator_data(totp, None)).into()),
            None => {
                if let Err(problem) = may_add(&cx.settings, &user) {
                    return Ok(Envelope::errors(&[problem]).with_status(409).into());
                }
                let (secret, url) = totp::begin(cx, user, session).await?;
                let secret = json!(secret.as_str());
                Ok(Envelope::bare(404).with_meta("secret", secret).with_meta("totp_url", json!(url)).into())
            }
        },
        Method::POST => {
            let mut problems = Vec::new();
            let code = request.input()?.char_field("code", true, &mut problems);
            let code = code.ok_or(Refusal::Invalid(problems))?;
            let activation = Activation { code: &code, recent: Recent::Again, shows_codes: false };
            let (totp, _) = totp::activate(cx, user, session, activation).await?;
            Ok(Envelope::data(authenticator_data(&totp, None)).into())
        }
        Method::DELETE => {
            totp::deactivate(cx, user, session).await?;
            Ok(Envelope::bare(200).into())
        }
        _ => Err(ApiError::MethodNotAllowed),
    }
}

/// `GET account/authenticators/recovery-codes` shows them, `POST` makes new ones.
pub async fn recovery_codes(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    let cx = request.context();
    if request.method == Method::GET {
        return Ok(match recovery_codes::view(cx, user, session).await? {
            Some((codes, shown)) => shown_codes(&request, &codes, shown),
            None => Envelope::bare(404).into(),
        });
    }
    request.input()?;
    recovery_codes::may_generate(&user).map_err(Refusal::from)?;
    let codes = recovery_codes::generate(cx, user, session).await?;
    Ok(shown_codes(&request, &codes, true))
}

fn shown_codes(request: &ApiRequest, codes: &Authenticator, shown: bool) -> ApiResponse {
    let unused = shown.then(|| codes.unused_codes(&request.app.keys));
    Envelope::data(authenticator_data(codes, unused.as_deref())).into()
}
