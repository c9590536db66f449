use super::*;

#[test]
fn the_user_agent_is_compared_letter_by_letter_and_whole() {
    let long = "x".repeat(1000);
    assert_eq!(Client::new(&long), Client::new(&long));
    assert_ne!(Client::new(&long), Client::new(&long[1..]));
    assert_ne!(Client::new("Agent"), Client::new("agent"));
    assert_ne!(Client::new(""), Client::new(" "));
}

#[test]
fn what_is_stored_is_a_short_digest() {
    let text = serde_json::to_string(&Client::new("Agent")).unwrap();
    assert_eq!(text.len(), 24);
    assert_eq!(serde_json::from_str::<Client>(&text).unwrap(), Client::new("Agent"));
}
