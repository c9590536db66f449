//! Lambda authorizers: who may use other people's APIs behind API Gateway.
//!
//! One authorizer looks at one kind of credential (`LATCHKEY_AUTHORIZER_CREDENTIAL`): a gateway that keeps answers wants all
//! of an authorizer's identity sources in each request. Whatever cannot be decided is an error, and lets nobody in.

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

/// Why an authorizer gives no answer. API Gateway answers 401 to the first, 500 to the others.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizerError {
    /// Nobody who may. The gateway knows this word.
    #[error("Unauthorized")]
    Unauthorized,
    /// Not an event of an authorizer.
    #[error("the event is not an authorizer event")]
    NoEvent,
    /// The table did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who asks, as the API behind the gateway is told.
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

    /// Texts and numbers: API Gateway passes on nothing else of a policy's context.
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

/// What can be done before the first event comes: its failure is not that of the start.
pub async fn prepare(app: &App) {
    if app.settings.service.authorizer_credential == AuthorizerCredential::AccessToken {
        if let Err(error) = known_keys(app).await {
            tracing::warn!(%error, "signing keys were not read at startup; the first request reads them");
        }
    } else {
        app.store.warm().await;
    }
}

/// Answers an event: of an HTTP API (payload 2.0) with a simple response, of a REST API (or payload 1.0) with a policy.
///
/// # Errors
/// [`AuthorizerError`]; nobody is let in.
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
        // A cookie comes along with requests of other people's pages too.
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

/// Without any request to the table, once the keys are known; with `HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED` the session
/// has to live.
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
