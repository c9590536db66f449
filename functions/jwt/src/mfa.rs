//! The second factor: setting it up, showing it, removing it.

use crate::body;
use crate::caller;
use crate::fields::{Fields, Text, missing};
use crate::login::{entered, refused, tokens};
use crate::words;
use serde_json::{Map, Value as Json, json};
use shared::account::{Authenticator, User};
use shared::ambient::Timestamp;
use shared::flow::jwt_api::second_factor::{self as flow, Enrollee, Shown};
use shared::flow::jwt_api::{Entry, profile};
use shared::flow::login::known_password::is_right;
use shared::flow::{FactorProblem, Refusal};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::qr;
use shared::settings::TotpMode;
use shared::ticket::Ticket;

fn mode(request: &ApiRequest) -> TotpMode {
    request.app.settings.jwt_api.mfa_totp_mode
}

fn disabled() -> ApiError {
    words::detail(403, "MFA TOTP is disabled.").into()
}

/// Who sets a second factor up: somebody who is in, or somebody whose login waits for it.
async fn enrollee(request: &ApiRequest) -> Result<(User, Enrollee), ApiError> {
    if let Some((user, session)) = caller::find_session(request).await? {
        return Ok((user, Enrollee::In(Box::new(session))));
    }
    let (ticket, user) = waiting(request).await?.ok_or_else(words::anonymous)?;
    Ok((user, Enrollee::Waiting(ticket)))
}

/// The login that the body names.
async fn waiting(request: &ApiRequest) -> Result<Option<(Ticket, User)>, ApiError> {
    match body::data(request)?.get("setup_challenge_id").and_then(Json::as_str).unwrap_or_default() {
        "" => Ok(None),
        challenge => Ok(flow::find_setup(&request.app.store, challenge).await?),
    }
}

/// `POST mfa/setup/`: a secret for an authenticator app.
pub async fn setup(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, enrollee) = enrollee(&request).await?;
    if mode(&request) == TotpMode::Disabled {
        return Err(disabled());
    }
    let (secret, url) = flow::begin(request.context(), &user, &enrollee).await?;
    let body = json!({"secret": secret.as_str(), "provisioning_uri": url, "qr_code": picture(&url)?});
    Ok(ApiResponse::json(200, body))
}

/// What an authenticator app reads, as SVG.
fn picture(url: &str) -> Result<String, ApiError> {
    qr::svg(url).ok_or_else(|| {
        tracing::error!("QR code could not be created");
        words::unavailable().into()
    })
}

/// `POST mfa/activate/`: a code shows that the app has the secret.
pub async fn activate(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, mut enrollee) = enrollee(&request).await?;
    if mode(&request) == TotpMode::Disabled {
        return Err(disabled());
    }
    let mut fields = Fields::read(&request)?;
    let code = fields.text("code", SIX);
    fields.text("setup_challenge_id", Text { optional: true, blank: true, ..Text::default() });
    fields.check()?;
    let code = code.ok_or_else(missing)?;
    // Somebody who is in and names a challenge of their own goes on with that.
    if let Enrollee::In(_) = enrollee
        && let Some((ticket, _)) = waiting(&request).await?.filter(|(_, of)| of.id == user.id)
    {
        enrollee = Enrollee::Waiting(ticket);
    }
    let activated = match flow::activate(request.context(), user, enrollee, &code).await {
        // Clients know this of an app that is there already, too: nothing is being set up.
        Err(Refusal::Factor(FactorProblem::TotpActive)) => return Err(FactorProblem::SetupNotBegun.into()),
        other => other?,
    };
    let body = Map::from_iter([
        ("success".to_owned(), json!(true)),
        ("recovery_codes".to_owned(), json!(activated.recovery_codes)),
    ]);
    match activated.entry {
        Some(Entry::In(parts)) => tokens(&request, 200, &parts.0, &parts.1, body),
        _ => Ok(ApiResponse::json(200, Json::Object(body))),
    }
}

/// A code of an authenticator app.
const SIX: Text = Text { optional: false, blank: false, min: 6, max: 6, code: true };

/// `POST mfa/verify/`: a code of the authenticator app, for a login that waits for it.
pub async fn verify(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let mut fields = enter(&request).await?;
    let challenge = fields.text("challenge_id", Text::default());
    let code = fields.text("code", SIX);
    let (challenge, code) = meetable(&request, &fields, challenge, code).await?;
    let met = flow::verify(request.context(), &challenge, Shown::Totp(&code)).await;
    entered(&request, 200, met.map_err(|refusal| refused(&request, refusal))?, None)
}

/// `POST mfa/verify-recovery/`: a recovery code, for a login that waits for it.
pub async fn verify_recovery(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let mut fields = enter(&request).await?;
    let challenge = fields.text("challenge_id", Text::default());
    let code = fields.text("recovery_code", Text::default());
    let (challenge, code) = meetable(&request, &fields, challenge, code).await?;
    match flow::verify(request.context(), &challenge, Shown::Recovery(&code)).await {
        Ok(entry) => entered(&request, 200, entry, None),
        Err(wrong @ Refusal::Factor(FactorProblem::WrongCode)) => {
            refused(&request, wrong);
            Err(words::detail(400, "Invalid recovery code.").into())
        }
        Err(other) => Err(refused(&request, other).into()),
    }
}

/// The fields of somebody who shows a second factor. Where the mode is `disabled` anything may be wrong with them: who
/// has no challenge is told that first.
async fn enter(request: &ApiRequest) -> Result<Fields, ApiError> {
    caller::find_access(request).await?;
    match Fields::read(request) {
        Err(_) if mode(request) == TotpMode::Disabled => Err(disabled()),
        other => other,
    }
}

/// Challenge and code, if there is anything to be shown here at all. Where the mode is `disabled`, a second factor that
/// was set up elsewhere is asked for all the same (ASVS 5.0 6.3.4), so whoever has a challenge can meet it.
async fn meetable(
    request: &ApiRequest,
    fields: &Fields,
    challenge: Option<String>,
    code: Option<String>,
) -> Result<(String, String), ApiError> {
    if mode(request) == TotpMode::Disabled {
        let given = challenge.as_deref().unwrap_or_default();
        if !flow::is_challenge(&request.app.store, given).await? {
            return Err(disabled());
        }
    }
    fields.check()?;
    challenge.zip(code).ok_or_else(missing)
}

/// `POST mfa/deactivate/`: removes the authenticator app, with the password.
pub async fn deactivate(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = caller::session(&request).await?;
    match mode(&request) {
        TotpMode::Disabled => return Err(disabled()),
        TotpMode::Required => {
            return Err(words::detail(403, "MFA TOTP is required and cannot be disabled.").into());
        }
        TotpMode::Optional => {}
    }
    let cx = request.context();
    let mut fields = Fields::read(&request)?;
    let given = fields.text("password", Text::default());
    fields.check()?;
    if !is_right(cx, &user, given.ok_or_else(missing)?).await? {
        return Err(words::detail(400, "Invalid password.").into());
    }
    flow::deactivate(cx, user, session).await?;
    Ok(ApiResponse::json(200, json!({"success": true})))
}

/// `GET mfa/authenticators/`.
pub async fn list(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let access = caller::access(&request).await?;
    if mode(&request) == TotpMode::Disabled {
        return Err(disabled());
    }
    let user = profile::get(&request.app.store, access.user).await?;
    let shown = |it: &Authenticator| {
        json!({
            "id": it.id,
            "type": it.factor.kind(),
            "created_at": moment(it.created),
            "last_used_at": it.last_used.map(moment),
        })
    };
    Ok(ApiResponse::json(200, user.authenticators.iter().map(shown).collect()))
}

/// `2026-03-10T05:16:00.123456Z`.
fn moment(at: Timestamp) -> String {
    format!("{:.6}", at.to_jiff())
}
