//! Native applications that share credentials with the relying party's web pages.

use super::values::Value;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Android applications: package names, each with the SHA-256 digests of the signing certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AndroidApps(pub BTreeMap<String, Vec<[u8; 32]>>);

impl Value for AndroidApps {
    const KIND: &'static str = "dictionary";

    fn from_json(json: &Json) -> Result<Self, String> {
        const RIGHT: &str = "must be a dictionary of package names, each with a list of SHA-256 fingerprints such as \
                             \"14:6D:E9:…\" (32 bytes)";
        let given = BTreeMap::<String, Vec<String>>::deserialize(json).map_err(|_| RIGHT.to_owned())?;
        let apps = given.into_iter().map(|(package, fingerprints)| {
            let read = fingerprints.iter().map(|text| fingerprint(text)).collect::<Option<Vec<_>>>();
            read.filter(|read| !read.is_empty() && !package.is_empty()).map(|read| (package, read))
        });
        apps.collect::<Option<_>>().map(Self).ok_or_else(|| RIGHT.to_owned())
    }

    fn show(&self) -> String {
        "{}".to_owned()
    }
}

/// Parses pairs of hexadecimal digits with colons, as `keytool` and `apksigner` print them.
fn fingerprint(text: &str) -> Option<[u8; 32]> {
    let byte = |pair: &str| {
        let is_hex = pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        u8::from_str_radix(pair, 16).ok().filter(|_| is_hex)
    };
    let bytes = text.split(':').map(byte);
    bytes.collect::<Option<Vec<_>>>()?.try_into().ok()
}

/// Writes a fingerprint in the same format.
pub fn show_fingerprint(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_32_bytes_in_hexadecimal_digits() {
        let right = vec!["0a"; 32].join(":");
        let apps = |fingerprint: &str| AndroidApps::from_json(&serde_json::json!({"com.example": [fingerprint]}));
        assert_eq!(show_fingerprint(&apps(&right).unwrap().0["com.example"][0]), right.to_uppercase());
        for wrong in [&right[3..], &right.replace(':', ""), &right.replace("0a", "+a"), ""] {
            assert!(apps(wrong).is_err(), "{wrong}");
        }
        assert!(AndroidApps::from_json(&serde_json::json!({"com.example": []})).is_err());
    }
}
