//! JSON Web Tokens: signing keys and their rotation, access and refresh tokens, families of refresh tokens, and the
//! documents by which others verify what we sign. Nothing else in the workspace signs or verifies a token of ours.
//!
//! Pure: no table, no clock, no request. Moments are seconds since the Unix epoch and come in as parameters, as random
//! bytes do; only new RSA keys are drawn inside, by aws-lc, whose generator takes no seed.
//!
//! Verification is that of [jsonwebtoken], under stricter rules of ours (RFC 8725): the key is found by `kid`, the
//! algorithm is the key's and never the token's, and nothing in a token's header brings a key along. Signing is
//! aws-lc's own: the library parses and checks an RSA key anew for each signature, which costs several times as much
//! as the signature does.
//!
//! [jsonwebtoken]: https://docs.rs/jsonwebtoken

pub mod api_token;
mod claims;
mod client;
mod document;
mod error;
mod family;
mod issuer;
mod key;
mod keyring;
mod pem;
mod schedule;
#[cfg(test)]
mod tests;
mod token;

pub use claims::{Claims, RESERVED, Subject, TokenUse};
pub use client::Client;
pub use document::{JWKS_PATH, KeySet, OPENID_CONFIGURATION_PATH, OpenidConfiguration, jwks, openid_configuration};
pub use error::{KeyError, TokenError};
pub use family::{Decision, Family, FamilyKey, MOST_IN_WINDOW, Rules, decide};
pub use issuer::Issuer;
pub use key::{Algorithm, PublicKey, SECRET_MIN_LENGTH, SigningKey};
pub use keyring::{Keyring, StoredKey};
pub use schedule::{LEAD_SECONDS, Rotation, Term};
pub(crate) use schedule::{signing, terms};
pub use token::{Leeway, MAX_TOKEN_LENGTH, sign, verify};

use crate::secret::{decode, encode};
