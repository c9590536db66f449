//! The documents with which other services verify our tokens.

use super::key::PublicKey;
use super::{Algorithm, Issuer, Keyring, SigningKey};
use schemars::JsonSchema;
use serde::Serialize;

/// The path of the key set, below the issuer.
pub const JWKS_PATH: &str = "/.well-known/jwks.json";
/// The path of the metadata, below the issuer (OpenID Connect Discovery 1.0, section 4).
pub const OPENID_CONFIGURATION_PATH: &str = "/.well-known/openid-configuration";

/// Returns the key set (RFC 7517, section 5): all keys whose tokens may still be valid, and the key that signs next. It
/// is empty with a shared secret, which has no public part.
pub fn jwks(keys: &Keyring, now: i64) -> KeySet<'_> {
    KeySet { keys: keys.published(now).filter_map(SigningKey::jwk).collect() }
}

/// A JSON Web Key Set (RFC 7517, section 5).
#[derive(Debug, Serialize, JsonSchema)]
pub struct KeySet<'a> {
    /// The keys that verify tokens.
    pub keys: Vec<PublicKey<'a>>,
}

/// The metadata of an issuer (OpenID Connect Discovery 1.0, section 3).
#[derive(Debug, Serialize, JsonSchema)]
pub struct OpenidConfiguration<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The URL of its keys.
    pub jwks_uri: String,
    /// The supported response types.
    pub response_types_supported: [&'static str; 1],
    /// The supported subject types.
    pub subject_types_supported: [&'static str; 1],
    /// The algorithms that sign its tokens.
    pub id_token_signing_alg_values_supported: [&'static str; 1],
    /// The claims of its tokens.
    pub claims_supported: Vec<&'a str>,
}

/// Returns the issuer's metadata (OpenID Connect Discovery 1.0, section 3), which API Gateway's JWT authorizer reads,
/// for example. `custom_claims` are the names of the claims that the settings add.
///
/// Clients do not log in through OpenID Connect, and the tokens are not ID tokens. So the metadata contain neither an
/// authorization nor a token endpoint. The members that the specification requires have the minimal values that
/// verifiers expect of an issuer.
pub fn openid_configuration<'a>(
    issuer: &'a Issuer,
    algorithm: Algorithm,
    custom_claims: &[&'a str],
) -> OpenidConfiguration<'a> {
    let mut claims = vec!["iss", "aud", "sub", "sid", "jti", "token_use", "iat", "nbf", "exp", "amr", "auth_time"];
    claims.extend(custom_claims);
    claims.sort_unstable();
    claims.dedup();
    OpenidConfiguration {
        issuer: issuer.issuer(),
        jwks_uri: format!("{}{JWKS_PATH}", issuer.issuer()),
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: [algorithm.as_str()],
        claims_supported: claims,
    }
}
