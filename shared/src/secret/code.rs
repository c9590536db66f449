//! Codes that users type (RFC 8628, section 6.1; ASVS 5.0 6.5.3, 6.5.4).

use super::strength::decimal_digit;
use crate::random::{RandomSource, random_bytes};
use crate::settings::CodeFormat;
use unicode_normalization::UnicodeNormalization;

/// Returns a random code in this format, with its dashes.
pub fn generate_code(format: &CodeFormat, random: &dyn RandomSource) -> String {
    let alphabet = format.alphabet();
    let letters = (0..format.length()).map(|_| alphabet[below(alphabet.len(), random)]).collect::<Vec<_>>();
    if !format.dashed {
        return letters.into_iter().collect();
    }
    let parts = if letters.len() <= 8 { 2 } else { 3 };
    let chunks = letters.chunks(letters.len().div_ceil(parts).max(1));
    chunks.map(|chunk| chunk.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Returns the code in the form in which codes are compared: only letters and digits, in lower case. Case, spaces,
/// dashes of any kind, invisible characters, the width of a letter and the script of a digit do not matter.
pub fn normalize_code(code: &str) -> String {
    plain_digits(code).filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns the text in Unicode's compatibility form (NFKC), with the digits of every script as ASCII digits.
pub fn plain_digits(text: &str) -> impl Iterator<Item = char> {
    text.nfkc().map(|letter| decimal_digit(letter).and_then(|digit| char::from_digit(digit, 10)).unwrap_or(letter))
}

/// Returns a number below `limit` (at most 65,536). All numbers are equally likely.
fn below(limit: usize, random: &dyn RandomSource) -> usize {
    let even = 65_536 / limit * limit; // larger numbers would make small results more likely
    loop {
        let number = usize::from(u16::from_le_bytes(random_bytes(random)));
        if number < even {
            return number % limit;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;
    use proptest::prelude::*;

    #[test]
    fn a_code_has_the_configured_format() {
        let code = |format| generate_code(&format, &SystemRandom);
        let plain = code(CodeFormat::default());
        assert_eq!((plain.len(), plain.find('-')), (9, Some(4)));
        assert!(plain.chars().all(|c| c == '-' || "BCDFGHJKLMNPQRSTVWXZ".contains(c)));
        let digits = code(CodeFormat { numeric: true, ..CodeFormat::default() });
        assert_eq!(digits.split('-').map(str::len).collect::<Vec<_>>(), [3, 3, 3]);
        let undashed = code(CodeFormat { numeric: true, length: Some(6), dashed: false, allowed_chars: None });
        assert!(undashed.len() == 6 && undashed.chars().all(|c| c.is_ascii_digit()));
    }

    #[test]
    fn case_and_punctuation_do_not_matter() {
        assert_eq!(normalize_code(" bcDf-ghjk\n"), normalize_code("BCDFGHJK"));
        assert_ne!(normalize_code("BCDFGHJK"), normalize_code("BCDFGHJL"));
    }

    #[test]
    fn characters_that_keyboards_and_clipboards_add_do_not_matter() {
        for typed in [
            "123-456",
            "123 456",
            "123\u{2013}456",
            "123\u{2014}456",
            "123\u{2011}456",
            "123\u{2212}456",
            "123\u{a0}456",
            "123\u{2009}456",
            "\u{200b}123456\u{200b}",
            "\u{feff}123456",
            "\u{202a}123456\u{202c}",
            "123\u{ad}456",
            "１２３４５６",
            "１２３－４５６",
            "١٢٣٤٥٦",
            "१२३४५६",
            "\u{201c}123456\u{201d}",
        ] {
            assert_eq!(normalize_code(typed), "123456", "{typed:?}");
        }
        assert_eq!(normalize_code("ＢＣＤＦ‐ｇｈｊｋ"), "bcdfghjk");
    }

    /// Characters that keyboards and clipboards insert between the letters of a code.
    const BETWEEN: &[&str] = &["", " ", "-", "\u{a0}", "\u{2011}", "\u{200b}"];

    proptest! {
        #[test]
        fn a_code_is_the_same_however_it_is_typed(
            letters in prop::collection::vec(("[A-Z0-9]", prop::sample::select(BETWEEN), any::<bool>()), 1..12),
        ) {
            let code = letters.iter().map(|(letter, ..)| letter.as_str()).collect::<String>();
            let type_one = |(letter, between, is_lower): &(String, &str, bool)| {
                let letter = if *is_lower { letter.to_lowercase() } else { letter.clone() };
                format!("{letter}{between}")
            };
            prop_assert_eq!(normalize_code(&letters.iter().map(type_one).collect::<String>()), normalize_code(&code));
        }
    }
}
