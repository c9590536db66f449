//! Recognizes whether two requests come from the same client.

use super::encode;
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

/// Size of the stored digest in bytes.
const LENGTH: usize = 16;

/// A digest of the user agent. Requests with the same user agent count as the same client. The network does not count:
/// phones change theirs and can lose answers at that moment. A thief who knows a refresh token can also learn the user
/// agent. See `docs/decisions/7-refresh-windows.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Client(String);

impl Client {
    /// Returns the client with this user agent.
    pub fn new(user_agent: &str) -> Self {
        Self(encode(&digest(&SHA256, user_agent.as_bytes()).as_ref()[..LENGTH]))
    }
}
