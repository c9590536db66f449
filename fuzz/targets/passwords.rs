//! Stored password hashes: the first line of the input is the password, the second one the hash.
#![no_main]

use libfuzzer_sys::fuzz_target;
use password::{Parameters, Verdict, hash, verify};

const CHEAP: Parameters = Parameters { memory_kib: 8, passes: 1, lanes: 1 };

/// Whether verifying would take long. The numbers in a hash are its costs.
fn is_expensive(encoded: &str) -> bool {
    let numbers = encoded.split(['$', ',', '=', 'v', 'm', 't', 'p']).filter_map(|part| part.parse::<u64>().ok());
    let work = numbers.fold(1, u64::saturating_mul);
    if encoded.starts_with("bcrypt") { work > 4 } else { work > 20_000 }
}

fuzz_target!(|text: &str| {
    let (password, encoded) = text.split_once('\n').unwrap_or((text, ""));
    let made = hash(password, [7; 16], &CHEAP);
    assert_eq!(verify(password, &made, &CHEAP), Verdict::Right { rehash: false });
    if !is_expensive(encoded) {
        verify(password, encoded, &CHEAP);
    }
});
