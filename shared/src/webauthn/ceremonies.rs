//! The ceremonies themselves.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;
use url::Url;
use uuid::Uuid;
use webauthn_rs_core::{
    WebauthnCore,
    error::WebauthnError,
    proto::{
        AuthenticationState, PublicKeyCredential, RequestChallengeResponse, RequestRegistrationExtensions,
        UserVerificationPolicy,
    },
};

use super::{CeremonyError, Credential, Policy, Refusal, SetupError, response, state::State};

/// The ceremonies of one relying party. Made once; holds no state of its own.
#[derive(Clone, Debug)]
pub struct Ceremonies {
    engine: WebauthnCore,
    user_verification: UserVerificationPolicy,
    /// Where any origin at all may use credentials: the relying party's id and name.
    anywhere: Option<(String, String)>,
}

/// A credential was used, and the answer is good.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The credential after this use, to be stored in the place of what it was.
    pub credential: Credential,
    /// The signature counter before this use: what has to stand in the table still when `credential` is stored.
    pub previous_counter: u32,
    /// Whether `credential` differs from what is stored. It does not where the authenticator keeps no counter.
    pub changed: bool,
    /// Whether the authenticator verified its user, by PIN or biometrics.
    pub user_verified: bool,
}

impl Ceremonies {
    /// # Errors
    ///
    /// What is wrong with the policy: the first mistake found.
    pub fn new(policy: &Policy) -> Result<Self, SetupError> {
        let engine = engine(&policy.rp_name, &policy.rp_id, policy.allowed_origins()?, policy.allow_insecure_origin);
        let anywhere = policy.allow_insecure_origin.then(|| (policy.rp_id.clone(), policy.rp_name.clone()));
        Ok(Self { engine, user_verification: policy.user_verification.into(), anywhere })
    }

    /// The engine that verifies what came from this page. Where any origin may use credentials, that is the one allowed.
    fn engine_for(&self, client_data: &[u8]) -> Cow<'_, WebauthnCore> {
        let origin = || {
            let data = serde_json::from_slice::<Value>(client_data).ok()?;
            Url::parse(data.get("origin")?.as_str()?).ok()
        };
        match self.anywhere.as_ref().zip(origin()) {
            Some(((rp_id, rp_name), origin)) => Cow::Owned(engine(rp_name, rp_id, vec![origin], true)),
            None => Cow::Borrowed(&self.engine),
        }
    }

    /// Whether this reads as the answer to [`Ceremonies::begin_authentication`] or [`Ceremonies::begin_discoverable`].
    /// Nothing is proved yet.
    ///
    /// # Errors
    ///
    /// [`CeremonyError::Malformed`].
    pub fn check(response: &Value) -> Result<(), CeremonyError> {
        response::assertion(response).map(|_| ())
    }

    /// Begins to add a credential: the options as the API shows them (`{"publicKey": ...}`), and the state to keep.
    ///
    /// `user` becomes the user handle (16 bytes), `name` and `display` are what authenticators show, `existing` are
    /// the user's credentials, which authenticators shall not make twice. A `passwordless` one is a passkey: it has to
    /// be discoverable, and its user verified.
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
        let builder = self
            .engine
            .new_challenge_register_builder(user.as_bytes(), name, display)
            .map_err(ours)?
            .user_verification_policy(if passwordless {
                UserVerificationPolicy::Required
            } else {
                self.user_verification
            })
            .require_resident_key(passwordless)
            .exclude_credentials(Some(existing.iter().map(|c| c.id_bytes().to_vec()).collect()))
            .extensions(Some(RequestRegistrationExtensions {
                cred_protect: None,
                uvm: None,
                cred_props: Some(true),
                min_pin_length: None,
                hmac_create_secret: None,
            }));
        let (mut options, engine) = self.engine.generate_challenge_register(builder).map_err(ours)?;
        options.public_key.timeout = None;
        options.public_key.attestation = None;
        Ok((json(&options)?, State::Registration { engine }.encode()?))
    }

    /// Finishes adding a credential (WebAuthn Level 2, 7.1). That the credential id belongs to nobody yet (step 22) is
    /// for the caller's table to say.
    ///
    /// # Errors
    ///
    /// [`CeremonyError::Malformed`], [`CeremonyError::Refused`]; [`CeremonyError::State`] where `state` is none.
    pub fn finish_registration(&self, state: &str, response: &Value) -> Result<Credential, CeremonyError> {
        let State::Registration { engine } = State::decode(state)? else { return Err(other_kind()) };
        let (answer, is_passwordless) = response::registration(response)?;
        let key = self.engine_for(&answer.response.client_data_json).register_credential(&answer, &engine, None)?;
        Ok(Credential::new(key, is_passwordless))
    }

    /// Begins to ask a known user for one of their credentials: options and state, as in
    /// [`Ceremonies::begin_registration`].
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

    /// Finishes what [`Ceremonies::begin_authentication`] began (WebAuthn Level 2, 7.2). `credentials` are the user's
    /// own, read now: with those of the beginning, a counter used up in the meantime would count again.
    ///
    /// # Errors
    ///
    /// [`CeremonyError::Malformed`], [`CeremonyError::Refused`]; [`CeremonyError::State`] where `state` is none.
    pub fn finish_authentication(
        &self,
        state: &str,
        response: &Value,
        credentials: &[Credential],
    ) -> Result<Authenticated, CeremonyError> {
        let State::Authentication { engine, user } = State::decode(state)? else { return Err(other_kind()) };
        let answer = response::assertion(response)?;
        if answer.get_user_unique_id().is_some_and(|handle| handle != user.as_bytes()) {
            return Err(Refusal::UserHandle.into());
        }
        self.finish(&engine, &answer, credentials)
    }

    /// Begins a login with no user named: any passkey of this relying party will do, its user verified.
    ///
    /// # Errors
    ///
    /// [`CeremonyError::State`], which does not happen.
    pub fn begin_discoverable(&self) -> Result<(Value, String), CeremonyError> {
        let (options, engine) = self.begin(&[], UserVerificationPolicy::Required)?;
        Ok((options, State::Discoverable { engine }.encode()?))
    }

    /// Whom an answer to [`Ceremonies::begin_discoverable`] claims to come from: the user, and the credential id.
    /// Nothing is proved yet.
    ///
    /// # Errors
    ///
    /// [`CeremonyError::Malformed`]; [`CeremonyError::Refused`] where the user handle is missing or none of ours.
    pub fn identify(&self, response: &Value) -> Result<(Uuid, Vec<u8>), CeremonyError> {
        let answer = response::assertion(response)?;
        let user = answer.get_user_unique_id().and_then(|handle| Uuid::from_slice(handle).ok());
        Ok((user.ok_or(Refusal::UserHandle)?, answer.raw_id))
    }

    /// Finishes what [`Ceremonies::begin_discoverable`] began (WebAuthn Level 2, 7.2): `credentials` are those of the
    /// user that [`Ceremonies::identify`] named, read now.
    ///
    /// # Errors
    ///
    /// [`CeremonyError::Malformed`], [`CeremonyError::Refused`]; [`CeremonyError::State`] where `state` is none.
    pub fn finish_discoverable(
        &self,
        state: &str,
        response: &Value,
        credentials: &[Credential],
    ) -> Result<Authenticated, CeremonyError> {
        let State::Discoverable { engine } = State::decode(state)? else { return Err(other_kind()) };
        self.finish(&engine, &response::assertion(response)?, credentials)
    }

    fn begin(
        &self,
        credentials: &[Credential],
        policy: UserVerificationPolicy,
    ) -> Result<(Value, AuthenticationState), CeremonyError> {
        let keys = credentials.iter().map(|c| c.key().clone()).collect();
        let builder = self
            .engine
            .new_challenge_authenticate_builder(keys, Some(policy))
            .map_err(ours)?
            // A passkey that was bound to one device may come to be synchronised: the reverse is refused.
            .allow_backup_eligible_upgrade(true);
        let (mut options, mut engine): (RequestChallengeResponse, _) =
            self.engine.generate_challenge_authenticate(builder).map_err(ours)?;
        options.public_key.timeout = None;
        engine.set_allowed_credentials(Vec::new());
        Ok((json(&options)?, engine))
    }

    fn finish(
        &self,
        engine: &AuthenticationState,
        answer: &PublicKeyCredential,
        credentials: &[Credential],
    ) -> Result<Authenticated, CeremonyError> {
        let used = credentials.iter().find(|c| c.id_bytes() == answer.raw_id).ok_or(Refusal::UnknownCredential)?;
        let verifier = self.engine_for(&answer.response.client_data_json);
        let result = verifier.authenticate_single_credential(answer, engine, used.key())?;
        let (credential, changed) = used.after(&result);
        Ok(Authenticated {
            credential,
            previous_counter: used.counter(),
            changed,
            user_verified: result.user_verified(),
        })
    }
}

fn engine(rp_name: &str, rp_id: &str, origins: Vec<Url>, insecure: bool) -> WebauthnCore {
    // Not shown: the options leave the time to the client, and how long a state lives is up to the caller.
    let timeout = Duration::from_secs(300);
    WebauthnCore::new_unsafe_experts_only(rp_name, rp_id, origins, timeout, Some(insecure), Some(insecure))
}

fn json(options: &impl serde::Serialize) -> Result<Value, CeremonyError> {
    serde_json::to_value(options).map_err(|error| CeremonyError::State(error.to_string()))
}

fn other_kind() -> CeremonyError {
    Refusal::Kind.into()
}

/// An error while no client has said anything yet.
fn ours(error: WebauthnError) -> CeremonyError {
    CeremonyError::State(error.to_string())
}
