//! Email addresses, phone numbers, usernames, and codes that people type.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::account::{
    EmailKey, MOST_EMAIL_CHARACTERS, deliverable_email, fold_username, is_email, is_phone, is_same_email, lower_email,
    read_phone,
};
use shared::secret::normalize_code;

fuzz_target!(|text: &str| {
    let key = EmailKey::of(text);
    assert_eq!(EmailKey::of(key.as_str()), key);
    assert_eq!(EmailKey::of(&lower_email(text)), key);
    if let Some(delivered) = deliverable_email(text) {
        assert!(delivered.is_ascii() && delivered.len() <= MOST_EMAIL_CHARACTERS);
        assert_eq!(deliverable_email(&delivered).as_deref(), Some(delivered.as_str()));
        assert!(is_same_email(text, &delivered));
        assert!(is_email(key.as_str()));
    }
    if let Some(number) = read_phone(text) {
        assert!(is_phone(&number));
        assert_eq!(read_phone(&number), Some(number));
    }
    let folded = fold_username(text);
    assert_eq!(fold_username(&folded), folded);
    normalize_code(text);
});
