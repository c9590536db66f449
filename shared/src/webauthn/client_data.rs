//! What a client says of the page that a ceremony took place on (WebAuthn Level 3, section 5.8.1).

use serde_json::{Map, Value};
use url::{Origin, Url};

use super::CeremonyError;

/// The client data of a ceremony. The engine checks it too, for everything but frames.
pub(super) struct ClientData(Map<String, Value>);

impl ClientData {
    /// # Errors
    ///
    /// [`CeremonyError::Malformed`] where it is not a JSON object.
    pub fn parse(bytes: &[u8]) -> Result<Self, CeremonyError> {
        let parsed = serde_json::from_slice(bytes).map(Self);
        parsed.map_err(|error| CeremonyError::Malformed(format!("clientDataJSON: {error}")))
    }

    /// The origin of the page.
    pub fn origin(&self) -> Option<Url> {
        Url::parse(self.0.get("origin")?.as_str()?).ok()
    }

    /// Whether the page was in a frame of another origin.
    pub fn is_framed(&self) -> bool {
        let is_absent = |value: Option<&Value>| matches!(value, None | Some(Value::Null | Value::Bool(false)));
        !is_absent(self.0.get("crossOrigin")) || !is_absent(self.0.get("topOrigin"))
    }

    /// The origin of the outermost page, where the page was in a frame and the client says so.
    pub fn top_origin(&self) -> Option<Origin> {
        Url::parse(self.0.get("topOrigin")?.as_str()?).ok().map(|url| url.origin())
    }

    /// The same without the frame. Only for a registration, where no signature covers the client data.
    pub fn unframed(mut self) -> Vec<u8> {
        self.0.remove("crossOrigin");
        Value::Object(self.0).to_string().into_bytes()
    }
}
