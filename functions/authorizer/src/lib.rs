//! Lambda authorizers: decide which requests can reach other APIs behind API Gateway.
//!
//! An authorizer reads one kind of credential, which `LATCHKEY_AUTHORIZER_CREDENTIAL` selects: a gateway that caches
//! responses requires all identity sources of an authorizer in each request. If the authorizer cannot decide, it
//! returns an error, and the gateway refuses the request.

mod event;

use event::Event;
use serde_json::{Value as Json, json};
use shared::account::User;
use shared::app::App;
use shared::http::{access_token, passes_csrf_check, session_credential};
use shared::session::{AuthenticationRecord, Caller, Found, Session, find_caller, find_session};
use shared::settings::{AuthorizerCredential, ClientKind};
use shared::store::StoreError;
use shared::tokens::{check_access, known_keys};

/// Why the authorizer returns no decision. API Gateway answers 401 for `Unauthorized` and 500 for the others.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizerError {
    /// The request has no valid credential. API Gateway recognizes this text.
    #[error("Unauthorized")]
    Unauthorized,
    /// The event is not an authorizer event.
    #[error("the event is not an authorizer event")]
    NoEvent,
    /// The table is unavailable.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The authenticated user, as the authorizer describes it to the API behind the gateway.
struct Identity {
    user: String,
    session: String,
    email: Option<String>,
    methods: Vec<String>,
    /// Seconds since the epoch.
    authenticated_at: i64,
}

impl Identity {
    fn of_session(user: &User, session: &Session) -> Self {
        let latest = session.methods.last().map_or(session.created, |record: &AuthenticationRecord| record.at);
        Self {
            user: user.id.to_string(),
            session: session.number.to_string(),
            email: user.primary_email().map(str::to_owned),
            methods: session.methods.iter().map(|record| record.method.clone()).collect(),
            authenticated_at: latest.seconds(),
        }
    }

    /// Returns the context of the response. It contains only strings and numbers, because API Gateway accepts no other
    /// values in the context of a policy.
    fn context(&self) -> Json {
        json!({
            "user_id": self.user,
            "session_id": self.session,
            "email": self.email.as_deref().unwrap_or_default(),
            "methods": self.methods.join(" "),
            "authenticated_at": self.authenticated_at,
        })
    }
}

/// Does the work that is possible before the first event arrives. A failure does not stop the start: the first request
/// tries again.
pub async fn prepare(app: &App) {
    if app.settings.service.authorizer_credential == AuthorizerCredential::AccessToken {
        if let Err(error) = known_keys(app).await {
            tracing::warn!(%error, "signing keys were not read at startup; the first request reads them");
        }
    } else {
        app.store.warm().await;
    }
}

/// Answers an event of an HTTP API (payload 2.0) with a simple response, and an event of a REST API (or payload 1.0)
/// with a policy.
///
/// # Errors
/// [`AuthorizerError`]. API Gateway then refuses the request.
pub async fn authorize(app: &App, event: &Json) -> Result<Json, AuthorizerError> {
    let started = app.now();
    let event = Event::read(event, app).ok_or(AuthorizerError::NoEvent)?;
    let found = identify(app, &event).await;
    tracing::info!(
        operation = "authorize",
        credential = app.settings.service.authorizer_credential.as_str(),
        outcome = match &found {
            Ok(Some(_)) => "allowed",
            Ok(None) => "refused",
            Err(_) => "failed",
        },
        milliseconds = app.now().since(started).as_secs_f64() * 1e3,
        gateway_request_id = event.request_id,
        "request"
    );
    let found = found.inspect_err(|error| tracing::error!(%error, "the table is unavailable"))?;
    match (event.policy_for, found) {
        (None, Some(identity)) => Ok(json!({"isAuthorized": true, "context": identity.context()})),
        (None, None) => Ok(json!({"isAuthorized": false})),
        (Some(_), None) => Err(AuthorizerError::Unauthorized),
        (Some(resource), Some(identity)) => Ok(json!({
            "principalId": identity.user,
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource}],
            },
            "context": identity.context(),
        })),
    }
}

async fn identify(app: &App, event: &Event) -> Result<Option<Identity>, StoreError> {
    let settings = &app.settings;
    let caller = match settings.service.authorizer_credential {
        AuthorizerCredential::AccessToken => return by_access_token(app, event).await,
        AuthorizerCredential::SessionToken => session_credential(&event.headers, settings, ClientKind::App),
        // Browsers also send the cookie with requests from pages of other sites.
        AuthorizerCredential::SessionCookie if !passes_csrf_check(&event.method, &event.headers, None, settings) => {
            None
        }
        AuthorizerCredential::SessionCookie => session_credential(&event.headers, settings, ClientKind::Browser),
    };
    let Some(credential) = caller else { return Ok(None) };
    match find_caller(&app.store, &credential).await? {
        Caller::User(parts) => Ok(Some(Identity::of_session(&parts.0, &parts.1))),
        _ => Ok(None),
    }
}

/// Identifies the user by an access token. This needs no request to the table once the keys are known. With
/// `HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED`, the token's session must also exist.
async fn by_access_token(app: &App, event: &Event) -> Result<Option<Identity>, StoreError> {
    let Some(token) = access_token(&event.headers, &app.settings) else { return Ok(None) };
    let ring = known_keys(app).await?;
    let Some((user, number, claims)) = check_access(&app.settings, app.now(), &ring, &token) else { return Ok(None) };
    if app.settings.tokens.stateful {
        return Ok(match find_session(&app.store, user, number).await? {
            Found::Live(parts) => Some(Identity::of_session(&parts.0, &parts.1)),
            Found::Revoked(_) | Found::Nothing => None,
        });
    }
    let custom = claims.custom();
    let methods = custom.get("amr").and_then(Json::as_array);
    let methods = methods.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect();
    Ok(Some(Identity {
        user: user.to_string(),
        session: number.to_string(),
        email: custom.get("email").and_then(Json::as_str).map(str::to_owned),
        methods,
        authenticated_at: custom.get("auth_time").and_then(Json::as_i64).unwrap_or(claims.iat),
    }))
}
