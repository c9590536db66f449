//! The client's address, from the connection or the gateway's request context. Headers count only if the settings trust
//! the proxy that sets them (CVE-2023-36456).

use super::headers::lines;
use crate::settings::ServiceSettings;
use axum::http::HeaderMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};

/// The address of the other end of the connection. The runner puts it into a request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

impl Default for Peer {
    fn default() -> Self {
        Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }
}

pub(super) fn client_address(peer: Peer, headers: &HeaderMap, settings: &ServiceSettings) -> IpAddr {
    let named = match &settings.trusted_client_ip_header {
        Some(name) => only(headers, name),
        None => forwarded(headers, settings.trusted_proxy_count),
    };
    named.and_then(|text| parse(&text)).unwrap_or(peer.0)
}

/// Returns the header that a trusted proxy sets. If the header has several lines, one of them is from the client, so
/// none counts.
fn only(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut lines = lines(headers, name);
    let first = lines.next()?;
    lines.next().is_none().then(|| first.into_owned())
}

/// Returns the address that the outermost trusted proxy saw, or `None` if the header has fewer entries than there are
/// proxies, because the request did not pass through all of them.
fn forwarded(headers: &HeaderMap, proxies: usize) -> Option<String> {
    let mut seen = Vec::new();
    for line in lines(headers, "x-forwarded-for") {
        seen.extend(line.split(',').map(str::to_owned));
    }
    let place = seen.len().checked_sub(proxies).filter(|_| proxies > 0)?;
    seen.into_iter().nth(place)
}

/// Parses an address in the formats that proxies use: with or without a port; IPv6 with or without brackets, and with a
/// zone, which has a meaning only on its own host.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Some((address, port)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let is_port = |port: &str| port.parse::<u16>().is_ok();
        return (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then(|| parse_v6(address)).flatten();
    }
    let with_port = || text.parse::<SocketAddrV4>().ok().map(|address| IpAddr::V4(*address.ip()));
    text.parse().ok().or_else(with_port).or_else(|| parse_v6(text))
}

fn parse_v6(text: &str) -> Option<IpAddr> {
    let address = text.split_once('%').map_or(text, |(address, _)| address);
    address.parse().ok().map(IpAddr::V6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(proxies: usize, header: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", header.parse().unwrap());
        let seen = forwarded(&headers, proxies).and_then(|text| parse(&text));
        seen.map_or_else(|| "peer".to_owned(), |address| address.to_string())
    }

    #[test]
    fn x_forwarded_for_counts_only_for_trusted_proxies() {
        assert_eq!(seen(0, "203.0.113.9"), "peer");
        assert_eq!(seen(1, "203.0.113.9, 198.51.100.1"), "198.51.100.1");
        assert_eq!(seen(2, "6.6.6.6, 203.0.113.9, 198.51.100.1:1234"), "203.0.113.9");
        assert_eq!(seen(3, "203.0.113.9"), "peer");
        assert_eq!(seen(1, "nonsense"), "peer");
        assert_eq!(seen(1, "[2001:db8::1]:443"), "2001:db8::1");
        assert_eq!(seen(1, "unbekannt-ü, 203.0.113.9"), "203.0.113.9", "the rest of the line is parsed");
        assert_eq!(seen(2, "203.0.113.9, ü"), "203.0.113.9");
    }

    #[test]
    fn addresses_are_parsed_in_the_formats_of_proxies() {
        for text in [
            "2001:db8::7",
            "[2001:db8::7]",
            "[2001:db8::7]:443",
            " [2001:db8::7] ",
            "2001:db8::7%eth0",
            "[2001:db8::7%25eth0]:1",
        ] {
            assert_eq!(parse(text), Some("2001:db8::7".parse().unwrap()), "{text}");
        }
        for text in ["203.0.113.9", "203.0.113.9:1234", "\t203.0.113.9"] {
            assert_eq!(parse(text), Some("203.0.113.9".parse().unwrap()), "{text}");
        }
        for text in
            ["", "[]", "[2001:db8::7", "[2001:db8::7]x", "[2001:db8::7]:", "[203.0.113.9]", "203.0.113.9:x", "_hidden"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_trusted_header_with_two_lines_is_ignored() {
        let mut headers = HeaderMap::new();
        let settings =
            ServiceSettings { trusted_client_ip_header: Some("X-Real-IP".to_owned()), ..ServiceSettings::default() };
        let seen =
            |headers: &HeaderMap| client_address(Peer("192.0.2.1".parse().unwrap()), headers, &settings).to_string();
        headers.append("x-real-ip", "[2001:db8::7]".parse().unwrap());
        assert_eq!(seen(&headers), "2001:db8::7");
        headers.append("x-real-ip", "203.0.113.9".parse().unwrap());
        assert_eq!(seen(&headers), "192.0.2.1");
    }
}
