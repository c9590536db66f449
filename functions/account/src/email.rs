//! The user's email addresses.

use axum::http::Method;
use schemars::JsonSchema;
use shared::account::User;
use shared::envelope::{Bare, EmailAddress};
use shared::flow::addresses::email_addresses::{self, Change, SendResult, check, list};
use shared::flow::{Problem, Refusal};
use shared::http::fields::{Email, Field, Flag, Member, Text};
use shared::http::{ApiError, ApiRequest, ApiResponse, Input};
use shared::request;
use shared::session::{Caller, Session};
use shared::settings::RateAction;

request! {
    /// An address to add.
    #[schemars(inline)]
    pub struct AddEmail {
        /// The address.
        email: Email,
    }
}

request! {
    /// One of the account's addresses.
    #[schemars(inline)]
    pub struct OneEmail {
        /// The address.
        email: Text,
    }
}

/// The address that becomes the primary one.
#[derive(JsonSchema)]
#[schemars(inline)]
pub struct MarkPrimaryEmail {
    /// The address.
    #[schemars(required, with = "Text")]
    email: Option<Text>,
    /// Always true.
    #[schemars(with = "bool", extend("const" = true))]
    primary: Flag,
}

impl MarkPrimaryEmail {
    fn read(input: &Input, problems: &mut Vec<Problem>) -> Self {
        let email = Text::value(input, "email", true, problems);
        Self { email, primary: Flag::read(input, "primary", problems).unwrap_or(Flag(false)) }
    }
}

/// `account/email`: `GET` lists the addresses, `POST` adds one, `PUT` sends the verification again, `PATCH` makes one
/// the primary address, `DELETE` removes one. While a signup waits for the verification of its address, `POST` changes
/// that address.
pub async fn email(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    match request.caller().await? {
        Caller::User(parts) => of_user(request, parts.0, parts.1).await,
        caller if request.method == Method::POST => change_pending(request, &caller).await,
        caller => Err(Refusal::NotAuthenticated(caller).into()),
    }
}

async fn of_user(request: ApiRequest, user: User, session: Session) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    request.limit(RateAction::ManageEmail, &user).await?;
    let change = match request.method {
        Method::GET => return Ok(listed(&request, &user, &session)),
        Method::POST => {
            let AddEmail { email: Email(email) } = request.body_as()?;
            let (user, session) = email_addresses::add(cx, user, session, &email).await?;
            return Ok(listed(&request, &user, &session));
        }
        Method::PUT => Change::Resend,
        Method::PATCH => Change::MakePrimary,
        Method::DELETE => Change::Remove,
        _ => return Err(ApiError::MethodNotAllowed),
    };
    let input = request.input()?;
    let mut problems = Vec::new();
    let MarkPrimaryEmail { email, primary: Flag(is_primary) } = match change {
        Change::MakePrimary => MarkPrimaryEmail::read(&input, &mut problems),
        _ => MarkPrimaryEmail { email: Text::read(&input, "email", &mut problems), primary: Flag(true) },
    };
    let email = email.map(|Text(email)| email);
    if !is_primary {
        if !problems.iter().any(|problem| problem.param == Some("primary")) {
            problems.push(Problem::required("primary"));
        }
        // The response also reports the problems of the address.
        problems.extend(email.as_ref().and_then(|email| check(cx, &user, &session, change, email).err()));
    }
    let email = email.filter(|_| problems.is_empty()).ok_or(Refusal::Invalid(problems))?;
    let (user, session, sending) = email_addresses::change(cx, user, session, change, &email).await?;
    Ok(match (change, sending) {
        (Change::Resend, SendResult::Sent) => Bare::<200>::default().into(),
        (Change::Resend, SendResult::TooSoon) => Bare::<403>::default().into(),
        _ => listed(&request, &user, &session),
    })
}

fn listed(request: &ApiRequest, user: &User, session: &Session) -> ApiResponse {
    ApiResponse::data(EmailAddress::list(&list(request.context(), user, Some(session))))
}

async fn change_pending(request: ApiRequest, caller: &Caller) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let user = email_addresses::find_changeable(cx, caller).await?;
    request.limit(RateAction::ManageEmail, &user).await?;
    let AddEmail { email: Email(email) } = request.body_as()?;
    let addresses = email_addresses::change_pending(cx, caller, user, &email).await?;
    Ok(ApiResponse::data(EmailAddress::list(&addresses)))
}
