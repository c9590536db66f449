use super::*;

fn client(address: &str, user_agent: &str) -> Client {
    Client::new(address.parse().unwrap(), user_agent)
}

#[test]
fn ipv4_is_compared_by_24_bits() {
    let one = client("203.0.113.7", "A");
    assert_eq!(one, client("203.0.113.0", "A"));
    assert_eq!(one, client("203.0.113.255", "A"));
    for other in ["203.0.112.7", "203.0.114.7", "203.1.113.7", "204.0.113.7"] {
        assert_ne!(one, client(other, "A"), "{other}");
    }
}

#[test]
fn ipv6_is_compared_by_64_bits() {
    let one = client("2001:db8:1:2::1", "A");
    assert_eq!(one, client("2001:db8:1:2:ffff:ffff:ffff:ffff", "A"));
    for other in ["2001:db8:1:3::1", "2001:db8:1:1::1", "2001:db9:1:2::1", "3001:db8:1:2::1"] {
        assert_ne!(one, client(other, "A"), "{other}");
    }
}

#[test]
fn ipv4_written_as_ipv6_is_ipv4() {
    assert_eq!(client("::ffff:203.0.113.7", "A"), client("203.0.113.9", "A"));
    assert_ne!(client("::ffff:203.0.113.7", "A"), client("::ffff:203.0.114.7", "A"));
    // The old, deprecated way is not: all of these would be in one /64.
    assert_ne!(client("::203.0.113.7", "A"), client("203.0.113.7", "A"));
}

#[test]
fn the_user_agent_is_compared_letter_by_letter_and_whole() {
    let long = "x".repeat(1000);
    assert_eq!(client("203.0.113.7", &long), client("203.0.113.7", &long));
    assert_ne!(client("203.0.113.7", &long), client("203.0.113.7", &long[1..]));
    assert_ne!(client("203.0.113.7", "Agent"), client("203.0.113.7", "agent"));
    assert_ne!(client("203.0.113.7", ""), client("203.0.113.7", " "));
}

#[test]
fn what_is_stored_does_not_show_the_address() {
    let text = serde_json::to_string(&client("203.0.113.7", "Agent")).unwrap();
    assert_eq!(text.len(), 24);
    assert_eq!(serde_json::from_str::<Client>(&text).unwrap(), client("203.0.113.7", "Agent"));
}
