//! The client's address: from the connection or the gateway's request context, and from headers only as far
//! as the settings trust somebody who sets them (CVE-2023-36456).

use crate::settings::ServiceSettings;
use axum::http::HeaderMap;
use std::net::{IpAddr, Ipv4Addr};

/// Who is at the other end: put into a request's extensions by the runner.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

impl Default for Peer {
    fn default() -> Self {
        Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }
}

pub(super) fn client_address(peer: Peer, headers: &HeaderMap, settings: &ServiceSettings) -> IpAddr {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let named = match &settings.trusted_client_ip_header {
        Some(name) => header(name),
        None => forwarded(headers, settings.trusted_proxy_count),
    };
    named.and_then(parse).unwrap_or(peer.0)
}

/// What the outermost trusted proxy saw. Fewer entries than proxies: the request took another way.
fn forwarded(headers: &HeaderMap, proxies: usize) -> Option<&str> {
    let values = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let seen = values.flat_map(|value| value.split(',')).collect::<Vec<_>>();
    let place = seen.len().checked_sub(proxies).filter(|_| proxies > 0)?;
    seen.get(place).copied()
}

/// An address, perhaps with a port.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(proxies: usize, header: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", header.parse().unwrap());
        let seen = forwarded(&headers, proxies).and_then(parse);
        seen.map_or_else(|| "peer".to_owned(), |address| address.to_string())
    }

    #[test]
    fn x_forwarded_for_counts_only_as_far_as_proxies_are_trusted() {
        assert_eq!(seen(0, "203.0.113.9"), "peer");
        assert_eq!(seen(1, "203.0.113.9, 198.51.100.1"), "198.51.100.1");
        assert_eq!(seen(2, "6.6.6.6, 203.0.113.9, 198.51.100.1:1234"), "203.0.113.9");
        assert_eq!(seen(3, "203.0.113.9"), "peer");
        assert_eq!(seen(1, "nonsense"), "peer");
        assert_eq!(seen(1, "[2001:db8::1]:443"), "2001:db8::1");
    }
}
