//! The state that is stored between the two halves of a ceremony.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use webauthn_rs_core::proto::{AuthenticationState, RegistrationState};

use super::CeremonyError;

/// The state that is stored between the two halves of a ceremony. It contains the kind, so that the answer to one kind
/// of ceremony is not accepted for another.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum State {
    Registration { engine: RegistrationState },
    Authentication { engine: AuthenticationState, user: Uuid },
    Discoverable { engine: AuthenticationState },
}

impl State {
    pub fn encode(&self) -> Result<String, CeremonyError> {
        serde_json::to_string(self).map_err(|error| CeremonyError::State(error.to_string()))
    }

    pub fn decode(state: &str) -> Result<Self, CeremonyError> {
        serde_json::from_str(state).map_err(|error| CeremonyError::State(error.to_string()))
    }
}
