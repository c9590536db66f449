//! Phone numbers: parsing what people type, and the form in which numbers are stored, which is E.164.

use crate::secret::plain_digits;

/// Returns whether the text is a number in E.164: `+`, a country code, and six to fifteen digits in total.
pub fn is_phone(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (6..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()) && !digits.starts_with('0')
}

/// Returns the number in E.164. It accepts spaces, brackets and dashes, `00` in place of `+`, and `tel:` links. Returns
/// `None` if the country code is missing.
pub fn read_phone(text: &str) -> Option<String> {
    if is_phone(text) {
        return Some(text.to_owned());
    }
    let text = plain_digits(text).filter(|letter| !is_invisible(*letter)).map(dash).collect::<String>();
    let text = text.trim();
    let number = match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => &text[4..],
        _ => text,
    };
    let is_written = |letter: char| letter.is_ascii_digit() || letter.is_whitespace() || "+()-./".contains(letter);
    let inside = number.trim_start_matches(|letter: char| letter == '(' || letter.is_whitespace());
    if !(inside.starts_with('+') || inside.starts_with("00")) || !number.chars().all(is_written) {
        return None;
    }
    // The library knows in which countries people write a zero that is not dialed from abroad: +44 (0)20 …
    let known = phonelib::normalize_phone_number(number).filter(|known| is_phone(known));
    known.or_else(|| {
        let digits = number.chars().filter(char::is_ascii_digit).collect::<String>();
        let digits = if inside.starts_with('+') { digits.as_str() } else { digits.strip_prefix("00")? };
        let plain = format!("+{digits}");
        (is_phone(&plain) && !number.contains("(0)")).then_some(plain)
    })
}

/// Invisible characters that are copied along with a number: zero-width spaces and direction marks.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn dash(letter: char) -> char {
    if matches!(letter, '\u{2010}'..='\u{2015}' | '\u{2212}') { '-' } else { letter }
}

#[cfg(test)]
mod tests {
    use super::{is_phone, read_phone};
    use proptest::prelude::*;

    #[test]
    fn a_number_has_a_country_code_and_six_to_fifteen_digits() {
        assert!(is_phone("+31612345678") && is_phone("+123456"));
        for bad in
            ["", "0612345678", "+31", "+0123456789", "+31612345678901234", "+316 1234", "+31612a456", "31612345678"]
        {
            assert!(!is_phone(bad), "{bad}");
        }
    }

    #[test]
    fn all_usual_forms_of_a_number_are_parsed() {
        for written in [
            "+31612345678",
            "+31 6 1234 5678",
            "+31 (0)6-12345678",
            "(+31) 6 12345678",
            "+31.6.12.34.56.78",
            "+31/612345678",
            "0031612345678",
            "00 31 6 12345678",
            "tel:+31-6-1234-5678",
            "TEL:+31612345678",
            " +31612345678 ",
            "+31\u{a0}6\u{2011}12\u{2013}34\u{2212}56 78",
            "\u{202a}+31 6 12345678\u{202c}",
            "+31612\u{200b}345678",
            "＋３１６１２３４５６７８",
            "+٣١٦١٢٣٤٥٦٧٨",
        ] {
            assert_eq!(read_phone(written).as_deref(), Some("+31612345678"), "{written:?}");
        }
        assert_eq!(read_phone("+49 (0) 171 1234567").as_deref(), Some("+491711234567"));
        assert_eq!(read_phone("+39 02 3661 8300").as_deref(), Some("+390236618300"), "an Italian zero is dialed");
        assert_eq!(read_phone("+1 555-555-0100").as_deref(), Some("+15555550100"), "an unassigned number is valid");
    }

    #[test]
    fn texts_without_a_country_code_or_with_other_characters_are_refused() {
        for bad in [
            "",
            "abc",
            "+",
            "00",
            "tel:",
            "06 12345678",
            "0612345678",
            "31612345678",
            "(0)6 12345678",
            "+31",
            "+0123456789",
            "+31612345678901234",
            "+31 6 1234 5678 ext. 9",
            "+1-800-FLOWERS",
            "+31612345678;+31687654321",
            "+31612345678\n+31687654321",
            &"+31 ".repeat(2_000),
        ] {
            assert_eq!(read_phone(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_number_that_was_read_is_one_and_reads_the_same(text in "\\PC{0,30}|(\\+|00|tel:\\+)[0-9 ()./-]{5,20}") {
            if let Some(number) = read_phone(&text) {
                prop_assert!(is_phone(&number), "{}", number);
                prop_assert_eq!(read_phone(&number), Some(number));
            }
        }
    }
}
