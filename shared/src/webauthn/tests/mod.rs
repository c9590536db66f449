//! Tests of the ceremonies against a software authenticator: the successful cases, and the reason of each refusal.

mod algorithms;
mod authenticator;
mod backup;
mod frames;
mod happy;
mod malformed;
mod origins;
mod properties;
mod refused;

use serde_json::Value;
use uuid::Uuid;

use self::authenticator::{Authenticator, UP, UV};
use super::{Ceremonies, CeremonyError, Credential, Policy, UserVerification, VerificationError};

const ORIGIN: &str = "https://login.example.com";
const RP_ID: &str = "example.com";
const ALICE: Uuid = Uuid::from_u128(0xa11ce);
const BOB: Uuid = Uuid::from_u128(0xb0b);

fn policy() -> Policy {
    Policy {
        rp_id: RP_ID.into(),
        rp_name: "Example".into(),
        origins: vec![ORIGIN.into()],
        top_origins: vec![],
        full_options: false,
        allow_insecure_origin: false,
        user_verification: UserVerification::Preferred,
    }
}

fn ceremonies() -> Ceremonies {
    Ceremonies::new(&policy()).unwrap()
}

fn device(number: u8) -> Authenticator {
    Authenticator::new(number, ORIGIN, RP_ID)
}

fn register(
    c: &Ceremonies,
    a: &mut Authenticator,
    user: Uuid,
    passwordless: bool,
) -> Result<Credential, CeremonyError> {
    let (options, state) = c.begin_registration(user, "a@example.com", "A", &[], passwordless)?;
    c.finish_registration(&state, &a.create(&options))
}

fn refusal<T: std::fmt::Debug>(result: Result<T, CeremonyError>) -> VerificationError {
    let error = result.unwrap_err();
    assert_eq!(error.code(), Some("incorrect_code"));
    match error {
        CeremonyError::Refused(refusal) => refusal,
        other => panic!("{other}"),
    }
}

/// Runs a whole authentication as a second factor.
fn use_key(c: &Ceremonies, a: &mut Authenticator, user: Uuid, own: &[Credential]) -> Result<Credential, CeremonyError> {
    let (options, state) = c.begin_authentication(user, own)?;
    c.finish_authentication(&state, &a.get(&options), own).map(|done| done.credential)
}

/// Runs a whole login without a username.
fn log_in(c: &Ceremonies, a: &mut Authenticator, own: &[Credential]) -> Result<Credential, CeremonyError> {
    let (options, state) = c.begin_discoverable()?;
    c.finish_discoverable(&state, &a.get(&options), own).map(|done| done.credential)
}

fn without(mut value: Value, pointer: &str, member: &str) -> Value {
    value.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(member);
    value
}
