//! Inviting people, and what an invitation leads to.

use crate::caller;
use crate::fields::{Fields, missing};
use crate::guard;
use crate::login::entered;
use crate::page;
use crate::reset::{hand_over, redeem};
use crate::token;
use crate::words;
use axum::http::Method;
use serde_json::json;
use shared::flow::Refusal;
use shared::flow::jwt_api::Entry;
use shared::flow::jwt_api::invitation::{self as flow, Form, Opened};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::ticket::Purpose;

/// Where an invitation leads, unless told.
pub const DEFAULT_PAGE: &str = "/registration/set-password/default/";

/// `POST registration/user-register/`: invites somebody, by those whose role lets them.
pub async fn invite(call: ApiRequest) -> Result<ApiResponse, ApiError> {
    let app = call.app();
    if !app.settings.jwt_api.has_invitations() {
        return Ok(page::nowhere());
    }
    let (inviter, _) = caller::session(&call).await?;
    flow::may_invite(&app.settings, &inviter)?;
    guard::allow(&call, &Method::POST)?;
    let mut fields = Fields::read(&call)?;
    let email = fields.email("email", 100);
    let first_name = fields.name("first_name", true);
    let last_name = fields.name("last_name", true);
    let role = fields.integer("role");
    let role = role.and_then(|role| match u32::try_from(role) {
        Ok(role) => Some(role),
        Err(_) => {
            fields.complain("role", "A valid integer is required.");
            None
        }
    });
    if let Some(email) = &email
        && flow::is_taken(call.context(), email).await?
    {
        fields.complain("email", "A user is already registered with this e-mail address.");
    }
    fields.check()?;
    let (Some(email), Some(role)) = (email, role) else { return Err(missing()) };
    let (first_name, last_name) = (first_name.unwrap_or_default(), last_name.unwrap_or_default());
    flow::invite(call.context(), &inviter, Form { email, role, first_name, last_name }).await?;
    Ok(ApiResponse::json(201, json!({})))
}

/// Opens an invitation, if this is the key of one.
///
/// # Errors
/// The table is unavailable.
pub async fn claim(call: &ApiRequest, key: &str) -> Result<Option<ApiResponse>, ApiError> {
    match flow::open(call.context(), key).await {
        Ok(None) => Ok(None),
        Ok(Some(Opened::Confirmed)) => Ok(Some(words::redirect(&page::verified_at(call.app())))),
        Ok(Some(Opened::Capability { user, text })) => {
            let settings = &call.app().settings;
            let base = settings.service.public_url.path().trim_end_matches('/');
            let page = settings.jwt_api.password_set_redirect.clone();
            let page = page.unwrap_or_else(|| format!("{base}{DEFAULT_PAGE}"));
            hand_over(call, Purpose::SetCapability, &user, &text, &page).map(Some)
        }
        Err(Refusal::InvalidToken) => Ok(Some(ApiResponse::html(400, page::verification_failed()))),
        Err(other) => Err(other.into()),
    }
}

/// `GET registration/set-password/default/`: the form, where no page of the frontend has it.
pub async fn default_page(call: ApiRequest) -> Result<ApiResponse, ApiError> {
    let settings = &call.app().settings.jwt_api;
    if !settings.has_invitations() || settings.password_set_redirect.is_some() {
        return Ok(page::nowhere());
    }
    caller::find_access(&call).await?;
    guard::allow(&call, &Method::GET)?;
    if !token::has_capability(&call, Purpose::SetCapability) {
        return Ok(ApiResponse::html(200, page::invitation_is_over()));
    }
    let to = page::path(call.app(), "/registration/set-password/");
    Ok(page::form(&call, "Set Password", "Choose a password", &to, ""))
}

/// `POST registration/set-password/`: exchanges the capability, once, for a first password.
pub async fn set_password(call: ApiRequest) -> Result<ApiResponse, ApiError> {
    if !call.app().settings.jwt_api.has_invitations() {
        return Ok(page::nowhere());
    }
    let entry = redeem(&call, Purpose::SetCapability).await?;
    let detail = match entry {
        Entry::Setup(_) => "Password set. Please configure MFA to complete registration.",
        _ => "Password set.",
    };
    entered(&call, 200, entry, Some(detail))
}
