//! Registering, and verifying the address by a link.

use crate::call::Call;
use crate::fields::{Fields, Text, missing};
use crate::invitation::claim;
use crate::login::{device_cookie, entered};
use crate::page;
use crate::reply::{Fault, Reply};
use crate::token;
use axum::http::Method;
use serde_json::json;
use shared::flow::jwt_api::registration::{self as flow, Form, Registered};
use shared::flow::jwt_api::{Entry, verification};
use shared::flow::{Problem, Refusal};
use shared::secret::strength::weaknesses;
use shared::settings::EmailVerification;

const SENT: &str = "Verification e-mail sent.";

/// `POST registration/`.
pub async fn register(call: Call) -> Result<Reply, Fault> {
    if !call.app().settings.jwt_api.has_registration() {
        return Ok(Reply::nowhere());
    }
    call.find_access().await?;
    call.allow(&Method::POST)?;
    let (app, cx) = (call.app(), call.context());
    flow::check_open(&app.settings)?;
    let mut fields = Fields::new(call.fields()?);
    let email = fields.email("email", 100);
    let password = fields.text("password1", Text::default());
    let again = fields.text("password2", Text::default());
    let first_name = fields.name("first_name", false);
    let last_name = fields.name("last_name", false);
    if let Some(password) = &password {
        // Without the other fields, as in the reference.
        let weak = weaknesses(password, &[], &app.password_policy).into_iter();
        fields.complain_all(weak.map(|it| Problem::field("password1", it.code, it.message)).collect());
    }
    let holders = match &email {
        Some(email) => Some(flow::look_up(cx, email).await?),
        None => None,
    };
    if holders.as_ref().is_some_and(|holders| holders.is_visibly_taken(&app.settings)) {
        fields.complain("email", "A user is already registered with this e-mail address.");
    }
    fields.check()?;
    if password != again {
        let message = "The two password fields didn't match.";
        return Err(Reply::json(400, json!({"non_field_errors": [message]})).into());
    }
    let (Some(email), Some(password), Some(first_name), Some(last_name), Some(holders)) =
        (email, password, first_name, last_name, holders)
    else {
        return Err(missing());
    };
    let form = Form { email, password, first_name, last_name };
    match flow::register(cx, form, holders).await? {
        Registered::Entered(entry) => entered(&call, 201, entry, None),
        Registered::Waits { setup: Some(challenge), .. } => entered(&call, 201, Entry::Setup(challenge), Some(SENT)),
        Registered::Waits { session: None, .. } => Ok(Reply::detail(201, SENT)),
        Registered::Waits { session: Some(parts), .. } => {
            let (_, refresh) = token::pair(app, &parts.0, &parts.1)?;
            match app.settings.jwt_api.refresh_token_as_cookie {
                true => Ok(Reply::detail(201, SENT).with_cookie(token::refresh_cookie(app, &refresh))),
                false => Ok(Reply::json(201, json!({"detail": SENT, "refresh": refresh}))),
            }
        }
    }
}

fn verifies(call: &Call) -> bool {
    call.app().settings.account.email_verification != EmailVerification::None
}

/// `GET registration/verification/{key}/`, or `POST` with `LATCHKEY_LINKS_ASK_FIRST`: verifies the address of a link, or
/// opens an invitation.
pub async fn verify(call: Call) -> Result<Reply, Fault> {
    let settings = &call.app().settings.jwt_api;
    if !settings.has_invitations() && !verifies(&call) {
        return Ok(Reply::nowhere());
    }
    call.find_access().await?;
    if call.method() == Method::POST && !settings.links_ask_first {
        return Ok(Reply::bare(405));
    }
    if let Some(reply) = call.before_acting()? {
        return Ok(reply);
    }
    let [key] = call.last_parts();
    if settings.has_invitations()
        && let Some(reply) = claim(&call, key).await?
    {
        return Ok(reply);
    }
    match verification::verify(call.context(), key).await {
        Ok(opened) => {
            let reply = Reply::redirect(&verified_at(&call));
            match opened {
                Some((user, session)) => {
                    let (_, refresh) = token::pair(call.app(), &user, &session)?;
                    let reply = reply.with_cookie(token::refresh_cookie(call.app(), &refresh));
                    Ok(reply.with_cookie(device_cookie(&call, &user)))
                }
                None => Ok(reply),
            }
        }
        Err(Refusal::Invalid(_)) if settings.has_registration() => Err(Reply::detail(404, "Not found.").into()),
        Err(Refusal::Invalid(_)) => Ok(Reply::html(400, page::verification_failed())),
        Err(other) => Err(other.into()),
    }
}

/// Where the browser goes whose link has done its work.
pub fn verified_at(call: &Call) -> String {
    let page = call.app().settings.jwt_api.email_verified_redirect.clone();
    page.unwrap_or_else(|| page::path(call.app(), "/registration/verified/"))
}

/// `GET registration/verified/`.
pub async fn verified_page(call: Call) -> Result<Reply, Fault> {
    let settings = &call.app().settings.jwt_api;
    let served = settings.has_invitations() || verifies(&call);
    if !served || settings.email_verified_redirect.is_some() {
        return Ok(Reply::nowhere());
    }
    call.allow(&Method::GET)?;
    Ok(Reply::html(200, page::verified()))
}

/// `GET registration/account_email_verification_sent/`.
pub async fn sent_page(call: Call) -> Result<Reply, Fault> {
    if !call.app().settings.jwt_api.has_registration() || !verifies(&call) {
        return Ok(Reply::nowhere());
    }
    call.allow(&Method::GET)?;
    Ok(Reply::html(200, page::verification_sent()))
}
