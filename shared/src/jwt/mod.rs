//! JSON Web Tokens: signing keys and their rotation, access and refresh tokens, families of refresh tokens, and the
//! documents with which other services verify our tokens. No other module signs or verifies a token of Latchkey.
//!
//! The module accesses no table, no clock and no request. Times are parameters, in seconds since the Unix epoch. So are
//! random bytes. The exception are new RSA keys: aws-lc generates them with its own random source, which does not
//! accept a seed.
//!
//! [jsonwebtoken] verifies tokens, with stricter rules of this module (RFC 8725): the key is found by `kid`, the
//! algorithm is that of the key and never that of the token, and a header that contains a key is refused. aws-lc signs
//! tokens directly, because the library parses and checks an RSA key again for each signature, which costs several
//! times as much as the signature.
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
