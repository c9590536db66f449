//! The bodies of responses. Their schemas have the names of the reference.

use schemars::JsonSchema;
use serde::Serialize;
use shared::account::{Authenticator as AccountAuthenticator, User};
use shared::clock::Timestamp;
use shared::settings::Condition;

/// The result in one sentence.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DetailResponse")]
pub struct Detail {
    /// A message for people.
    pub detail: &'static str,
}

/// An empty response.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EmptyResponse")]
pub struct Empty {}

/// The tokens of a session.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token. Absent if it is in the cookie `refresh_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend(
        "x-latchkey-if" = [Condition::JwtRefreshInBody],
        "x-latchkey-required-if" = [Condition::JwtRefreshInBody]
    ))]
    pub refresh: Option<String>,
}

/// A session.
#[derive(Serialize, JsonSchema)]
pub struct SessionResponse {
    /// The tokens.
    #[serde(flatten)]
    pub tokens: Tokens,
    /// A message for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub detail: Option<&'static str>,
}

/// A session, or the step that must follow first.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum SessionOrChallengeResponse {
    /// A session.
    Session(SessionResponse),
    /// A second factor must follow.
    SecondFactor(MfaChallenge),
    /// A second factor must be set up.
    #[schemars(extend("x-latchkey-if" = [Condition::JwtTotpRequired]))]
    Setup(MfaSetupChallenge),
}

/// A second factor must follow, at `mfa/verify/` or `mfa/verify-recovery/`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MFAChallenge")]
pub struct MfaChallenge {
    #[schemars(extend("const" = true))]
    mfa_required: bool,
    /// The id of the login that waits.
    challenge_id: String,
    /// A message for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    detail: Option<&'static str>,
}

/// A second factor must be set up, at `mfa/setup/` and `mfa/activate/`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MFASetupChallenge")]
pub struct MfaSetupChallenge {
    #[schemars(extend("const" = true))]
    mfa_setup_required: bool,
    /// The id of the login that waits.
    setup_challenge_id: String,
    /// A message for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    detail: Option<&'static str>,
}

impl SessionOrChallengeResponse {
    /// The challenge of a login that waits for a second factor.
    pub fn second_factor(challenge_id: String, detail: Option<&'static str>) -> Self {
        Self::SecondFactor(MfaChallenge { mfa_required: true, challenge_id, detail })
    }

    /// The challenge of a login that waits for the setup of a second factor.
    pub fn setup(setup_challenge_id: String, detail: Option<&'static str>) -> Self {
        Self::Setup(MfaSetupChallenge { mfa_setup_required: true, setup_challenge_id, detail })
    }
}

/// A verification mail was sent. The refresh token is invalid until the address is verified.
#[derive(Serialize, JsonSchema)]
pub struct VerificationSentResponse {
    /// A message for people.
    pub detail: &'static str,
    /// The refresh token. Absent if it is in the cookie `refresh_token`, and if the response must not reveal whether
    /// the address has an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("x-latchkey-if" = [Condition::JwtRefreshInBody]))]
    pub refresh: Option<String>,
}

/// The password is changed.
#[derive(Serialize, JsonSchema)]
pub struct PasswordChangeResponse {
    /// A message for people.
    pub detail: &'static str,
    /// The access token of the session that replaces all sessions of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend(
        "x-latchkey-if" = [Condition::JwtPasswordEndsSessions],
        "x-latchkey-required-if" = [Condition::JwtPasswordEndsSessions]
    ))]
    pub access: Option<String>,
    /// The refresh token of that session. Absent if it is in the cookie `refresh_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("x-latchkey-if" = [Condition::JwtRefreshInBody]))]
    pub refresh: Option<String>,
}

/// The data for the setup of an authenticator app.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MFASetupResponse")]
pub struct MfaSetupResponse<'a> {
    /// The secret, in base32.
    pub secret: &'a str,
    /// The secret as a URL.
    pub provisioning_uri: &'a str,
    /// The URL as a QR code, in SVG.
    pub qr_code: String,
}

/// An authenticator app is set up.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MFAActivateResponse")]
pub struct MfaActivateResponse {
    /// Always true.
    #[schemars(extend("const" = true))]
    pub success: bool,
    /// The recovery codes. They are not shown again.
    pub recovery_codes: Vec<String>,
    /// The access token of the login that waited for this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub access: Option<String>,
    /// The refresh token of that login. Absent if it is in the cookie `refresh_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("x-latchkey-if" = [Condition::JwtRefreshInBody]))]
    pub refresh: Option<String>,
}

/// The authenticator app is removed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MFADeactivateResponse")]
pub struct MfaDeactivateResponse {
    /// Always true.
    #[schemars(extend("const" = true))]
    pub success: bool,
}

/// A second factor or a passkey.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "JwtAuthenticator")]
pub struct Authenticator<'a> {
    /// Its number.
    id: u64,
    /// Its type.
    #[schemars(extend("examples" = ["totp", "recovery_codes", "webauthn"]))]
    r#type: &'a str,
    /// When it was added.
    #[schemars(extend("format" = "date-time"))]
    created_at: String,
    /// When it was used last.
    #[schemars(extend("format" = "date-time"))]
    last_used_at: Option<String>,
}

impl<'a> Authenticator<'a> {
    /// Lists a user's authenticators.
    pub fn list(user: &'a User) -> Vec<Self> {
        let shown = |it: &'a AccountAuthenticator| Self {
            id: it.id,
            r#type: it.factor.kind(),
            created_at: moment(it.created),
            last_used_at: it.last_used.map(moment),
        };
        user.authenticators.iter().map(shown).collect()
    }
}

/// Formats a time as `2026-03-10T05:16:00.123456Z`.
fn moment(at: Timestamp) -> String {
    format!("{:.6}", at.to_jiff())
}

/// A user's details.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UserDetails")]
pub struct UserDetails<'a> {
    /// The primary email address; empty if there is none.
    email: &'a str,
    /// The given name.
    first_name: &'a str,
    /// The family name.
    last_name: &'a str,
}

impl<'a> UserDetails<'a> {
    /// The details of a user.
    pub fn new(user: &'a User) -> Self {
        let email = user.primary_email().unwrap_or_default();
        Self { email, first_name: &user.first_name, last_name: &user.last_name }
    }
}
