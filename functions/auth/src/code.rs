//! Login by code.

use axum::http::Method;
use shared::envelope::Envelope;
use shared::flow::login_by_code::{self, Identifier};
use shared::flow::{Problem, Refusal};
use shared::http::{Answer, Exchange, Input, Rejection};
use shared::settings::{AccountSettings, LoginMethod};

/// `POST auth/code/request`: sends a code.
pub async fn request(exchange: Exchange) -> Result<Answer, Rejection> {
    let caller = exchange.caller().await?;
    if exchange.method == Method::GET {
        return Err(Rejection::MethodNotAllowed);
    }
    let to = read(&exchange.input()?, &exchange.app.settings.account).map_err(Refusal::Invalid)?;
    exchange.allow(&[Method::POST])?;
    let outcome = login_by_code::request(&exchange.app, &exchange.client, caller, to).await?;
    Ok(exchange.answer(&outcome))
}

/// By address, unless phone numbers are the only way in; by number, where they are one.
fn read(input: &Input, account: &AccountSettings) -> Result<Identifier, Vec<Problem>> {
    let has = |method| account.login_methods.contains(&method);
    let (by_phone, by_email) = (has(LoginMethod::Phone), has(LoginMethod::Email) || !has(LoginMethod::Phone));
    let mut problems = Vec::new();
    let phone = if by_phone { input.phone_field("phone", !by_email, &mut problems) } else { None };
    let email = if by_email { input.email_field("email", !by_phone, &mut problems) } else { None };
    match (email, phone) {
        _ if !problems.is_empty() => Err(problems),
        (Some(_), Some(_)) => Err(vec![Problem::general("select_only_one", "Please select only one.")]),
        (Some(email), None) => Ok(Identifier::Email(email)),
        (None, Some(phone)) => Ok(Identifier::Phone(phone)),
        (None, None) => Err(vec![Problem::required("email")]),
    }
}

/// `POST auth/code/confirm`: the code.
pub async fn confirm(exchange: Exchange) -> Result<Answer, Rejection> {
    let caller = exchange.caller_who_finishes().await?;
    login_by_code::expect(&exchange.app, &caller).await?;
    let input = exchange.input()?;
    exchange.allow_with(&[Method::POST], &input, &["code"])?;
    let code = input.text("code");
    let outcome = login_by_code::confirm(&exchange.app, &exchange.client, caller, code.as_deref()).await?;
    Ok(exchange.answer(&outcome))
}

/// `POST auth/code/resend`: another code.
pub async fn resend(exchange: Exchange) -> Result<Answer, Rejection> {
    let caller = exchange.caller().await?;
    exchange.allow(&[Method::POST])?;
    login_by_code::resend(&exchange.app, &caller).await?;
    Ok(Envelope::bare(200).into())
}
