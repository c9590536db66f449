//! The user's authenticators.

use axum::http::Method;
use shared::account;
use shared::envelope::{Authenticator, Bare, Meta, NewTotp};
use shared::flow::Refusal;
use shared::flow::login::reauthentication::Recent;
use shared::flow::mfa::totp::{self, Activation};
use shared::flow::mfa::{may_add, recovery_codes};
use shared::http::fields::Text;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::request;

request! {
    /// A code of the new authenticator app.
    #[schemars(inline)]
    pub struct SetupTotp {
        /// The code that the app shows.
        code: Text,
    }
}

/// `GET account/authenticators`: lists the authenticators.
pub async fn list(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, _) = request.user().await?;
    let all = user.authenticators.iter().map(|it| Authenticator::new(it, None));
    Ok(ApiResponse::data(all.collect::<Vec<_>>()))
}

/// `account/authenticators/totp`: `GET` returns the authenticator app, or the secret for a new one; `POST` sets one up;
/// `DELETE` removes it.
pub async fn totp(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    let cx = request.context();
    match request.method {
        Method::GET => match user.authenticator("totp") {
            Some(totp) => Ok(ApiResponse::data(Authenticator::new(totp, None))),
            None => {
                if let Err(problem) = may_add(&cx.settings, &user) {
                    return Ok(ApiResponse::problems(409, &[problem]));
                }
                let (secret, url) = totp::begin(cx, user, session).await?;
                let meta = NewTotp { secret: secret.as_str(), totp_url: &url };
                Ok(ApiResponse::of(404, &Meta::<_, 404>::new(meta)))
            }
        },
        Method::POST => {
            let SetupTotp { code: Text(code) } = request.body_as()?;
            let activation = Activation { code: &code, recent: Recent::Again, shows_codes: false };
            let (totp, _) = totp::activate(cx, user, session, activation).await?;
            Ok(ApiResponse::data(Authenticator::new(&totp, None)))
        }
        Method::DELETE => {
            totp::deactivate(cx, user, session).await?;
            Ok(Bare::<200>::default().into())
        }
        _ => Err(ApiError::MethodNotAllowed),
    }
}

/// `account/authenticators/recovery-codes`: `GET` returns the codes, `POST` generates new ones.
pub async fn recovery_codes(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    let cx = request.context();
    if request.method == Method::GET {
        return Ok(match recovery_codes::view(cx, user, session).await? {
            Some((codes, shown)) => shown_codes(&request, &codes, shown),
            None => Bare::<404>::default().into(),
        });
    }
    request.input()?;
    recovery_codes::may_generate(&user).map_err(Refusal::from)?;
    let codes = recovery_codes::generate(cx, user, session).await?;
    Ok(shown_codes(&request, &codes, true))
}

fn shown_codes(request: &ApiRequest, codes: &account::Authenticator, shown: bool) -> ApiResponse {
    let unused = shown.then(|| codes.unused_codes(&request.app.keys));
    ApiResponse::data(Authenticator::new(codes, unused.as_deref()))
}
