//! Refreshing and ending sessions.

use crate::call::Call;
use crate::fields::{Fields, Text, missing};
use crate::login::renewed;
use crate::reply::{Fault, Reply};
use crate::token::{REFRESH_COOKIE, read_refresh};
use axum::http::Method;
use serde_json::{Map, json};
use shared::flow::Refusal;
use shared::flow::jwt_api::sessions as flow;

/// `POST refresh/`: new tokens for a refresh token, which is used up by it.
pub async fn refresh(call: Call) -> Result<Reply, Fault> {
    call.allow(&Method::POST)?;
    let given = if call.app().settings.jwt_api.refresh_token_as_cookie {
        let cookie = call.exchange().cookie(REFRESH_COOKIE).filter(|token| !token.is_empty());
        cookie.map(|token| ("refresh".to_owned(), json!(token))).into_iter().collect()
    } else {
        call.data()?.as_object().cloned().unwrap_or_default()
    };
    let mut fields = Fields::new(given);
    let token = fields.text("refresh", Text::default());
    fields.check()?;
    let token = token.ok_or_else(missing)?;
    let known = read_refresh(call.app(), &token)?;
    let cx = call.context();
    let (user, session) = flow::refresh(cx, known.user, known.session, known.started, &known.jti).await?;
    renewed(&call, 200, &user, &session, Map::new())
}

/// `POST logout/`: ends the session of a refresh token of the caller's.
pub async fn logout(call: Call) -> Result<Reply, Fault> {
    let access = call.access().await?;
    call.allow(&Method::POST)?;
    call.data()?;
    let token = if call.app().settings.jwt_api.refresh_token_as_cookie {
        let cookie = call.exchange().cookie(REFRESH_COOKIE).filter(|token| !token.is_empty());
        cookie.ok_or_else(|| Fault::from(Reply::detail(400, "Refresh token cookie not found.")))?
    } else {
        let mut fields = Fields::new(call.fields()?);
        let token = fields.text("refresh", Text::default());
        fields.check()?;
        token.ok_or_else(missing)?
    };
    let invalid = || Fault::from(Reply::detail(400, "Invalid token."));
    let known = read_refresh(call.app(), &token).ok().filter(|known| known.user == access.user).ok_or_else(invalid)?;
    match flow::logout(&call.app().store, known.user, known.session).await {
        Ok(()) => Ok(Reply::detail(200, "Successfully logged out.")),
        Err(Refusal::InvalidToken) => Err(invalid()),
        Err(other) => Err(other.into()),
    }
}

/// `POST logout-all/`: ends every session of the caller's, of every API.
pub async fn logout_all(call: Call) -> Result<Reply, Fault> {
    let access = call.access().await?;
    call.allow(&Method::POST)?;
    // A token that outlives its session ends nothing. It is told the same, as in the reference.
    if let Some((user, session)) = call.live(&access).await? {
        flow::logout_all(&call.app().store, user, session).await?;
    }
    Ok(Reply::detail(200, "Successfully logged out from all devices."))
}
