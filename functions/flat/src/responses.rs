//! The bodies of responses.

use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use shared::envelope::{Authenticator, AuthenticatorType, Provider, User};
use shared::flow::Problem;
use shared::session::StageKey;
use shared::settings::Condition;
use std::collections::BTreeMap;
use strum::VariantArray;

/// An empty response.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Empty {}

/// A user.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatUser")]
pub struct OneUser<'a> {
    /// The user.
    pub user: User<'a>,
}

/// The state of the caller after the request.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "FlatStanding")]
pub enum LoginState<'a> {
    /// A user is logged in.
    User(LoggedIn<'a>),
    /// Another step must follow.
    Pending(Pending<'a>),
    /// The caller is not logged in, and no step follows.
    Anonymous(Empty),
}

/// A user is logged in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatLogin")]
pub struct LoggedIn<'a> {
    /// The user.
    pub user: User<'a>,
    /// The tokens of a new session.
    #[serde(flatten)]
    pub tokens: Option<Tokens>,
}

/// The tokens of a session.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Tokens {
    /// The access token. Present if the session is new.
    pub access_token: String,
    #[schemars(extend("const" = "Bearer"))]
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    pub expires_in: i64,
    /// The refresh token.
    pub refresh_token: Option<String>,
}

/// A step must follow.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "FlatPending")]
pub enum Pending<'a> {
    /// The second factor of a login.
    #[schemars(extend("x-latchkey-if" = [Condition::SecondFactors]))]
    SecondFactor(PendingFactor<'a>),
    /// Another step.
    Other(PendingFlow),
}

/// The second factor must follow.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatPendingSecondFactor")]
pub struct PendingFactor<'a> {
    #[schemars(extend("const" = "mfa_authenticate"))]
    flow: &'static str,
    #[schemars(extend("const" = true))]
    pending: bool,
    /// The token to continue with at `mfa/authenticate/`.
    mfa_token: Option<String>,
    /// The second factors that the user has.
    #[schemars(with = "Option<Vec<AuthenticatorType>>")]
    types: Option<&'a [String]>,
}

/// Another step must follow.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatPendingFlow")]
pub struct PendingFlow {
    /// The step that must follow.
    #[schemars(schema_with = "flows")]
    flow: &'static str,
    #[schemars(extend("const" = true))]
    pending: bool,
    /// The token to continue with.
    flow_token: Option<String>,
}

/// The name of the step of a signup through a provider that lacks required data.
pub const PROVIDER_SIGNUP: &str = "provider_signup";
/// The name of the step of a password reset by code.
pub const RESET_BY_CODE: &str = "password_reset_by_code";

fn flows(_: &mut schemars::SchemaGenerator) -> Schema {
    // `MfaAuthenticate` has its own response, and logins that need `MfaSetup` are refused.
    let elsewhere = [StageKey::MfaAuthenticate, StageKey::MfaSetup];
    let stages = StageKey::VARIANTS.iter().filter(|stage| !elsewhere.contains(stage));
    let names = stages.map(|stage| stage.as_str()).chain([PROVIDER_SIGNUP, RESET_BY_CODE]).collect::<Vec<_>>();
    json_schema!({"type": "string", "enum": names})
}

impl<'a> Pending<'a> {
    /// The second factor must follow, of one of these types.
    pub fn second_factor(mfa_token: Option<String>, types: Option<&'a [String]>) -> Self {
        let flow = StageKey::MfaAuthenticate.as_str();
        Self::SecondFactor(PendingFactor { flow, pending: true, mfa_token, types })
    }

    /// Another step must follow.
    pub fn other(flow: &'static str, flow_token: Option<String>) -> Self {
        Self::Other(PendingFlow { flow, pending: true, flow_token })
    }
}

/// The state of the caller after a signup.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "FlatSignupResponse")]
pub enum SignedUp<'a> {
    /// A user is logged in.
    User(WithVerificationSent<LoggedIn<'a>>),
    /// Another step must follow.
    Pending(WithVerificationSent<PendingFlow>),
    /// The second factor must follow. This cannot happen, because a new user has no second factor.
    #[schemars(skip)]
    SecondFactor(WithVerificationSent<PendingFactor<'a>>),
    /// The caller is not logged in, and no step follows.
    Anonymous(WithVerificationSent<Empty>),
}

/// The state of the caller, with a field that only responses to a signup have.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct WithVerificationSent<T> {
    #[serde(flatten)]
    state: T,
    /// Whether a verification mail was sent to the address.
    verification_sent: bool,
}

impl<'a> SignedUp<'a> {
    /// Adds `verification_sent` to the caller's state.
    pub fn new(state: LoginState<'a>, verification_sent: bool) -> Self {
        match state {
            LoginState::User(state) => Self::User(WithVerificationSent { state, verification_sent }),
            LoginState::Pending(Pending::Other(state)) => {
                Self::Pending(WithVerificationSent { state, verification_sent })
            }
            LoginState::Pending(Pending::SecondFactor(state)) => {
                Self::SecondFactor(WithVerificationSent { state, verification_sent })
            }
            LoginState::Anonymous(state) => Self::Anonymous(WithVerificationSent { state, verification_sent }),
        }
    }
}

/// The data for the setup of an authenticator app.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatNewTotp")]
pub struct NewTotp<'a> {
    /// The secret, in base32.
    pub secret: &'a str,
    /// The secret as a URL.
    pub totp_url: &'a str,
    /// The URL as a QR code, in SVG.
    pub qr_code: Option<String>,
}

/// An authenticator app is set up.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatAddedTotp")]
pub struct AddedTotp<'a> {
    /// The authenticator app.
    pub authenticator: Authenticator<'a>,
    /// The recovery codes that were generated for the user. They are not shown again.
    pub recovery_codes: Vec<String>,
}

/// The identity providers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatProviders")]
pub struct Providers<'a> {
    /// The providers.
    pub providers: Vec<Provider<'a>>,
}

/// The URL to send the user to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatDeparture")]
pub struct AuthorizationRedirect<'a> {
    /// The URL at the provider.
    pub redirect_url: &'a str,
    /// The value that the client compares with the `state` of the callback.
    pub state: &'a str,
}

/// Why a request is refused. Errors that do not belong to a single field are listed as `__all__`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatErrors")]
pub struct Errors<'a> {
    /// Messages for people, by field.
    errors: BTreeMap<&'a str, Vec<&'a str>>,
    /// Codes for programs, by field, in the order of the messages.
    error_codes: BTreeMap<&'a str, Vec<&'a str>>,
    /// The step that must follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("const" = "reauthenticate"))]
    flow: Option<&'static str>,
    /// Present together with `flow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool", extend("const" = true))]
    pending: Option<bool>,
}

impl<'a> Errors<'a> {
    /// Groups these problems by field.
    pub fn new(problems: &'a [Problem]) -> Self {
        /// Django's name for errors that do not belong to a single field.
        const WHOLE: &str = "__all__";
        let (mut errors, mut error_codes) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for problem in problems {
            let name = problem.param.unwrap_or(WHOLE);
            errors.entry(name).or_default().push(problem.message.as_ref());
            error_codes.entry(name).or_default().push(problem.code.as_ref());
        }
        Self { errors, error_codes, flow: None, pending: None }
    }

    /// Adds that the user must reauthenticate.
    pub fn reauthenticate(self) -> Self {
        Self { flow: Some("reauthenticate"), pending: Some(true), ..self }
    }
}
