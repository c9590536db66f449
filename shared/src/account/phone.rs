//! What a phone number looks like.

/// Whether this is a number in E.164: `+`, a country code, six to fifteen digits in all.
pub fn is_phone(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (6..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()) && !digits.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::is_phone;

    #[test]
    fn numbers_have_a_country_code() {
        assert!(is_phone("+31612345678") && is_phone("+123456"));
        for bad in
            ["", "0612345678", "+31", "+0123456789", "+31612345678901234", "+316 1234", "+31612a456", "31612345678"]
        {
            assert!(!is_phone(bad), "{bad}");
        }
    }
}
