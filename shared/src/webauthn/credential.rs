//! The stored form of a credential.

use crate::versions::{Unknown, WithUnknown};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use webauthn_rs_core::proto::{
    AttestationFormat, AuthenticationResult, AuthenticatorTransport, Credential as Key, ParsedAttestation,
    RegisteredExtensions, UserVerificationPolicy,
};

/// The stored form of a credential, about 500 bytes of JSON for an elliptic curve key.
///
/// It contains only public data, which cannot be used to sign.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Credential {
    key: WithUnknown<Key>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is_passwordless: Option<bool>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Credential {
    /// Returns the credential id in base64url without padding, as clients write it.
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.key.get().cred_id)
    }

    /// Returns the credential id, at most 1,023 bytes (WebAuthn Level 2, section 4).
    pub fn id_bytes(&self) -> &[u8] {
        &self.key.get().cred_id
    }

    /// Returns the signature counter of the last use, or 0 if the authenticator has no counter. A write of an updated
    /// credential must have the condition that the stored counter is still the one that the ceremony saw.
    pub fn counter(&self) -> u32 {
        self.key.get().counter
    }

    /// Returns the API's `is_passwordless`: whether the client reported that the credential is discoverable (extension
    /// `credProps`, WebAuthn Level 2, 10.4), and it can log in alone. `None` if the client did not report it.
    pub fn is_passwordless(&self) -> Option<bool> {
        self.is_passwordless.map(|is_discoverable| is_discoverable && self.may_log_in_alone())
    }

    /// Returns whether the credential can log in without a password: whether its user was verified when it was created.
    /// WebAuthn Level 3, section 4, calls this `uvInitialized`. A later verification does not change it, because anyone
    /// who has a security key without a PIN can set one.
    pub fn may_log_in_alone(&self) -> bool {
        self.key.get().user_verified
    }

    pub(super) fn new(
        mut key: Key,
        is_passwordless: Option<bool>,
        transports: Option<Vec<AuthenticatorTransport>>,
    ) -> Self {
        // We do not request attestation, and certificates are large.
        key.attestation = ParsedAttestation::default();
        key.attestation_format = AttestationFormat::None;
        key.extensions = RegisteredExtensions::none();
        key.transports = transports;
        // The engine would compare the user verification of the registration with later answers. Only the policy of
        // each ceremony decides that: a key that verified its user at registration can answer as a second factor
        // without verification.
        key.registration_policy = UserVerificationPolicy::Discouraged_DO_NOT_USE;
        Self { key: WithUnknown::new(key), is_passwordless, unknown: Unknown::default() }
    }

    pub(super) fn key(&self) -> &Key {
        self.key.get()
    }

    /// Returns how the authenticator can be reached, as it reported itself.
    pub(super) fn transports(&self) -> Option<&[AuthenticatorTransport]> {
        self.key.get().transports.as_deref()
    }

    /// Returns the credential after a use, and whether it changed.
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
