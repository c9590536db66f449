//! Refreshing and ending sessions.

use crate::body;
use crate::caller;
use crate::fields::Fields;
use crate::login::session_tokens;
use crate::respond;
use crate::responses::{Detail, SessionResponse};
use crate::rules::{AnyText, Body, Given, body};
use crate::token::{REFRESH_COOKIE, read_refresh};
use shared::flow::Refusal;
use shared::flow::jwt_api::sessions as flow;
use shared::http::{ApiError, ApiRequest, ApiResponse};

body! {
    /// A refresh.
    TokenRefresh as "TokenRefresh" {
        /// The refresh token.
        refresh: Given<AnyText>;
    }
}

body! {
    /// A logout.
    RemoveRefreshToken as "RemoveRefreshToken" {
        /// The refresh token.
        refresh: Given<AnyText>;
    }
}

/// `POST refresh/`: exchanges a refresh token, which works once, for new tokens.
pub async fn refresh(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let given = if request.app.settings.jwt_api.refresh_token_as_cookie {
        let cookie = request.cookie(REFRESH_COOKIE).filter(|token| !token.is_empty());
        cookie.map(|token| ("refresh".to_owned(), token.into())).into_iter().collect()
    } else {
        body::data(&request)?.as_object().cloned().unwrap_or_default()
    };
    let mut fields = Fields::new(given);
    let body = TokenRefresh::read(&mut fields, &request.app.settings);
    fields.check()?;
    let token = body.refresh.get()?;
    let known = read_refresh(&request.app, &token)?;
    let cx = request.context();
    let (user, session) = flow::refresh(cx, known.user, known.session, known.started, &known.jti).await?;
    let (tokens, cookie) = session_tokens(&request, &user, &session)?;
    Ok(ApiResponse::of(200, &SessionResponse { tokens, detail: None }).with_cookie(cookie))
}

/// `POST logout/`: ends the session of the caller's refresh token.
pub async fn logout(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let access = caller::access(&request).await?;
    body::data(&request)?;
    let token = if request.app.settings.jwt_api.refresh_token_as_cookie {
        let cookie = request.cookie(REFRESH_COOKIE).filter(|token| !token.is_empty());
        cookie.ok_or_else(|| ApiError::from(respond::detail(400, "Refresh token cookie not found.")))?
    } else {
        let mut fields = Fields::read(&request)?;
        let body = RemoveRefreshToken::read(&mut fields, &request.app.settings);
        fields.check()?;
        body.refresh.get()?
    };
    let invalid = || ApiError::from(respond::detail(400, "Invalid token."));
    let known =
        read_refresh(&request.app, &token).ok().filter(|known| known.user == access.user).ok_or_else(invalid)?;
    match flow::logout(&request.app.store, known.user, known.session).await {
        Ok(()) => Ok(ApiResponse::of(200, &Detail { detail: "Successfully logged out." })),
        Err(Refusal::InvalidToken) => Err(invalid()),
        Err(other) => Err(other.into()),
    }
}

/// `POST logout-all/`: ends every session of the caller in all APIs.
pub async fn logout_all(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let access = caller::access(&request).await?;
    match caller::live(&request, &access).await? {
        Some((user, session)) => flow::logout_all(&request.app.store, user, session).await?,
        // A token that outlives its session ends no other session. If the user has no session left, the response is the
        // same as for a logout, as in the reference.
        None if flow::has_any(&request.app.store, access.user).await? => return Err(caller::ended()),
        None => {}
    }
    Ok(ApiResponse::of(200, &Detail { detail: "Successfully logged out from all devices." }))
}
