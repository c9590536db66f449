//! One's sessions.

use axum::http::Method;
use serde_json::Value as Json;
use shared::envelope::{Envelope, sessions_data};
use shared::flow::{Problem, Refusal, sessions as flow};
use shared::http::{Answer, Exchange, Input, Rejection};
use shared::session::Caller;

/// `GET auth/sessions` lists, `DELETE` ends some.
pub async fn sessions(exchange: Exchange) -> Result<Answer, Rejection> {
    let (user, session) = exchange.user().await?;
    let app = &exchange.app;
    let (user, session) = if exchange.method == Method::DELETE {
        let numbers = read(&exchange.input()?).map_err(Refusal::from)?;
        let outcome = flow::end(app, user, session, &numbers).await?;
        match outcome.caller {
            Caller::User(parts) => *parts,
            _ => return Ok(exchange.answer(&outcome)),
        }
    } else {
        exchange.input()?;
        exchange.allow(&[Method::GET])?;
        (user, session)
    };
    let sessions = flow::list(app, &user).await?;
    Ok(Envelope::data(sessions_data(&app.settings, &sessions, &session)).into())
}

/// The numbers of the sessions to end.
fn read(input: &Input) -> Result<Vec<u64>, Problem> {
    const FIELD: &str = "sessions";
    let list = match input.0.get(FIELD) {
        Some(Json::Array(list)) if !list.is_empty() => list,
        None | Some(Json::Null | Json::Array(_)) => return Err(Problem::required(FIELD)),
        Some(Json::String(text)) if text.is_empty() => return Err(Problem::required(FIELD)),
        Some(_) => return Err(Problem::field(FIELD, "invalid_list", "Enter a list of values.")),
    };
    let number = |value: &Json| match value {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => text.parse().ok(),
        _ => None,
    };
    let wrong = |value: &Json| {
        Problem::field(FIELD, "invalid_pk_value", format!("\u{201c}{value}\u{201d} is not a valid value."))
    };
    list.iter().map(|value| number(value).ok_or_else(|| wrong(value))).collect()
}
