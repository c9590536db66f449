//! Codes that people type (RFC 8628, section 6.1; ASVS 5.0 6.5.3, 6.5.4).

use crate::ambient::{Chance, random};
use crate::settings::CodeFormat;

/// A random code in this format, with its dashes.
pub fn generate_code(format: &CodeFormat, chance: &dyn Chance) -> String {
    let alphabet = format.alphabet();
    let letters = (0..format.length()).map(|_| alphabet[below(alphabet.len(), chance)]).collect::<Vec<_>>();
    if !format.dashed {
        return letters.into_iter().collect();
    }
    let parts = if letters.len() <= 8 { 2 } else { 3 };
    let chunks = letters.chunks(letters.len().div_ceil(parts).max(1));
    chunks.map(|chunk| chunk.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// The code as it is compared: case, punctuation and spaces do not matter.
pub fn normalize_code(code: &str) -> String {
    let matters = |letter: &char| !letter.is_ascii_punctuation() && !letter.is_whitespace();
    code.chars().filter(matters).flat_map(char::to_lowercase).collect()
}

/// A number below `limit` (at most 65,536), every one as likely.
fn below(limit: usize, chance: &dyn Chance) -> usize {
    let even = 65_536 / limit * limit; // numbers from here on would favour the small ones
    loop {
        let number = usize::from(u16::from_le_bytes(random(chance)));
        if number < even {
            return number % limit;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::SystemChance;

    #[test]
    fn a_code_has_the_shape_that_its_format_says() {
        let code = |format| generate_code(&format, &SystemChance);
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
}
