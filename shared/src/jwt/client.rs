//! Whether two requests come from the same client, as far as one can tell.

use super::encode;
use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};

/// Bytes of the digest that are kept.
const LENGTH: usize = 16;

/// Where a request came from, as far as it matters: a digest of the user agent and the network. The same client has the
/// same user agent, and an address in the same /24 (IPv4) or /64 (IPv6). An IPv4 address that is written as IPv6
/// (`::ffff:0:0/96`) is an IPv4 address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Client(String);

impl Client {
    /// The client with this address, that calls itself so.
    pub fn new(address: IpAddr, user_agent: &str) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(&network(address));
        context.update(user_agent.as_bytes());
        Self(encode(&context.finish().as_ref()[..LENGTH]))
    }
}

/// The family of the address and its network, always nine bytes.
fn network(address: IpAddr) -> [u8; 9] {
    let mut network = [0; 9];
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = Ipv4Addr::octets(&address);
            network[..4].copy_from_slice(&[4, a, b, c]);
        }
        IpAddr::V6(address) => {
            network[0] = 6;
            network[1..].copy_from_slice(&address.octets()[..8]);
        }
    }
    network
}
