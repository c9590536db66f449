//! The rules of usernames, and suggestions for users who sign up without a username.

use crate::random::{RandomSource, random_bytes};
use crate::settings::AccountSettings;
use caseless::Caseless;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// Most characters of a username (Django's `AbstractUser`).
const MOST: usize = 150;

/// The reason why a username is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsernameProblem {
    /// The username has characters other than letters, digits and `@.+-_`.
    Invalid,
    /// The username is in `ACCOUNT_USERNAME_BLACKLIST`.
    Blacklisted,
    /// The username has too few characters.
    TooShort,
    /// The username has too many characters.
    TooLong,
}

/// Returns the form in which usernames are compared: without case, and without differences that only the encoding makes
/// (Unicode's compatibility caseless match, definition D146). So `Zoë` is the same name, composed or not, and its owner
/// can also log in as `ZOË`.
pub fn fold_username(username: &str) -> String {
    if username.is_ascii() {
        return username.to_ascii_lowercase();
    }
    username.nfd().default_case_fold().nfkd().default_case_fold().nfkc().collect()
}

/// Returns the form under which earlier versions stored a username.
pub(super) fn former_fold(username: &str) -> String {
    username.to_lowercase()
}

/// Returns the problems of a username, regardless of whether a user has it.
pub fn check_username(username: &str, settings: &AccountSettings) -> Vec<UsernameProblem> {
    let length = username.chars().count();
    let mut problems = Vec::new();
    if length < settings.username_min_length {
        problems.push(UsernameProblem::TooShort);
    }
    if length > MOST {
        problems.push(UsernameProblem::TooLong);
    }
    if problems.is_empty() {
        problems.extend(check_letters(username, settings));
    }
    problems
}

fn check_letters(username: &str, settings: &AccountSettings) -> Option<UsernameProblem> {
    let allowed = |c: char| c.is_alphanumeric() || "_@.+-".contains(c);
    let folded = fold_username(username);
    let blacklisted = |entry: &String| fold_username(entry) == folded;
    if username.is_empty() || !username.chars().all(allowed) {
        Some(UsernameProblem::Invalid)
    } else if settings.username_blacklist.iter().any(blacklisted) {
        Some(UsernameProblem::Blacklisted)
    } else {
        None
    }
}

/// Returns usernames to try for a user who chose none. They are made from the first text that contains a valid
/// username: first without a suffix, then with more and more random digits.
pub fn suggestions(texts: &[&str], settings: &AccountSettings, random: &dyn RandomSource) -> Vec<String> {
    let usable = |base: &String| check_letters(base, settings).is_none();
    let base = texts.iter().map(|text| base(text)).find(usable).unwrap_or_else(|| "user".to_owned());
    let shortest = settings.username_min_length.saturating_sub(base.len()).max(1);
    let plain = (base.len() >= settings.username_min_length).then(|| base.chars().take(MOST).collect());
    let with_suffix = (shortest..shortest + 7).map(|length| {
        let room = MOST - length;
        let digits = random_bytes::<16>(random);
        let suffix = digits.iter().take(length).map(|byte| char::from(b'0' + byte % 10)).collect::<String>();
        format!("{}{suffix}", base.chars().take(room).collect::<String>())
    });
    // Two suggestions can become equal when they are shortened. The table refuses a request that names the same key
    // twice.
    let mut seen = BTreeSet::new();
    plain.into_iter().chain(with_suffix).filter(|name| seen.insert(name.clone())).collect()
}

/// The part of a text before the first `@`, in plain ASCII letters.
fn base(text: &str) -> String {
    let plain = text.nfkd().filter(char::is_ascii);
    let allowed = |c: &char| c.is_alphanumeric() || c.is_whitespace() || "_@.+-".contains(*c);
    let letters = plain.filter(allowed).collect::<String>().to_lowercase();
    let local = letters.split('@').next().unwrap_or_default();
    local.split_whitespace().collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;
    use crate::settings::{Settings, Source};

    fn settings(pairs: &[(&str, &str)]) -> AccountSettings {
        let secret = ("SECRET_KEY", "0123456789abcdef0123456789abcdef");
        let all = pairs.iter().copied().chain([secret]);
        let source = Source::new(all.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Settings::load(&source).unwrap().account
    }

    #[test]
    fn a_username_is_made_from_the_first_usable_text() {
        let settings = settings(&[("ACCOUNT_USERNAME_BLACKLIST", r#"["Admin"]"#)]);
        let first = |texts: &[&str]| suggestions(texts, &settings, &SystemRandom)[0].clone();
        assert_eq!(first(&["", "", "Ada.Lovelace@example.com"]), "ada.lovelace");
        assert_eq!(first(&["Žofie Nová"]), "zofie_nova");
        assert_eq!(first(&["admin@example.com", "user"]), "user");
        assert!(suggestions(&["a@b.c"], &settings, &SystemRandom)[3].starts_with('a'));
    }

    #[test]
    fn names_that_differ_only_in_case_or_encoding_are_the_same() {
        for name in ["Ada", "Žofie", "Zoe\u{308}", "Straße", "ΐ", "ᾳ", "ǰ", "ﬁn", "Ａｄａ", "İpek", "ΣΑΣ"]
        {
            let fold = fold_username(name);
            for same in [name.to_uppercase(), name.to_lowercase(), name.nfc().collect(), name.nfd().collect()] {
                assert_eq!(fold_username(&same), fold, "{name} {same}");
            }
        }
        assert_ne!(fold_username("zoe"), fold_username("zoë"));
    }

    #[test]
    fn folding_a_folded_name_changes_nothing() {
        let all = (0..=0x2ffff_u32).filter_map(char::from_u32);
        for name in all.filter(|letter| letter.is_alphanumeric()).map(|letter| format!("a{letter}b")) {
            let fold = fold_username(&name);
            assert_eq!(fold_username(&fold), fold, "{name}");
        }
    }

    #[test]
    fn the_rules_of_usernames_hold() {
        let settings = settings(&[("ACCOUNT_USERNAME_MIN_LENGTH", "3"), ("ACCOUNT_USERNAME_BLACKLIST", r#"["root"]"#)]);
        let check = |name: &str| check_username(name, &settings);
        assert!(check("Žofie_+.-@1").is_empty());
        assert_eq!(check("ab"), [UsernameProblem::TooShort]);
        assert_eq!(check("a b c"), [UsernameProblem::Invalid]);
        assert_eq!(check("ROOT"), [UsernameProblem::Blacklisted]);
        assert_eq!(check(&"x".repeat(151)), [UsernameProblem::TooLong]);
    }
}
