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
pub async fn list(exchange: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, _) = exchange.user().await?;
    exchange.allow(&[Method::GET])?;
    let all = user.authenticators.iter().map(|it| authenticator_data(it, None)).collect();
    Ok(Envelope::data(all).into())
}

/// `GET account/authenticators/totp` shows it, or the secret for a new one; `POST` sets it up; `DELETE` removes it.
pub async fn totp(exchange: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = exchange.user().await?;
    let cx = exchange.context();
    match exchange.method {
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
            let code = exchange.input()?.char_field("code", true, &mut problems);
            let code = code.ok_or(Refusal::Invalid(problems))?;
            let activation = Activation { code: &code, recent: Recent::Again, shows_codes: false };
            let (totp, _) = totp::activate(cx, user, session, activation).await?;
            Ok(Envelope::data(authenticator_data(&totp, None)).into())
        }
        Method::DELETE => {
            totp::deactivate(cx, user, session).await?;
            Ok(Envelope::bare(200).into())
        }
        _ => Err(exchange.refuse_method()),
    }
}

/// `GET account/authenticators/recovery-codes` shows them, `POST` makes new ones.
pub async fn recovery_codes(exchange: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = exchange.user().await?;
    let cx = exchange.context();
    if exchange.method == Method::GET {
        return Ok(match recovery_codes::view(cx, user, session).await? {
            Some((codes, shown)) => shown_codes(&exchange, &codes, shown),
            None => Envelope::bare(404).into(),
        });
    }
    exchange.input()?;
    recovery_codes::may_generate(&user).map_err(Refusal::from)?;
    exchange.allow(&[Method::POST])?;
    let codes = recovery_codes::generate(cx, user, session).await?;
    Ok(shown_codes(&exchange, &codes, true))
}

fn shown_codes(exchange: &ApiRequest, codes: &Authenticator, shown: bool) -> ApiResponse {
    let unused = shown.then(|| codes.unused_codes(&exchange.app.keys));
    Envelope::data(authenticator_data(codes, unused.as_deref())).into()
}
