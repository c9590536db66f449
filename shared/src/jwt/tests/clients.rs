use super::*;

#[test]
fn the_whole_user_agent_is_compared_exactly() {
    let long = "x".repeat(1000);
    assert_eq!(Client::new(&long), Client::new(&long));
    assert_ne!(Client::new(&long), Client::new(&long[1..]));
    assert_ne!(Client::new("Agent"), Client::new("agent"));
    assert_ne!(Client::new(""), Client::new(" "));
}

#[test]
fn a_client_is_stored_as_a_short_digest() {
    let text = serde_json::to_string(&Client::new("Agent")).unwrap();
    assert_eq!(text.len(), 24);
    assert_eq!(serde_json::from_str::<Client>(&text).unwrap(), Client::new("Agent"));
}
