//! Invitations, and the first password of an invited user.

use crate::caller;
use crate::fields::Fields;
use crate::login::login_response;
use crate::page;
use crate::reset::{hand_over, redeem};
use crate::respond;
use crate::responses::Empty;
use crate::rules::{Body, Email, Given, May, Name, Role, body};
use crate::token;
use shared::flow::Refusal;
use shared::flow::jwt_api::LoginState;
use shared::flow::jwt_api::invitation::{self as flow, Form, Opened};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::ticket::Purpose;

/// The page that the link of an invitation leads to by default.
pub const DEFAULT_PAGE: &str = "/registration/set-password/default/";

body! {
    /// An invitation.
    UserRegister as "UserRegister" {
        /// The email address.
        email: Given<Email<100>>;
        /// The given name: Latin letters and spaces.
        first_name: May<Name>;
        /// The family name: Latin letters and spaces.
        last_name: May<Name>;
        /// The role of the new user.
        role: Given<Role>;
    }
}

/// `POST registration/user-register/`: invites a user. The role of the inviting user must allow it.
pub async fn invite(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let app = &request.app;
    let (inviter, _) = caller::session(&request).await?;
    flow::may_invite(&app.settings, &inviter)?;
    let mut fields = Fields::read(&request)?;
    let body = UserRegister::read(&mut fields, &app.settings);
    if let Some(email) = &body.email.0
        && flow::is_taken(request.context(), email).await?
    {
        fields.complain("email", "A user is already registered with this e-mail address.");
    }
    fields.check()?;
    let form = Form {
        email: body.email.get()?,
        role: body.role.get()?,
        first_name: body.first_name.0.unwrap_or_default(),
        last_name: body.last_name.0.unwrap_or_default(),
    };
    flow::invite(request.context(), &inviter, form).await?;
    Ok(ApiResponse::of(201, &Empty {}))
}

/// Opens an invitation if this is the key of one. Returns `None` for another key.
///
/// # Errors
/// The table is unavailable.
pub async fn claim(request: &ApiRequest, key: &str) -> Result<Option<ApiResponse>, ApiError> {
    match flow::open(request.context(), key).await {
        Ok(None) => Ok(None),
        Ok(Some(Opened::Confirmed)) => Ok(Some(respond::redirect(&page::verified_at(&request.app)))),
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

/// `GET registration/set-password/default/`: the form for the first password, for services whose frontend has no such
/// page.
pub async fn default_page(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    caller::find_access(&request).await?;
    if !token::has_capability(&request, Purpose::SetCapability) {
        return Ok(ApiResponse::html(200, page::invitation_expired()));
    }
    let to = page::path(&request.app, "/registration/set-password/");
    Ok(page::form(&request, "Set Password", "Choose a password", &to, ""))
}

/// `POST registration/set-password/`: exchanges the capability, which works once, for a first password.
pub async fn set_password(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let state = redeem(&request, Purpose::SetCapability).await?;
    let detail = match state {
        LoginState::Setup(_) => "Password set. Please configure MFA to complete registration.",
        _ => "Password set.",
    };
    login_response(&request, 200, state, Some(detail))
}
