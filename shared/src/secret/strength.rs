//! Password strength: Django's four validators, with its codes and its English texts.
//!
//! It covers ASVS 5.0 6.2.1 (minimum length), 6.2.4 (common passwords; more than 8000 entries of the list have the
//! default minimum length) and 6.2.11 (words from the context of the account). There is no maximum length, and no rule
//! requires certain kinds of characters (6.2.5, 6.2.9).

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Almost 20,000 common passwords: the list that comes with Django, which Royce Williams created
/// (<https://gist.github.com/roycewilliams/226886fd01572964e1431ac8afc999ce>). One per line, in
/// lower case, without surrounding white space, sorted by bytes.
const COMMON_PASSWORDS: &str = include_str!("common_passwords.txt");

/// The reason why a password is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakness {
    /// Django's code of the reason, for programs.
    pub code: &'static str,
    /// Django's English text, for users.
    pub message: String,
}

impl Weakness {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// The rules for passwords.
///
/// The default is that of Django's `startproject` (`AUTH_PASSWORD_VALIDATORS`), with the validators' own defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Minimum number of characters (code points). The default is 8. With 0, every length is accepted.
    pub min_length: usize,
    /// Similarity to an attribute, from 0 to 1, at which a password is refused. The default is 0.7. Django allows no
    /// value under 0.1, with which almost every password would be refused.
    pub max_similarity: f64,
    /// Whether passwords that resemble the account's attributes are refused.
    pub similarity: bool,
    /// Whether passwords on the list of common ones are refused.
    pub common: bool,
    /// Whether passwords that consist only of digits are refused.
    pub numeric: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { min_length: 8, max_similarity: 0.7, similarity: true, common: true, numeric: true }
    }
}

/// Returns all weaknesses of `password` under `policy`, in Django's order: similar, short, common, numeric. Empty if
/// the password is acceptable.
///
/// `attributes` are the verbose names and values of the account's attributes, for example `("email address",
/// "ada@example.org")`, in the order of comparison. Only the first attribute that the password resembles is reported.
/// Django compares the user name, first name, last name and email address.
///
/// The password is checked in the form that is hashed (NFC), so its length does not depend on how a keyboard encodes a
/// letter.
pub fn weaknesses(password: &str, attributes: &[(&str, &str)], policy: &Policy) -> Vec<Weakness> {
    let password = &*password.nfc().collect::<String>();
    let similar = policy.similarity.then(|| too_similar(password, attributes, policy.max_similarity));
    let common = policy.common && is_common(password);
    let numeric = policy.numeric && is_numeric(password);
    [
        similar.flatten(),
        too_short(password, policy.min_length),
        common.then(|| Weakness::new("password_too_common", "This password is too common.")),
        numeric.then(|| Weakness::new("password_entirely_numeric", "This password is entirely numeric.")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `MinimumLengthValidator`.
fn too_short(password: &str, min_length: usize) -> Option<Weakness> {
    // Counts only up to the minimum, because passwords can be long.
    if password.chars().take(min_length).count() == min_length {
        return None;
    }
    let plural = if min_length == 1 { "" } else { "s" };
    let message = format!("This password is too short. It must contain at least {min_length} character{plural}.");
    Some(Weakness::new("password_too_short", message))
}

/// `UserAttributeSimilarityValidator`.
fn too_similar(password: &str, attributes: &[(&str, &str)], max_similarity: f64) -> Option<Weakness> {
    let password = sorted_chars(&password.to_lowercase());
    let (name, _) = attributes
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .find(|(_, value)| resembles(&password, &value.to_lowercase(), max_similarity))?;
    let message = format!("The password is too similar to the {name}.");
    Some(Weakness::new("password_too_similar", message))
}

/// Returns whether the password resembles the attribute's value or one of the words in it.
fn resembles(password: &[char], value: &str, max_similarity: f64) -> bool {
    words(value).chain([value]).any(|part| {
        let part = sorted_chars(part);
        !is_out_of_proportion(password.len(), part.len(), max_similarity)
            && quick_ratio(password, &part) >= max_similarity
    })
}

/// Splits a text like Python's `re.split(r"\W+", …)`, so there can be an empty word at either end.
fn words(value: &str) -> impl Iterator<Item = &str> {
    let inner = value.trim_matches(|c| !is_word(c));
    let start = (!value.starts_with(is_word)).then_some("");
    let end = (!value.ends_with(is_word)).then_some("");
    let inside = inner.split(|c| !is_word(c)).filter(|word| !word.is_empty());
    start.into_iter().chain(inside).chain(end)
}

/// Returns whether a character matches Python's `\w`. Combining marks and letters in circles and squares do not match,
/// although Rust counts them as alphabetic.
fn is_word(c: char) -> bool {
    let framed = matches!(c,
        '\u{24b6}'..='\u{24e9}'
        | '\u{1f130}'..='\u{1f149}'
        | '\u{1f150}'..='\u{1f169}'
        | '\u{1f170}'..='\u{1f189}');
    c == '_' || (c.is_alphanumeric() && !framed && !is_combining_mark(c))
}

/// Returns whether the lengths alone exclude a similarity. The check also keeps the work for one attribute proportional
/// to its length, whatever the length of the password.
fn is_out_of_proportion(password: usize, part: usize, max_similarity: f64) -> bool {
    password >= 10 * part && (part as f64) < max_similarity / 2.0 * password as f64
}

fn sorted_chars(text: &str) -> Vec<char> {
    let mut chars: Vec<char> = text.chars().collect();
    chars.sort_unstable();
    chars
}

/// Returns `difflib.SequenceMatcher.quick_ratio` of two texts whose characters are sorted: twice the number of
/// characters in common, regardless of order, divided by the number of all characters.
fn quick_ratio(a: &[char], b: &[char]) -> f64 {
    let total = a.len() + b.len();
    if total == 0 {
        return 1.0;
    }
    2.0 * common_chars(a, b) as f64 / total as f64
}

/// Returns the size of the intersection of two sorted multisets.
fn common_chars(mut a: &[char], mut b: &[char]) -> usize {
    let mut common = 0;
    while let ([first_a, rest_a @ ..], [first_b, rest_b @ ..]) = (a, b) {
        let (in_a, in_b) = (first_a <= first_b, first_b <= first_a);
        common += usize::from(in_a && in_b);
        a = if in_a { rest_a } else { a };
        b = if in_b { rest_b } else { b };
    }
    common
}

/// `CommonPasswordValidator`.
fn is_common(password: &str) -> bool {
    let password = password.to_lowercase();
    is_line_of(COMMON_PASSWORDS, password.trim_matches(is_python_space))
}

/// Returns whether Python's `str.strip` removes a character: white space, and the four separators of ASCII.
fn is_python_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// Returns whether `wanted` is one of the lines of `text`, which are sorted by bytes and not empty. It is a binary
/// search on the text itself, so that no index has to be built at startup.
fn is_line_of(text: &str, wanted: &str) -> bool {
    let (mut text, wanted) = (text.as_bytes(), wanted.as_bytes());
    while !text.is_empty() {
        let (before, line, after) = middle_line(text);
        text = match wanted.cmp(line) {
            std::cmp::Ordering::Less => before,
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Greater => after,
        };
    }
    false
}

/// Splits lines into those before the line around the middle byte, that line, and those after it.
fn middle_line(text: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let is_newline = |byte: &u8| *byte == b'\n';
    let (left, right) = text.split_at(text.len() / 2);
    let start = left.iter().rposition(is_newline).map_or(0, |at| at + 1);
    let end = right.iter().position(is_newline);
    let end = end.map_or(text.len(), |at| left.len() + at);
    let after = text.get(end + 1..).unwrap_or_default();
    (&text[..start], &text[start..end], after)
}

/// `NumericPasswordValidator`.
fn is_numeric(password: &str) -> bool {
    !password.is_empty() && password.chars().all(is_python_digit)
}

/// Returns Python's `str.isdigit` for one character: the digits of all scripts, and digits in superscript, in
/// subscript, in circles and similar forms. The standard library has no such test, because its `is_numeric` also
/// accepts fractions, Roman numerals and numbers above nine.
fn is_python_digit(c: char) -> bool {
    decimal_digit(c).is_some() || is_special_digit(c)
}

/// Returns the value of a decimal digit of any script.
pub(super) fn decimal_digit(c: char) -> Option<u32> {
    let zeros = DECIMAL_ZEROS.partition_point(|zero| *zero <= c);
    let zero = zeros.checked_sub(1).and_then(|last| DECIMAL_ZEROS.get(last))?;
    Some(u32::from(c) - u32::from(*zero)).filter(|digit| *digit < 10)
}

/// The zero of every set of ten decimal digits (Unicode 14, as in Python 3.11).
const DECIMAL_ZEROS: [char; 66] = [
    '\u{30}',
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e950}',
    '\u{1fbf0}',
];

/// Returns whether a character is a digit with its own typographic form, or of a script without place value (Unicode's
/// `Numeric_Type=Digit`).
fn is_special_digit(c: char) -> bool {
    matches!(c,
        '\u{b2}'..='\u{b3}'
 | '\u{b9}'
 | '\u{1369}'..='\u{1371}'
 | '\u{19da}'
 | '\u{2070}'
 | '\u{2074}'..='\u{2079}'
 | '\u{2080}'..='\u{2089}'
 | '\u{2460}'..='\u{2468}'
 | '\u{2474}'..='\u{247c}'
 | '\u{2488}'..='\u{2490}'
 | '\u{24ea}'
 | '\u{24f5}'..='\u{24fd}'
 | '\u{24ff}'
 | '\u{2776}'..='\u{277e}'
 | '\u{2780}'..='\u{2788}'
 | '\u{278a}'..='\u{2792}'
 | '\u{10a40}'..='\u{10a43}'
 | '\u{10e60}'..='\u{10e68}'
 | '\u{11052}'..='\u{1105a}'
 | '\u{1f100}'..='\u{1f10a}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use Found::{Common, Numeric, Short, Similar};

    /// A weakness under the default policy.
    enum Found {
        Similar(&'static str),
        Short,
        Common,
        Numeric,
    }

    impl Found {
        fn weakness(&self) -> Weakness {
            match self {
                Similar(name) => {
                    Weakness::new("password_too_similar", format!("The password is too similar to the {name}."))
                }
                Short => Weakness::new(
                    "password_too_short",
                    "This password is too short. It must contain at least 8 characters.",
                ),
                Common => Weakness::new("password_too_common", "This password is too common."),
                Numeric => Weakness::new("password_entirely_numeric", "This password is entirely numeric."),
            }
        }
    }

    /// A password, the attributes of its account, and the expected weaknesses.
    type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [Found]);

    const ADA: &[(&str, &str)] = &[
        ("username", "ada.lovelace"),
        ("first name", "Ada"),
        ("last name", "Lovelace"),
        ("email address", "ada@analytical-engine.example"),
    ];

    /// The weaknesses that Django 5.2 reports for these passwords, for users with these attributes.
    const CASES: &[Case] = &[
        ("correct horse battery", ADA, &[]),
        ("correct horse battery", &[], &[]),
        ("lovelace", ADA, &[Similar("username")]),
        ("Lovelace1815", ADA, &[Similar("username")]),
        ("ECALEVOL", ADA, &[Similar("username")]),
        ("lovelace-forever-and-a-day", ADA, &[]),
        ("ada", ADA, &[Similar("username"), Short, Common]),
        ("ADA", ADA, &[Similar("username"), Short, Common]),
        ("analytical", ADA, &[Similar("email address")]),
        ("analyticalengine", ADA, &[Similar("email address")]),
        ("engineer", ADA, &[Similar("email address"), Common]),
        ("example1", ADA, &[Similar("email address")]),
        ("elpmaxe!", ADA, &[Similar("email address")]),
        ("ada@analytical-engine.example", ADA, &[Similar("email address")]),
        ("ada.lovelac3", ADA, &[Similar("username")]),
        ("a.l.d.a.o.v.e", ADA, &[]),
        ("", &[], &[Short]),
        ("", ADA, &[Short]),
        ("", &[("username", "a@")], &[Similar("username"), Short]),
        ("", &[("username", "a")], &[Short]),
        ("", &[("email address", "@@")], &[Similar("email address"), Short]),
        ("a", &[], &[Short, Common]),
        ("1", &[], &[Short, Common, Numeric]),
        ("1234567", &[], &[Short, Common, Numeric]),
        ("12345678", &[], &[Common, Numeric]),
        ("12345678", &[("username", "12345678")], &[Similar("username"), Common, Numeric]),
        ("1234", &[("username", "1234")], &[Similar("username"), Short, Common, Numeric]),
        ("password", &[], &[Common]),
        ("PASSWORD", &[], &[Common]),
        ("  Password ", &[], &[Common]),
        ("\u{1c}password\u{1f}\u{a}", &[], &[Common]),
        ("pass word", &[], &[]),
        ("\u{2003}password\u{a0}", &[], &[Common]),
        ("password\u{200b}", &[], &[]),
        ("йцукен", &[], &[Short, Common]),
        ("ПАРОЛЬ", &[], &[Short, Common]),
        ("пароль", &[("first name", "Пароль")], &[Similar("first name"), Short, Common]),
        ("я", &[], &[Short, Common]),
        ("!", &[], &[Short, Common]),
        ("!@#$%^", &[], &[Short, Common]),
        ("zzzzzz", &[], &[Short, Common]),
        ("fallen_angel", &[], &[Common]),
        ("friend of emily", &[], &[Common]),
        ("Friend Of Emily", &[], &[Common]),
        ("a\u{a}b", &[], &[Short]),
        ("password\u{a}123456", &[], &[]),
        ("zxcvbnm,./", &[], &[]),
        ("00000000", &[], &[Common, Numeric]),
        ("0123456789012345678901234567890123456789", &[], &[Numeric]),
        ("\u{660}\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}\u{667}", &[], &[Numeric]),
        ("²³¹\u{2074}\u{2075}\u{2076}\u{2077}\u{2078}", &[], &[Numeric]),
        ("\u{2460}\u{2461}\u{2462}\u{2463}\u{2464}\u{2465}\u{2466}\u{2467}", &[], &[Numeric]),
        ("\u{2460}\u{2461}\u{2462}\u{2463}\u{2464}\u{2465}\u{2466}\u{2469}", &[], &[]),
        ("½½½½½½½½", &[], &[]),
        ("\u{2167}\u{2167}\u{2167}\u{2167}\u{2167}\u{2167}\u{2167}\u{2167}", &[], &[]),
        ("一二三四五六七八", &[], &[]),
        ("\u{1d7d8}\u{1d7d9}\u{1d7da}\u{1d7db}\u{1d7dc}\u{1d7dd}\u{1d7de}\u{1d7df}", &[], &[Numeric]),
        ("1234567\u{ff18}", &[], &[Numeric]),
        ("12345678.", &[], &[]),
        ("-12345678", &[], &[]),
        ("1234 5678", &[], &[]),
        ("密码密码密码密", &[], &[Short]),
        ("密码密码密码密码", &[], &[]),
        ("\u{1f511}\u{1f511}\u{1f511}\u{1f511}\u{1f511}\u{1f511}\u{1f511}\u{1f511}", &[], &[]),
        // Only here Django differs: it counts the combining marks.
        ("e\u{301}e\u{301}e\u{301}e\u{301}", &[], &[Short]),
        ("jürgen99", &[("first name", "JÜRGEN")], &[Similar("first name")]),
        ("STRASSE1", &[("last name", "Straße")], &[Similar("last name")]),
        ("ΟΔΥΣΣΕΥΣ", &[("username", "οδυσσευς")], &[Similar("username")]),
        ("İSTANBUL", &[("username", "istanbul")], &[Similar("username")]),
        ("हिन्दीहै", &[("last name", "हिन्दी")], &[Similar("last name")]),
        ("हनद", &[("last name", "हिन्दी")], &[Short]),
        ("क्ष", &[("last name", "अहमदाबादकि")], &[Short]),
        (
            "\u{24d0}\u{24d1}\u{24d2}\u{24d3}london",
            &[("last name", "\u{24d0}\u{24d1}\u{24d2}\u{24d3}london\u{24d4}\u{24d5}")],
            &[Similar("last name")],
        ),
        (
            "londoner",
            &[("last name", "\u{24d0}\u{24d1}\u{24d2}\u{24d3}london\u{24d4}\u{24d5}")],
            &[Similar("last name")],
        ),
        ("snake_case", &[("username", "snake_case-x")], &[Similar("username")]),
        ("snake___", &[("username", "snake_case")], &[]),
        ("kebabkebab", &[("username", "kebab-case")], &[Similar("username")]),
        ("aaaaaaaaaa", &[("username", "a")], &[Common]),
        ("aaaaaaaaa", &[("username", "a")], &[Common]),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", &[("username", "aaa")], &[]),
        ("abcdefghij", &[("username", "abcdefg")], &[Similar("username"), Common]),
        ("abcdefghijk", &[("username", "abcdefghxyz")], &[Similar("username")]),
        ("abcdefg123", &[("username", "abcdefgxyz")], &[Similar("username"), Common]),
        ("abcdef1234", &[("username", "abcdefwxyz")], &[]),
        ("bcdefgh12", &[("username", "bcdefghijkl")], &[Similar("username")]),
        ("testclient@example.com", &[("email address", "testclient@example.com")], &[Similar("email address")]),
        ("@example.com", &[("email address", "testclient@example.com")], &[Similar("email address")]),
        (
            "correct horse",
            &[("username", ""), ("email address", "horse.correct@x.example")],
            &[Similar("email address")],
        ),
    ];

    #[test]
    fn weaknesses_are_those_of_django() {
        for (password, attributes, expected) in CASES {
            let found = weaknesses(password, attributes, &Policy::default());
            let expected: Vec<_> = expected.iter().map(Found::weakness).collect();
            assert_eq!(found, expected, "{password:?} {attributes:?}");
        }
    }

    #[test]
    fn every_rule_can_be_turned_off() {
        let off = Policy { min_length: 0, similarity: false, common: false, numeric: false, ..Policy::default() };
        for (password, attributes, _) in CASES {
            assert_eq!(weaknesses(password, attributes, &off), []);
        }
    }

    #[test]
    fn the_message_names_the_minimum_length() {
        let message = |min_length| {
            let policy = Policy { min_length, ..Policy::default() };
            let found = weaknesses("", &[], &policy);
            found.first().map(|weakness| weakness.message.clone())
        };
        let one = "This password is too short. It must contain at least 1 character.";
        let twelve = "This password is too short. It must contain at least 12 characters.";
        assert_eq!(message(0), None);
        assert_eq!(message(1).as_deref(), Some(one));
        assert_eq!(message(12).as_deref(), Some(twelve));
    }

    #[test]
    fn a_password_at_the_maximum_similarity_is_refused() {
        let similar = |max_similarity| {
            let policy = Policy { max_similarity, ..Policy::default() };
            !weaknesses("abcdef1234", &[("username", "abcdefwxyz")], &policy).is_empty()
        };
        // Twelve of twenty characters are shared.
        assert!(similar(0.6));
        assert!(!similar(0.61));
    }

    #[test]
    fn every_line_of_the_list_is_found() {
        let lines: Vec<_> = COMMON_PASSWORDS.lines().collect();
        assert_eq!(lines.len(), 19_640);
        assert!(lines.is_sorted_by(|a, b| a.as_bytes() < b.as_bytes()));
        for line in lines {
            assert_eq!(line, line.to_lowercase().trim_matches(is_python_space));
            assert!(is_line_of(COMMON_PASSWORDS, line), "{line:?}");
            let longer = [format!("{line}\n"), format!("{line}\0"), format!("\n{line}")];
            for other in longer {
                assert!(!is_line_of(COMMON_PASSWORDS, &other), "{other:?}");
            }
        }
        assert!(!is_line_of(COMMON_PASSWORDS, ""));
        assert!(!is_line_of(COMMON_PASSWORDS, "\u{10ffff}"));
    }

    #[test]
    fn lines_are_found_with_and_without_a_last_newline() {
        for text in ["b\ndd\nf", "b\ndd\nf\n"] {
            for line in ["b", "dd", "f"] {
                assert!(is_line_of(text, line), "{line} in {text:?}");
            }
            for other in ["", "a", "c", "d", "ddd", "g", "\n", "b\ndd"] {
                assert!(!is_line_of(text, other), "{other} in {text:?}");
            }
        }
        assert!(!is_line_of("", ""));
    }

    #[test]
    fn words_are_those_of_python() {
        let split = |text| words(text).collect::<Vec<_>>();
        assert_eq!(split("ada"), ["ada"]);
        assert_eq!(split("a_b-c..d"), ["a_b", "c", "d"]);
        assert_eq!(split("@ada@"), ["", "ada", ""]);
        assert_eq!(split("@@"), ["", ""]);
        assert_eq!(split("हि1"), ["ह", "1"]);
    }

    #[test]
    fn digits_are_those_of_python() {
        assert_eq!((0..=0x10_ffff).filter_map(char::from_u32).filter(|c| is_python_digit(*c)).count(), 788);
        assert!(DECIMAL_ZEROS.is_sorted());
        assert!(DECIMAL_ZEROS.iter().all(|zero| zero.is_numeric()));
    }
}
