//! The user's own details.

use crate::caller;
use crate::fields::Fields;
use crate::responses::UserDetails;
use crate::rules::{AnyName, Body, Given, May, body};
use axum::http::Method;
use shared::flow::jwt_api::profile as flow;
use shared::http::{ApiError, ApiRequest, ApiResponse};

body! {
    /// The names to change. Other fields are read-only.
    PatchedNames as "PatchedUserDetails" {
        /// The given name.
        first_name: May<AnyName>;
        /// The family name.
        last_name: May<AnyName>;
    }
}

body! {
    /// The names of a user. Other fields are read-only.
    Names as "UserNames" {
        /// The given name.
        first_name: Given<AnyName>;
        /// The family name.
        last_name: Given<AnyName>;
    }
}

/// `GET user/`: returns the user. `PATCH user/` changes one or both names, and `PUT user/` changes both, if the
/// settings allow it. The email address is read-only.
pub async fn user(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    if request.method == Method::GET {
        let access = caller::access(&request).await?;
        let user = flow::get(&request.app.store, access.user).await?;
        return Ok(ApiResponse::of(200, &UserDetails::new(&user)));
    }
    let (user, session) = caller::session(&request).await?;
    let mut fields = Fields::read(&request)?;
    let (first, last) = if request.method == Method::PATCH {
        let body = PatchedNames::read(&mut fields, &request.app.settings);
        (body.first_name.0, body.last_name.0)
    } else {
        let body = Names::read(&mut fields, &request.app.settings);
        (body.first_name.0, body.last_name.0)
    };
    fields.check()?;
    let changed = flow::rename(&request.app.store, user, session, first.as_deref(), last.as_deref()).await?;
    Ok(ApiResponse::of(200, &UserDetails::new(&changed)))
}
