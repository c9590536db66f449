//! What each API does with a login that has to stop at a stage.
//!
//! Each API answers for every stage by a match without a wildcard, so a new stage does not compile until every API has
//! answered for it.

use crate::session::{Api, Login, StageKey};

/// What an API does with a login that has to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow) enum Step {
    /// It has a place where the person does what is asked: the login waits for that.
    Wait,
    /// It has none: the login is refused with the API's own code.
    Refuse,
}

/// What the API does with a login that has to stop at this stage.
pub(in crate::flow) fn step(api: Api, stage: StageKey, login: &Login) -> Step {
    match api {
        Api::Headless | Api::Flat => session_step(stage),
        Api::Jwt => jwt_step(stage, login),
    }
}

/// The headless and the flat API keep a login that waits in a pending session. What the flat API has no endpoint for goes
/// on in the headless one, with its `flow_token`.
fn session_step(stage: StageKey) -> Step {
    match stage {
        StageKey::LoginByCode
        | StageKey::VerifyPhone
        | StageKey::VerifyEmail
        | StageKey::MfaAuthenticate
        | StageKey::MfaTrust
        | StageKey::MfaSignupWebauthn => Step::Wait,
        // Authenticators are set up by people who are in.
        StageKey::MfaSetup => Step::Refuse,
    }
}

/// The JWT API has challenges for second factors, and a registration whose address is not verified gets tokens that are
/// worth nothing before it is.
fn jwt_step(stage: StageKey, login: &Login) -> Step {
    match stage {
        StageKey::MfaAuthenticate | StageKey::MfaSetup => Step::Wait,
        StageKey::VerifyEmail if login.signup => Step::Wait,
        StageKey::VerifyEmail
        | StageKey::LoginByCode
        | StageKey::VerifyPhone
        | StageKey::MfaTrust
        | StageKey::MfaSignupWebauthn => Step::Refuse,
    }
}
