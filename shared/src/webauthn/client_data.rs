//! The client's description of the page on which a ceremony took place (WebAuthn Level 3, section 5.8.1).

use serde_json::{Map, Value};
use url::{Origin, Url};

use super::CeremonyError;

/// The client data of a ceremony. The engine checks it too, except for frames.
pub(super) struct ClientData(Map<String, Value>);

impl ClientData {
    /// # Errors
    ///
    /// [`CeremonyError::Malformed`] if it is not a JSON object.
    pub fn parse(bytes: &[u8]) -> Result<Self, CeremonyError> {
        let parsed = serde_json::from_slice(bytes).map(Self);
        parsed.map_err(|error| CeremonyError::Malformed(format!("clientDataJSON: {error}")))
    }

    /// Returns the origin of the page.
    pub fn origin(&self) -> Option<Url> {
        Url::parse(self.0.get("origin")?.as_str()?).ok()
    }

    /// Returns whether the page was in a frame of another origin.
    pub fn is_framed(&self) -> bool {
        let is_absent = |value: Option<&Value>| matches!(value, None | Some(Value::Null | Value::Bool(false)));
        !is_absent(self.0.get("crossOrigin")) || !is_absent(self.0.get("topOrigin"))
    }

    /// Returns the origin of the outermost page, if the page was in a frame and the client reports it.
    pub fn top_origin(&self) -> Option<Origin> {
        Url::parse(self.0.get("topOrigin")?.as_str()?).ok().map(|url| url.origin())
    }

    /// Returns the client data without the frame. Only for registrations, where the client data is not signed.
    pub fn unframed(mut self) -> Vec<u8> {
        self.0.remove("crossOrigin");
        Value::Object(self.0).to_string().into_bytes()
    }
}
