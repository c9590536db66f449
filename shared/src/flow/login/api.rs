//! The step of each API for a login that has to stop at a stage.
//!
//! Each API handles every stage in a match without a wildcard, so a new stage does not compile until every API handles
//! it.

use crate::session::{Api, Login, StageKey};

/// The step of an API for a login that has to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow) enum Step {
    /// The API has an endpoint for the stage, so the login waits.
    Wait,
    /// The API has no endpoint for the stage. It refuses the login with its own error code.
    Refuse,
}

/// Returns the step of the API for a login that has to stop at this stage.
pub(in crate::flow) fn step(api: Api, stage: StageKey, login: &Login) -> Step {
    match api {
        Api::Headless | Api::Flat => session_step(stage),
        Api::Jwt => jwt_step(stage, login),
    }
}

/// The headless API and the flat API store a login that waits in a pending session. If the flat API has no endpoint for
/// a stage, the client continues in the headless API with the `flow_token`.
fn session_step(stage: StageKey) -> Step {
    match stage {
        StageKey::LoginByCode
        | StageKey::VerifyPhone
        | StageKey::VerifyEmail
        | StageKey::MfaAuthenticate
        | StageKey::MfaTrust
        | StageKey::MfaSignupWebauthn => Step::Wait,
        // Only logged-in users set up authenticators.
        StageKey::MfaSetup => Step::Refuse,
    }
}

/// The JWT API has challenges for second factors. A registration whose address is not verified gets tokens that are
/// invalid until the address is verified.
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
