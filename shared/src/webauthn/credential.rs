//! What is kept of a credential.

use crate::versions::{Unknown, WithUnknown};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use webauthn_rs_core::proto::{
    AttestationFormat, AuthenticationResult, AuthenticatorTransport, Credential as Key, ParsedAttestation,
    RegisteredExtensions, UserVerificationPolicy,
};

/// What the table keeps of a credential: some 500 bytes of JSON for an elliptic curve key.
///
/// Public matter throughout: nothing of it lets anyone sign.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Credential {
    key: WithUnknown<Key>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is_passwordless: Option<bool>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Credential {
    /// The credential id in base64url without padding, as clients write it.
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.key.get().cred_id)
    }

    /// The credential id, at most 1,023 bytes (WebAuthn Level 2, section 4).
    pub fn id_bytes(&self) -> &[u8] {
        &self.key.get().cred_id
    }

    /// The signature counter of the last use; 0 where the authenticator keeps none. Whoever stores an updated
    /// credential makes it a condition that the stored counter is still the one that the ceremony saw.
    pub fn counter(&self) -> u32 {
        self.key.get().counter
    }

    /// The API's `is_passwordless`: whether the client said that the credential is discoverable (extension `credProps`,
    /// WebAuthn Level 2, 10.4), and it may log in alone. `None` where the client said nothing.
    pub fn is_passwordless(&self) -> Option<bool> {
        self.is_passwordless.map(|is_discoverable| is_discoverable && self.may_log_in_alone())
    }

    /// Whether the credential may log in without a password: whether its user was verified when it was made. WebAuthn
    /// Level 3, section 4, calls this `uvInitialized`. Anyone who holds a security key without a PIN can give it one, so
    /// a later verification alone does not change this.
    pub fn may_log_in_alone(&self) -> bool {
        self.key.get().user_verified
    }

    pub(super) fn new(
        mut key: Key,
        is_passwordless: Option<bool>,
        transports: Option<Vec<AuthenticatorTransport>>,
    ) -> Self {
        // Attestation was not asked for, and certificates are large.
        key.attestation = ParsedAttestation::default();
        key.attestation_format = AttestationFormat::None;
        key.extensions = RegisteredExtensions::none();
        key.transports = transports;
        // The engine would hold the user verification of the registration against later answers. That is up to the
        // policy of each ceremony alone: a key that verified when it was added may answer a mere second factor without.
        key.registration_policy = UserVerificationPolicy::Discouraged_DO_NOT_USE;
        Self { key: WithUnknown::new(key), is_passwordless, unknown: Unknown::default() }
    }

    pub(super) fn key(&self) -> &Key {
        self.key.get()
    }

    /// How the authenticator said that it can be reached.
    pub(super) fn transports(&self) -> Option<&[AuthenticatorTransport]> {
        self.key.get().transports.as_deref()
    }

    /// The credential after a use, and whether that changed it.
    pub(super) fn after(&self, result: &AuthenticationResult) -> (Self, bool) {
        let mut new = self.clone();
        let key = new.key.get_mut();
        key.counter = result.counter();
        key.backup_state = result.backup_state();
        key.backup_eligible |= result.backup_eligible();
        let is_changed = result.needs_update() || key.backup_eligible != self.key().backup_eligible;
        (new, is_changed)
    }
}
