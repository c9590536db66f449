//! The bodies of responses.

use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use shared::envelope::{Authenticator, AuthenticatorType, Provider, User};
use shared::flow::Problem;
use shared::session::StageKey;
use shared::settings::Condition;
use std::collections::BTreeMap;
use strum::VariantArray;

/// Nothing to tell.
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

/// Where the caller stands.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "FlatStanding")]
pub enum LoginState<'a> {
    /// A user is logged in.
    User(LoggedIn<'a>),
    /// Another step has to follow.
    Pending(Pending<'a>),
    /// Nobody is logged in, and no step has to follow.
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
    /// The access token. It is there if the session is new.
    pub access_token: String,
    #[schemars(extend("const" = "Bearer"))]
    pub token_type: &'static str,
    /// Seconds that the access token lives.
    pub expires_in: i64,
    /// The refresh token.
    pub refresh_token: Option<String>,
}

/// A step has to follow.
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

/// The second factor has to follow.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatPendingSecondFactor")]
pub struct PendingFactor<'a> {
    #[schemars(extend("const" = "mfa_authenticate"))]
    flow: &'static str,
    #[schemars(extend("const" = true))]
    pending: bool,
    /// The token to go on with at `mfa/authenticate/`.
    mfa_token: Option<String>,
    /// The second factors that the user has.
    #[schemars(with = "Option<Vec<AuthenticatorType>>")]
    types: Option<&'a [String]>,
}

/// Another step has to follow.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatPendingFlow")]
pub struct PendingFlow {
    /// What has to follow.
    #[schemars(schema_with = "flows")]
    flow: &'static str,
    #[schemars(extend("const" = true))]
    pending: bool,
    /// The token to go on with.
    flow_token: Option<String>,
}

/// A signup through a provider that lacks something.
pub const PROVIDER_SIGNUP: &str = "provider_signup";
/// A reset whose code was sent.
pub const RESET_BY_CODE: &str = "password_reset_by_code";

fn flows(_: &mut schemars::SchemaGenerator) -> Schema {
    // The one has a response of its own, and logins that need the other are refused.
    let elsewhere = [StageKey::MfaAuthenticate, StageKey::MfaSetup];
    let stages = StageKey::VARIANTS.iter().filter(|stage| !elsewhere.contains(stage));
    let names = stages.map(|stage| stage.as_str()).chain([PROVIDER_SIGNUP, RESET_BY_CODE]).collect::<Vec<_>>();
    json_schema!({"type": "string", "enum": names})
}

impl<'a> Pending<'a> {
    /// The second factor, by one of these.
    pub fn second_factor(mfa_token: Option<String>, types: Option<&'a [String]>) -> Self {
        let flow = StageKey::MfaAuthenticate.as_str();
        Self::SecondFactor(PendingFactor { flow, pending: true, mfa_token, types })
    }

    /// Another step.
    pub fn other(flow: &'static str, flow_token: Option<String>) -> Self {
        Self::Other(PendingFlow { flow, pending: true, flow_token })
    }
}

/// A sign-up, and where the caller stands after it.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "FlatSignupResponse")]
pub enum SignedUp<'a> {
    /// A user is logged in.
    User(WithVerificationSent<LoggedIn<'a>>),
    /// Another step has to follow.
    Pending(WithVerificationSent<PendingFlow>),
    /// The second factor has to follow. A new user has none.
    #[schemars(skip)]
    SecondFactor(WithVerificationSent<PendingFactor<'a>>),
    /// Nobody is logged in, and no step has to follow.
    Anonymous(WithVerificationSent<Empty>),
}

/// Where the caller of a sign-up stands.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct WithVerificationSent<T> {
    #[serde(flatten)]
    state: T,
    /// Whether a mail verifies the address.
    verification_sent: bool,
}

impl<'a> SignedUp<'a> {
    /// A sign-up.
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

/// What is needed to set up an authenticator app.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatNewTotp")]
pub struct NewTotp<'a> {
    /// The secret, in base32.
    pub secret: &'a str,
    /// The same as a URL.
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
    /// The recovery codes that came with it. They are not shown again.
    pub recovery_codes: Vec<String>,
}

/// The identity providers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatProviders")]
pub struct Providers<'a> {
    /// The providers.
    pub providers: Vec<Provider<'a>>,
}

/// Where to send the person.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatDeparture")]
pub struct AuthorizationRedirect<'a> {
    /// The address at the provider.
    pub redirect_url: &'a str,
    /// What the client compares to the `state` that comes back.
    pub state: &'a str,
}

/// Why a request is refused. The name of the problems that are not those of a single field is `__all__`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlatErrors")]
pub struct Errors<'a> {
    /// Sentences for people, by field.
    errors: BTreeMap<&'a str, Vec<&'a str>>,
    /// Codes for programs, by field, in the order of the sentences.
    error_codes: BTreeMap<&'a str, Vec<&'a str>>,
    /// What has to follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("const" = "reauthenticate"))]
    flow: Option<&'static str>,
    /// Comes with `flow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool", extend("const" = true))]
    pending: Option<bool>,
}

impl<'a> Errors<'a> {
    /// These problems.
    pub fn new(problems: &'a [Problem]) -> Self {
        /// Django's name for what is not of a single field.
        const WHOLE: &str = "__all__";
        let (mut errors, mut error_codes) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for problem in problems {
            let name = problem.param.unwrap_or(WHOLE);
            errors.entry(name).or_default().push(problem.message.as_ref());
            error_codes.entry(name).or_default().push(problem.code.as_ref());
        }
        Self { errors, error_codes, flow: None, pending: None }
    }

    /// The same problems, of a user who has to show again who they are.
    pub fn reauthenticate(self) -> Self {
        Self { flow: Some("reauthenticate"), pending: Some(true), ..self }
    }
}
