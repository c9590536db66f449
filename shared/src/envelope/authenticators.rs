//! Second factors and passkeys.

use super::{Status, Timestamp};
use crate::account::{Authenticator as AccountAuthenticator, Factor};
use crate::session::SessionToken;
use crate::settings::{ClientKind, Condition};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

/// The type of an authenticator.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticatorType {
    /// Recovery codes.
    #[schemars(extend("x-latchkey-if" = [Condition::RecoveryCodes]))]
    RecoveryCodes,
    /// An authenticator app.
    #[schemars(extend("x-latchkey-if" = [Condition::Totp]))]
    Totp,
    /// A security key or passkey.
    #[schemars(extend("x-latchkey-if" = [Condition::SecurityKeys]))]
    Webauthn,
}

/// An authenticator.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Authenticator<'a> {
    /// An authenticator app.
    #[schemars(extend("x-latchkey-if" = [Condition::Totp]))]
    Totp(TotpAuthenticator),
    /// Recovery codes.
    #[schemars(extend("x-latchkey-if" = [Condition::RecoveryCodes]))]
    RecoveryCodes(RecoveryCodesAuthenticator<'a>),
    /// A security key or passkey.
    #[schemars(extend("x-latchkey-if" = [Condition::SecurityKeys]))]
    WebAuthn(WebAuthnAuthenticator<'a>),
    /// An authenticator that a newer version added.
    #[schemars(skip)]
    Unknown(UnknownAuthenticator<'a>),
}

/// An authenticator app.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TOTPAuthenticator")]
pub struct TotpAuthenticator {
    r#type: TotpType,
    /// When it was set up.
    created_at: Timestamp,
    /// When it was last used.
    last_used_at: Option<Timestamp>,
}

/// Recovery codes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RecoveryCodesAuthenticator<'a> {
    r#type: RecoveryCodesType,
    /// When they were created.
    created_at: Timestamp,
    /// When one of them was last used.
    last_used_at: Option<Timestamp>,
    /// The number of codes.
    total_code_count: usize,
    /// The number of unused codes.
    unused_code_count: usize,
    /// The unused codes. Absent in lists of authenticators. Also absent if `MFA_RECOVERY_CODES_SHOW_ONCE` is on and
    /// they have been shown before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    unused_codes: Option<&'a [String]>,
}

/// A security key or passkey.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WebAuthnAuthenticator<'a> {
    r#type: WebauthnType,
    /// When it was added.
    created_at: Timestamp,
    /// When it was last used.
    last_used_at: Option<Timestamp>,
    /// The authenticator's number.
    id: u64,
    /// The name that its user chose.
    name: &'a str,
    /// Whether it is a passkey. Absent if the authenticator did not report it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    is_passwordless: Option<bool>,
}

/// An authenticator of a type that this version does not know.
#[derive(Debug, Serialize)]
pub struct UnknownAuthenticator<'a> {
    r#type: &'a str,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

/// Declares a constant text.
macro_rules! constant {
    ($name:ident, $variant:ident, $text:literal) => {
        #[derive(Debug, Serialize, JsonSchema)]
        #[schemars(inline)]
        enum $name {
            #[serde(rename = $text)]
            $variant,
        }
    };
}

constant!(TotpType, Totp, "totp");
constant!(RecoveryCodesType, RecoveryCodes, "recovery_codes");
constant!(WebauthnType, Webauthn, "webauthn");

impl<'a> Authenticator<'a> {
    /// Returns an authenticator. Its recovery codes are included if `codes` contains them.
    pub fn new(authenticator: &'a AccountAuthenticator, codes: Option<&'a [String]>) -> Self {
        let created_at = authenticator.created.into();
        let last_used_at = authenticator.last_used.map(Timestamp::from);
        match &authenticator.factor {
            Factor::Totp { .. } => Self::Totp(TotpAuthenticator { r#type: TotpType::Totp, created_at, last_used_at }),
            Factor::RecoveryCodes { used, total, .. } => Self::RecoveryCodes(RecoveryCodesAuthenticator {
                r#type: RecoveryCodesType::RecoveryCodes,
                created_at,
                last_used_at,
                total_code_count: *total,
                unused_code_count: total - used.len(),
                unused_codes: codes,
            }),
            Factor::WebAuthn { name, credential, .. } => Self::WebAuthn(WebAuthnAuthenticator {
                r#type: WebauthnType::Webauthn,
                created_at,
                last_used_at,
                id: authenticator.id,
                name,
                is_passwordless: credential.is_passwordless(),
            }),
            Factor::Unknown(_) => {
                Self::Unknown(UnknownAuthenticator { r#type: authenticator.factor.kind(), created_at, last_used_at })
            }
        }
    }
}

/// The data for setting up an authenticator app.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct NewTotp<'a> {
    /// The secret, in base32. Each response contains a new one, and only the last one is valid.
    pub secret: &'a str,
    /// The same as a URL, for a QR code.
    pub totp_url: &'a str,
}

/// More about an authenticator that was added.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct AddedAuthenticatorMeta {
    /// Whether recovery codes were also created.
    pub recovery_codes_generated: bool,
}

/// Options for `navigator.credentials.create()`, after `PublicKeyCredential.parseCreationOptionsFromJSON()`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WebAuthnCredentialCreationOptions")]
pub struct CreationOptions<'a> {
    /// The options.
    #[schemars(with = "super::webauthn::Creation")]
    pub creation_options: &'a Json,
}

/// Options for `navigator.credentials.get()`, after `PublicKeyCredential.parseRequestOptionsFromJSON()`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WebAuthnCredentialRequestOptions")]
pub struct RequestOptions<'a> {
    /// The options.
    #[schemars(with = "super::webauthn::Request")]
    pub request_options: &'a Json,
}

/// Options to log in with a passkey.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LoginOptionsResponse<'a> {
    status: Status<200>,
    data: RequestOptions<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LoginOptionsMeta")]
    meta: Option<LoginOptionsMeta>,
}

/// More about the options for a login with a passkey.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct LoginOptionsMeta {
    /// Apps only: the token of the session that stores the challenge.
    session_token: String,
}

impl<'a> LoginOptionsResponse<'a> {
    /// Returns these options for this kind of client, with the token of a new session.
    pub fn new(request_options: &'a Json, client: ClientKind, issued: Option<&SessionToken>) -> Self {
        let issued = issued.filter(|_| client == ClientKind::App);
        let meta = issued.map(|token| LoginOptionsMeta { session_token: token.text() });
        Self { status: Status, data: RequestOptions { request_options }, meta }
    }
}
