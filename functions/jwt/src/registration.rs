//! Registration, and verification of the address by a link.

use crate::caller;
use crate::fields::{Fields, missing};
use crate::guard;
use crate::invitation::claim;
use crate::login::{device_cookie, login_response};
use crate::page;
use crate::respond;
use crate::responses::VerificationSentResponse;
use crate::rules::{AnyText, Body, Email, Given, Name, body};
use crate::token;
use shared::flow::jwt_api::registration::{self as flow, Form, Registered};
use shared::flow::jwt_api::{LoginState, verification};
use shared::flow::{Problem, Refusal};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::secret::strength::weaknesses;

const SENT: &str = "Verification e-mail sent.";

body! {
    /// A sign-up.
    Register as "Register" {
        /// The email address.
        email: Given<Email<100>>;
        /// The password.
        password1: Given<AnyText>;
        /// The password again.
        password2: Given<AnyText>;
        /// The given name: Latin letters and spaces.
        first_name: Given<Name>;
        /// The family name: Latin letters and spaces.
        last_name: Given<Name>;
    }
}

/// `POST registration/`: creates an account.
pub async fn register(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    caller::find_access(&request).await?;
    let (app, cx) = (&request.app, request.context());
    flow::check_open(&app.settings)?;
    let mut fields = Fields::read(&request)?;
    let body = Register::read(&mut fields, &app.settings);
    if let Some(password) = &body.password1.0 {
        // The password is compared with no other field, as in the reference.
        let weak = weaknesses(password, &[], &app.password_policy).into_iter();
        fields.complain_all(weak.map(|it| Problem::field("password1", it.code, it.message)).collect());
    }
    let holders = match &body.email.0 {
        Some(email) => Some(flow::look_up(cx, email).await?),
        None => None,
    };
    if holders.as_ref().is_some_and(|holders| holders.is_visibly_taken(&app.settings)) {
        fields.complain("email", "A user is already registered with this e-mail address.");
    }
    fields.check()?;
    if body.password1.0 != body.password2.0 {
        return Err(respond::invalid("The two password fields didn't match.").into());
    }
    let form = Form {
        email: body.email.get()?,
        password: body.password1.get()?,
        first_name: body.first_name.get()?,
        last_name: body.last_name.get()?,
    };
    let sent = |refresh| ApiResponse::of(201, &VerificationSentResponse { detail: SENT, refresh });
    match flow::register(cx, form, holders.ok_or_else(missing)?).await? {
        Registered::Entered(state) => login_response(&request, 201, state, None),
        Registered::Waits { setup: Some(challenge), .. } => {
            login_response(&request, 201, LoginState::Setup(challenge), Some(SENT))
        }
        Registered::Waits { session: None, .. } => Ok(sent(None)),
        Registered::Waits { session: Some(parts), .. } => {
            let (_, refresh) = token::pair(app, &parts.0, &parts.1)?;
            match app.settings.jwt_api.refresh_token_as_cookie {
                true => Ok(sent(None).with_cookie(token::refresh_cookie(app, &refresh))),
                false => Ok(sent(Some(refresh))),
            }
        }
    }
}

/// `GET registration/verification/{key}/`, or `POST` with `LATCHKEY_LINKS_ASK_FIRST`: verifies the address of a link,
/// or opens an invitation.
pub async fn verify(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let settings = &request.app.settings.jwt_api;
    caller::find_access(&request).await?;
    if let Some(reply) = guard::before_acting(&request)? {
        return Ok(reply);
    }
    let [key] = request.last_parts();
    if settings.has_invitations()
        && let Some(reply) = claim(&request, key).await?
    {
        return Ok(reply);
    }
    match verification::verify(request.context(), key).await {
        Ok(opened) => {
            let reply = respond::redirect(&page::verified_at(&request.app));
            match opened {
                Some((user, session)) => {
                    let (_, refresh) = token::pair(&request.app, &user, &session)?;
                    let reply = reply.with_cookie(token::refresh_cookie(&request.app, &refresh));
                    Ok(reply.with_cookie(device_cookie(&request, &user)))
                }
                None => Ok(reply),
            }
        }
        Err(Refusal::Invalid(_)) if settings.has_registration() => Err(respond::detail(404, "Not found.").into()),
        Err(Refusal::Invalid(_)) => Ok(ApiResponse::html(400, page::verification_failed())),
        Err(other) => Err(other.into()),
    }
}

/// `GET registration/verified/`: the page after a verification.
pub async fn verified_page(_: ApiRequest) -> Result<ApiResponse, ApiError> {
    Ok(ApiResponse::html(200, page::verified()))
}

/// `GET registration/account_email_verification_sent/`: the page after a registration.
pub async fn sent_page(_: ApiRequest) -> Result<ApiResponse, ApiError> {
    Ok(ApiResponse::html(200, page::verification_sent()))
}
