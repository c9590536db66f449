//! The caller, or the ways for the caller to log in: the response of most endpoints below `auth/`.

use super::account::User;
use super::flows::Flow;
use super::{AuthenticatorType, Status, Timestamp};
use crate::app::App;
use crate::flow::Outcome;
use crate::session::{AuthenticationRecord, Caller};
use crate::settings::{ClientKind, Condition};
use crate::tokens::Pair;
use schemars::JsonSchema;
use serde::Serialize;

/// A response about the caller's authentication.
pub enum Authentication<'a> {
    /// 200.
    Authenticated(AuthenticatedResponse<'a>),
    /// 401.
    Unauthenticated(UnauthenticatedResponse<'a>),
    /// 410.
    Gone(SessionGoneResponse<'a>),
}

/// A user is logged in.
#[derive(Serialize, JsonSchema)]
pub struct AuthenticatedResponse<'a> {
    status: Status<200>,
    data: Authenticated<'a>,
    meta: AuthenticatedMeta,
}

/// A user who is logged in.
#[derive(Serialize, JsonSchema)]
struct Authenticated<'a> {
    /// The user.
    user: User<'a>,
    /// The methods of the login, in order of time. It is empty right after a signup.
    methods: Vec<AuthenticationMethod<'a>>,
}

/// The user is not logged in, or not completely. One of the `flows` must follow: one with `is_pending: true` comes
/// first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuthenticationResponse")]
pub struct UnauthenticatedResponse<'a> {
    status: Status<401>,
    data: Flows<'a>,
    meta: AuthenticationMeta,
}

/// The session of an app has ended. One of the `flows` creates a new one.
#[derive(Serialize, JsonSchema)]
pub struct SessionGoneResponse<'a> {
    status: Status<410>,
    data: Flows<'a>,
    meta: AuthenticationMeta,
}

/// A user is logged in and has to reauthenticate.
#[derive(Serialize, JsonSchema)]
pub struct ReauthenticationResponse<'a> {
    status: Status<401>,
    data: ReauthenticationRequired<'a>,
    meta: AuthenticatedMeta,
}

/// A user who has to reauthenticate, and the ways to do so.
#[derive(Serialize, JsonSchema)]
struct ReauthenticationRequired<'a> {
    /// The user.
    user: User<'a>,
    /// The methods of the login.
    methods: Vec<AuthenticationMethod<'a>>,
    /// The ways to reauthenticate.
    flows: Vec<Flow<'a>>,
}

/// Ways to log in, or to continue.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Flows<'a> {
    /// The flows.
    flows: Vec<Flow<'a>>,
}

/// More about the caller's authentication, for a user who is logged in.
#[derive(Serialize, JsonSchema)]
struct AuthenticatedMeta {
    /// Whether a user is logged in.
    #[schemars(extend("const" = true))]
    is_authenticated: bool,
    /// Apps only: the token of a new session. It replaces the app's current token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    session_token: Option<String>,
    /// Apps only, after a login: a signed token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("x-latchkey-if" = [Condition::AppTokens]))]
    access_token: Option<String>,
    /// Sent together with `access_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("x-latchkey-if" = [Condition::AppTokens]))]
    refresh_token: Option<String>,
}

/// More about the caller's authentication.
#[derive(Serialize, JsonSchema)]
struct AuthenticationMeta {
    /// Whether a user is logged in.
    #[schemars(extend("const" = false))]
    is_authenticated: bool,
    /// Apps only: the token of a new session. It replaces the app's current token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    session_token: Option<String>,
}

/// A method with which a user has authenticated.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum AuthenticationMethod<'a> {
    /// With a password. `email` or `username` is the identifier of the login.
    Password(ByPassword<'a>),
    /// With a password reset that logged the user in.
    PasswordReset(ByPasswordReset<'a>),
    /// With a code that was sent to `email` or `phone`.
    Code(ByCode<'a>),
    /// With a second factor or a passkey.
    #[schemars(extend("x-latchkey-if" = [Condition::SecondFactors]))]
    Mfa(ByFactor<'a>),
    /// With an account at a provider.
    #[schemars(extend("x-latchkey-if" = [Condition::Providers]))]
    #[serde(rename = "socialaccount")]
    Provider(ByProvider<'a>),
    /// With a method that a newer version added.
    #[schemars(skip)]
    #[serde(untagged)]
    Unknown(Unknown<'a>),
}

/// A password.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct ByPassword<'a> {
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reauthenticated: bool,
}

/// A password reset.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct ByPasswordReset<'a> {
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    email: Option<&'a str>,
}

/// A code.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct ByCode<'a> {
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    phone: Option<&'a str>,
}

/// An authenticator.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct ByFactor<'a> {
    at: Timestamp,
    /// The authenticator's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AuthenticatorType")]
    r#type: Option<&'a str>,
    /// Whether it was a login with only a passkey.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    passwordless: bool,
    /// Whether it was a reauthentication of a logged-in user.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reauthenticated: bool,
}

/// An account at a provider.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct ByProvider<'a> {
    at: Timestamp,
    /// The provider's id.
    provider: &'a str,
    /// The account's id at the provider.
    uid: &'a str,
}

/// Another method.
#[derive(Serialize)]
pub struct Unknown<'a> {
    method: &'a str,
    at: Timestamp,
}

impl<'a> AuthenticationMethod<'a> {
    fn new(record: &'a AuthenticationRecord) -> Self {
        let at = record.at.into();
        let (email, username, phone) = (record.email.as_deref(), record.username.as_deref(), record.phone.as_deref());
        match record.method.as_str() {
            "password" => {
                Self::Password(ByPassword { at, email, username, phone, reauthenticated: record.reauthenticated })
            }
            "password_reset" => Self::PasswordReset(ByPasswordReset { at, email }),
            "code" => Self::Code(ByCode { at, email, phone }),
            "mfa" => Self::Mfa(ByFactor {
                at,
                id: record.id,
                r#type: record.kind.as_deref(),
                passwordless: record.passwordless,
                reauthenticated: record.reauthenticated,
            }),
            "socialaccount" => Self::Provider(ByProvider {
                at,
                provider: record.provider.as_deref().unwrap_or_default(),
                uid: record.uid.as_deref().unwrap_or_default(),
            }),
            other => Self::Unknown(Unknown { method: other, at }),
        }
    }

    fn list(records: &'a [AuthenticationRecord]) -> Vec<Self> {
        records.iter().map(Self::new).collect()
    }
}

impl<'a> Authentication<'a> {
    /// Returns the response for the caller.
    pub fn new(app: &'a App, client: ClientKind, caller: &'a Caller) -> Self {
        let flows = || Flows { flows: Flow::list(app, client, caller) };
        let meta = AuthenticationMeta { is_authenticated: false, session_token: None };
        match caller {
            Caller::User(parts) => {
                let (user, session) = &**parts;
                let user = User::new(&app.settings, user);
                let data = Authenticated { user, methods: AuthenticationMethod::list(&session.methods) };
                Self::Authenticated(AuthenticatedResponse { status: Status, data, meta: AuthenticatedMeta::new() })
            }
            Caller::Expired => Self::Gone(SessionGoneResponse { status: Status, data: flows(), meta }),
            Caller::Anonymous | Caller::Pending(_) => {
                Self::Unauthenticated(UnauthenticatedResponse { status: Status, data: flows(), meta })
            }
        }
    }

    /// Returns the response to the outcome of a flow, with the token of a new session and signed tokens.
    pub fn of_outcome(app: &'a App, client: ClientKind, outcome: &'a Outcome, pair: Option<Pair>) -> Self {
        let mut response = Self::new(app, client, &outcome.caller);
        let token = outcome.issued.as_ref().filter(|_| client == ClientKind::App).map(|token| token.text());
        match &mut response {
            Self::Authenticated(response) => {
                response.meta.session_token = token;
                if let Some(name) = &outcome.shown_as {
                    response.data.user.display = name;
                }
                if let Some(pair) = pair {
                    response.meta.access_token = Some(pair.access);
                    response.meta.refresh_token = pair.refresh;
                }
            }
            Self::Unauthenticated(response) => response.meta.session_token = token,
            Self::Gone(response) => response.meta.session_token = token,
        }
        response
    }
}

impl AuthenticatedMeta {
    fn new() -> Self {
        Self { is_authenticated: true, session_token: None, access_token: None, refresh_token: None }
    }
}

impl<'a> ReauthenticationResponse<'a> {
    /// Returns the response for a logged-in user, or `None` for other callers.
    pub fn new(app: &'a App, caller: &'a Caller) -> Option<Self> {
        let Caller::User(parts) = caller else { return None };
        let (user, session) = &**parts;
        let data = ReauthenticationRequired {
            user: User::new(&app.settings, user),
            methods: AuthenticationMethod::list(&session.methods),
            flows: Flow::reauthentication(app, Some(user), caller),
        };
        Some(Self { status: Status, data, meta: AuthenticatedMeta::new() })
    }
}
