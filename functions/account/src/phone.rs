//! The user's phone number.

use axum::http::Method;
use shared::account::User;
use shared::envelope::{Data, PhoneNumber};
use shared::flow::Refusal;
use shared::flow::addresses::phone as flow;
use shared::http::fields::Phone;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::request;
use shared::session::{Caller, Session};
use shared::settings::RateAction;

request! {
    /// A new phone number.
    #[schemars(inline)]
    pub struct ChangePhone {
        /// The number, with the country code.
        phone: Phone,
    }
}

/// `account/phone`: `GET` returns the number, `POST` changes it. `POST` also changes the number of a signup that waits
/// for its verification.
pub async fn phone(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    match request.caller().await? {
        Caller::User(parts) => of_user(request, parts.0, parts.1).await,
        caller if request.method == Method::POST => change_pending(request, &caller).await,
        caller => Err(Refusal::NotAuthenticated(caller).into()),
    }
}

async fn of_user(request: ApiRequest, user: User, session: Session) -> Result<ApiResponse, ApiError> {
    request.limit(RateAction::ChangePhone, &user).await?;
    if request.method == Method::GET {
        let number = user.phone.iter().map(|it| PhoneNumber { phone: &it.number, verified: it.verified });
        return Ok(ApiResponse::data(number.collect::<Vec<_>>()));
    }
    let number = read(&request)?;
    flow::change(request.context(), user, session, &number).await?;
    Ok(accepted(&number))
}

async fn change_pending(request: ApiRequest, caller: &Caller) -> Result<ApiResponse, ApiError> {
    let user = flow::find_changeable(request.context(), caller).await?;
    request.limit(RateAction::ChangePhone, &user).await?;
    let number = read(&request)?;
    flow::change_pending(request.context(), caller, user, &number).await?;
    Ok(accepted(&number))
}

fn read(request: &ApiRequest) -> Result<String, ApiError> {
    let ChangePhone { phone: Phone(number) } = request.body_as()?;
    Ok(number)
}

/// Returns 202 with the new number. The account gets the number when the user confirms the code.
fn accepted(number: &str) -> ApiResponse {
    ApiResponse::of(202, &Data::<_, 202>::new([PhoneNumber { phone: number, verified: false }]))
}
