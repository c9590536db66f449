//! Inviting people, and what an invitation leads to.

use crate::caller;
use crate::fields::{Fields, missing};
use crate::login::entered;
use crate::page;
use crate::reset::{hand_over, redeem};
use crate::token;
use crate::words;
use serde_json::json;
use shared::flow::Refusal;
use shared::flow::jwt_api::Entry;
use shared::flow::jwt_api::invitation::{self as flow, Form, Opened};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::ticket::Purpose;

/// Where an invitation leads, unless told.
pub const DEFAULT_PAGE: &str = "/registration/set-password/default/";

/// `POST registration/user-register/`: invites somebody, by those whose role lets them.
pub async fn invite(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let app = &request.app;
    let (inviter, _) = caller::session(&request).await?;
    flow::may_invite(&app.settings, &inviter)?;
    let mut fields = Fields::read(&request)?;
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
        && flow::is_taken(request.context(), email).await?
    {
        fields.complain("email", "A user is already registered with this e-mail address.");
    }
    fields.check()?;
    let (Some(email), Some(role)) = (email, role) else { return Err(missing()) };
    let (first_name, last_name) = (first_name.unwrap_or_default(), last_name.unwrap_or_default());
    flow::invite(request.context(), &inviter, Form { email, role, first_name, last_name }).await?;
    Ok(ApiResponse::json(201, json!({})))
}

/// Opens an invitation, if this is the key of one.
///
/// # Errors
/// The table is unavailable.
pub async fn claim(request: &ApiRequest, key: &str) -> Result<Option<ApiResponse>, ApiError> {
    match flow::open(request.context(), key).await {
        Ok(None) => Ok(None),
        Ok(Some(Opened::Confirmed)) => Ok(Some(words::redirect(&page::verified_at(&request.app)))),
        Ok(Some(Opened::Capability { user, text })) => {
            let settings = &request.app.settings;
            let base = settings.service.public_url.path().trim_end_matches('/');
            let page = settings.jwt_api.password_set_redirect.clone();
            let page = page.unwrap_or_else(|| format!("{base}{DEFAULT_PAGE}"));
            hand_over(request, Purpose::SetCapability, &user, &text, &page).map(Some)
        }
        Err(Refusal::InvalidToken) => Ok(Some(ApiResponse::html(400, page::verification_failed()))),
        Err(other) => Err(other.into()),
    }
}

/// `GET registration/set-password/default/`: the form, where no page of the frontend has it.
pub async fn default_page(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    caller::find_access(&request).await?;
    if !token::has_capability(&request, Purpose::SetCapability) {
        return Ok(ApiResponse::html(200, page::invitation_is_over()));
    }
    let to = page::path(&request.app, "/registration/set-password/");
    Ok(page::form(&request, "Set Password", "Choose a password", &to, ""))
}

/// `POST registration/set-password/`: exchanges the capability, once, for a first password.
pub async fn set_password(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let entry = redeem(&request, Purpose::SetCapability).await?;
    let detail = match entry {
        Entry::Setup(_) => "Password set. Please configure MFA to complete registration.",
        _ => "Password set.",
    };
    entered(&request, 200, entry, Some(detail))
}
