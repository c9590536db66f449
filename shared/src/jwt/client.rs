//! Whether two requests come from the same client, as far as one can tell.

use super::encode;
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

/// Bytes of the digest that are kept.
const LENGTH: usize = 16;

/// A digest of the user agent: the same client calls itself the same. Its network does not count. Phones change theirs,
/// and lose answers while they do, and a thief who knows a refresh token can learn the user agent, but not the other
/// way round. See `docs/decisions/7-refresh-windows.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Client(String);

impl Client {
    /// The client that calls itself so.
    pub fn new(user_agent: &str) -> Self {
        Self(encode(&digest(&SHA256, user_agent.as_bytes()).as_ref()[..LENGTH]))
    }
}
