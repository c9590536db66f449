//! The registration and authentication ceremonies.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};
use url::{Origin, Url};
use uuid::Uuid;
use webauthn_rs_core::{
    WebauthnCore,
    error::WebauthnError,
    proto::{
        AuthenticationState, Credential as Key, PublicKeyCredential, RequestChallengeResponse,
        RequestRegistrationExtensions, UserVerificationPolicy,
    },
};

use super::{
    CEREMONY_SECONDS, CeremonyError, Credential, Policy, SetupError, VerificationError,
    client_data::ClientData,
    keys::{self, StandIn},
    response,
    state::State,
};

/// The ceremonies of one relying party. Created once, without mutable state.
#[derive(Clone, Debug)]
pub struct Ceremonies {
    engine: WebauthnCore,
    user_verification: UserVerificationPolicy,
    /// The origins whose pages can embed the pages that use credentials.
    top_origins: Vec<Origin>,
    full_options: bool,
    /// The relying party's id and name, if any origin can use credentials.
    anywhere: Option<(String, String)>,
}

/// The result of a successful authentication.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The credential after this use. It replaces the stored one.
    pub credential: Credential,
    /// The signature counter before this use. The stored counter must still have this value when `credential` is
    /// stored.
    pub previous_counter: u32,
    /// Whether `credential` differs from the stored one. It does not differ if the authenticator has no counter.
    pub changed: bool,
    /// Whether the authenticator verified its user, by PIN or biometrics.
    pub user_verified: bool,
}

impl Ceremonies {
    /// # Errors
    ///
    /// The first mistake found in the policy.
    pub fn new(policy: &Policy) -> Result<Self, SetupError> {
        let engine = engine(&policy.rp_name, &policy.rp_id, policy.allowed_origins()?, policy.allow_insecure_origin);
        let anywhere = policy.allow_insecure_origin.then(|| (policy.rp_id.clone(), policy.rp_name.clone()));
        Ok(Self {
            engine,
            user_verification: policy.user_verification.into(),
            top_origins: policy.allowed_top_origins()?,
            full_options: policy.full_options,
            anywhere,
        })
    }

    /// Returns the engine that verifies an answer of this page. If any origin can use credentials, this one is allowed.
    fn engine_for(&self, client_data: &ClientData) -> Cow<'_, WebauthnCore> {
        match self.anywhere.as_ref().zip(client_data.origin()) {
            Some(((rp_id, rp_name), origin)) => Cow::Owned(engine(rp_name, rp_id, vec![origin], true)),
            None => Cow::Borrowed(&self.engine),
        }
    }

    /// Refuses an answer from a frame of another origin, unless the client reports a top origin that can embed this
    /// page. A client that reports `crossOrigin` without `topOrigin` is refused, because the embedding page is unknown.
    fn check_frame(&self, client_data: &ClientData) -> Result<(), VerificationError> {
        let may_embed = |top: Origin| self.top_origins.contains(&top);
        if client_data.is_framed() && !client_data.top_origin().is_some_and(may_embed) {
            return Err(VerificationError::Frame);
        }
        Ok(())
    }

    /// Checks that this can be parsed as the answer to [`Ceremonies::begin_authentication`] or
    /// [`Ceremonies::begin_discoverable`]. It does not prove anything yet.
    ///
    /// # Errors
    ///
    /// [`CeremonyError::Malformed`].
    pub fn check(response: &Value) -> Result<(), CeremonyError> {
        response::assertion(response).map(|_| ())
    }

    /// Starts the registration of a credential. Returns the options in the API's format (`{"publicKey": ...}`) and the
    /// state to store.
    ///
    /// `user` becomes the user handle (16 bytes). Authenticators show `name` and `display`. `existing` are the user's
    /// credentials, so that an authenticator does not create a second one. A `passwordless` credential is a passkey: it
    /// must be discoverable, and the authenticator must verify the user. An authenticator that is only a second factor
    /// can also create a passkey.
    ///
    /// # Errors
    ///
    /// [`CeremonyError::State`], which does not happen.
    pub fn begin_registration(
        &self,
        user: Uuid,
        name: &str,
        display: &str,
        existing: &[Credential],
        passwordless: bool,
    ) -> Result<(Value, String), CeremonyError> {
        let handle = user.to_string();
        let name = if name.is_empty() { handle.as_str() } else { name };
        let display = if display.is_empty() { name } else { display };
        let twins = existing.iter().filter(|c| !passwordless || c.may_log_in_alone()).collect::<Vec<_>>();
        let builder = self
            .engine
            .new_challenge_register_builder(user.as_bytes(), name, display)
            .map_err(ours)?
            .user_verification_policy(if passwordless {
                UserVerificationPolicy::Required
            } else {
                self.user_verification
            })
            .credential_algorithms(keys::ALGORITHMS.to_vec())
            .require_resident_key(passwordless)
            .exclude_credentials(Some(twins.iter().map(|c| c.id_bytes().to_vec()).collect()))
            .extensions(Some(RequestRegistrationExtensions {
                cred_protect: None,
                uvm: None,
                cred_props: Some(true),
                min_pin_length: None,
                hmac_create_secret: None,
            }));
        let (mut options, engine) = self.engine.generate_challenge_register(builder).map_err(ours)?;
        options.public_key.attestation = None;
        if self.full_options {
            let excluded = options.public_key.exclude_credentials.iter_mut().flatten();
            for (descriptor, credential) in excluded.zip(twins) {
                descriptor.transports = credential.transports().map(<[_]>::to_vec);
            }
        } else {
            options.public_key.timeout = None;
        }
        Ok((json(&options)?, State::Registration { engine }.encode()?))
    }

    /// Finishes a registration (WebAuthn Level 2, 7.1). The caller must check that the credential id is not registered
    /// yet (step 22).
    ///
    /// # Errors
    ///
    /// [`CeremonyError::Malformed`], [`CeremonyError::Refused`]; [`CeremonyError::State`] if `state` is invalid.
    pub fn finish_registration(&self, state: &str, response: &Value) -> Result<Credential, CeremonyError> {
        let State::Registration { engine } = State::decode(state)? else { return Err(other_kind()) };
        let mut made = response::registration(response)?;
        let client_data = ClientData::parse(&made.answer.response.client_data_json)?;
        self.check_frame(&client_data)?;
        let verifier = self.engine_for(&client_data);
        if client_data.is_framed() {
            // The engine refuses every frame, but this frame is allowed.
            made.answer.response.client_data_json = client_data.unframed();
        }
        let mut key = verifier.register_credential(&made.answer, &engine, None)?;
        if let Some(own) = made.key {
            key.cred = own;
        }
        Ok(Credential::new(key, made.is_discoverable, made.transports))
    }

    /// Starts an authentication with a credential of a known user. Returns options and state, as
    /// [`Ceremonies::begin_registration`] does.
    ///
    /// # Errors
    ///
    /// [`CeremonyError::State`], which does not happen.
    pub fn begin_authentication(
        &self,
        user: Uuid,
        credentials: &[Credential],
    ) -> Result<(Value, String), CeremonyError> {
        let (options, engine) = self.begin(credentials, self.user_verification)?;
        Ok((options, State::Authentication { engine, user }.encode()?))
    }

    /// Finishes a ceremony of [`Ceremonies::begin_authentication`] (WebAuthn Level 2, 7.2). `credentials` are the
    /// user's credentials, which must be read now. With those from the start of the ceremony, a counter that was used
    /// in the meantime would be accepted again.
    ///
    /// # Errors
    ///
    /// [`CeremonyError::Malformed`], [`CeremonyError::Refused`]; [`CeremonyError::State`] if `state` is invalid.
    pub fn finish_authentication(
        &self,
        state: &str,
        response: &Value,
        credentials: &[Credential],
    ) -> Result<Authenticated, CeremonyError> {
        let State::Authentication { engine, user } = State::decode(state)? else { return Err(other_kind()) };
        let answer = response::assertion(response)?;
        if answer.get_user_unique_id().is_some_and(|handle| handle != user.as_bytes()) {
            return Err(VerificationError::UserHandle.into());
        }
        self.finish(&engine, &answer, credentials)
    }

    /// Starts a login without a username. Any passkey of this relying party is accepted if its user is verified.
    ///
    /// # Errors
    ///
    /// [`CeremonyError::State`], which does not happen.
    pub fn begin_discoverable(&self) -> Result<(Value, String), CeremonyError> {
        let (options, engine) = self.begin(&[], UserVerificationPolicy::Required)?;
        Ok((options, State::Discoverable { engine }.encode()?))
    }

    /// Returns the user and the credential id that an answer to [`Ceremonies::begin_discoverable`] claims. It does not
    /// prove anything yet.
    ///
    /// # Errors
    ///
    /// [`CeremonyError::Malformed`]; [`CeremonyError::Refused`] if the user handle is missing or is not a handle of
    /// Latchkey.
    pub fn identify(&self, response: &Value) -> Result<(Uuid, Vec<u8>), CeremonyError> {
        let answer = response::assertion(response)?;
        let user = answer.get_user_unique_id().and_then(|handle| Uuid::from_slice(handle).ok());
        Ok((user.ok_or(VerificationError::UserHandle)?, answer.raw_id))
    }

    /// Finishes a ceremony of [`Ceremonies::begin_discoverable`] (WebAuthn Level 2, 7.2). `credentials` are those of
    /// the user that [`Ceremonies::identify`] returned, and must be read now. Credentials that cannot log in alone are
    /// refused.
    ///
    /// # Errors
    ///
    /// [`CeremonyError::Malformed`], [`CeremonyError::Refused`]; [`CeremonyError::State`] if `state` is invalid.
    pub fn finish_discoverable(
        &self,
        state: &str,
        response: &Value,
        credentials: &[Credential],
    ) -> Result<Authenticated, CeremonyError> {
        let State::Discoverable { engine } = State::decode(state)? else { return Err(other_kind()) };
        let answer = response::assertion(response)?;
        let is_used = |credential: &&Credential| credential.id_bytes() == answer.raw_id;
        if credentials.iter().find(is_used).is_some_and(|used| !used.may_log_in_alone()) {
            return Err(VerificationError::SecondFactorOnly.into());
        }
        self.finish(&engine, &answer, credentials)
    }

    fn begin(
        &self,
        credentials: &[Credential],
        policy: UserVerificationPolicy,
    ) -> Result<(Value, AuthenticationState), CeremonyError> {
        let keys = credentials.iter().map(|c| c.key().clone()).collect();
        let builder = self.engine.new_challenge_authenticate_builder(keys, Some(policy)).map_err(ours)?;
        let (mut options, mut engine): (RequestChallengeResponse, _) =
            self.engine.generate_challenge_authenticate(builder).map_err(ours)?;
        if !self.full_options {
            options.public_key.timeout = None;
            options.public_key.allow_credentials.iter_mut().for_each(|it| it.transports = None);
        }
        engine.set_allowed_credentials(Vec::new());
        Ok((json(&options)?, engine))
    }

    fn finish(
        &self,
        engine: &AuthenticationState,
        answer: &PublicKeyCredential,
        credentials: &[Credential],
    ) -> Result<Authenticated, CeremonyError> {
        let used =
            credentials.iter().find(|c| c.id_bytes() == answer.raw_id).ok_or(VerificationError::UnknownCredential)?;
        let client_data = ClientData::parse(&answer.response.client_data_json)?;
        self.check_frame(&client_data)?;
        let mut key = used.key().clone();
        // A passkey of one device can become a synchronized one. The engine compares with the stored flags, so the new
        // flag is set here first. The engine still refuses the reverse, and a backup of a credential that cannot be
        // backed up.
        key.backup_eligible |= is_backup_eligible(&answer.response.authenticator_data);
        let verifier = self.engine_for(&client_data);
        let result = if keys::is_known_to_engine(&key.cred) {
            verifier.authenticate_single_credential(answer, engine, &key)?
        } else {
            let (answer, key) = with_stand_in(answer, key)?;
            verifier.authenticate_single_credential(&answer, engine, &key)?
        };
        let (credential, changed) = used.after(&result);
        Ok(Authenticated {
            credential,
            previous_counter: used.counter(),
            changed,
            user_verified: result.user_verified(),
        })
    }
}

/// Returns whether the authenticator reports that the credential can be backed up (WebAuthn Level 3, section 6.1, flag
/// `BE`).
fn is_backup_eligible(authenticator_data: &[u8]) -> bool {
    const BACKUP_ELIGIBLE: u8 = 0x08;
    authenticator_data.get(32).is_some_and(|flags| flags & BACKUP_ELIGIBLE != 0)
}

/// Verifies the signature of a key that the engine does not support. Then signs the same answer with a supported key,
/// so that the engine can verify the rest.
fn with_stand_in(answer: &PublicKeyCredential, key: Key) -> Result<(PublicKeyCredential, Key), CeremonyError> {
    let (mut answer, mut key) = (answer.clone(), key);
    let response = &mut answer.response;
    let digest = Sha256::digest(&response.client_data_json);
    let message = [response.authenticator_data.as_slice(), digest.as_slice()].concat();
    if !keys::verify(&key.cred, &message, &response.signature) {
        return Err(VerificationError::Signature.into());
    }
    let stand_in = StandIn::new()?;
    response.signature = stand_in.sign(&message)?;
    key.cred = stand_in.key();
    Ok((answer, key))
}

fn engine(rp_name: &str, rp_id: &str, origins: Vec<Url>, insecure: bool) -> WebauthnCore {
    let timeout = Duration::from_secs(u64::from(CEREMONY_SECONDS));
    WebauthnCore::new_unsafe_experts_only(rp_name, rp_id, origins, timeout, Some(insecure), Some(insecure))
}

fn json(options: &impl serde::Serialize) -> Result<Value, CeremonyError> {
    serde_json::to_value(options).map_err(|error| CeremonyError::State(error.to_string()))
}

fn other_kind() -> CeremonyError {
    VerificationError::Kind.into()
}

/// Converts an error that no client has caused.
fn ours(error: WebauthnError) -> CeremonyError {
    CeremonyError::State(error.to_string())
}
