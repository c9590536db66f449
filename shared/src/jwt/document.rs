//! The documents by which others verify our tokens.

use super::key::PublicKey;
use super::{Algorithm, Issuer, Keyring, SigningKey};
use schemars::JsonSchema;
use serde::Serialize;

/// Where the key set is, below the issuer.
pub const JWKS_PATH: &str = "/.well-known/jwks.json";
/// Where the metadata are, below the issuer (OpenID Connect Discovery 1.0, section 4).
pub const OPENID_CONFIGURATION_PATH: &str = "/.well-known/openid-configuration";

/// The key set (RFC 7517, section 5): all keys whose tokens may be alive, and the one that signs next. Empty with a
/// shared secret, of which nothing is public.
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
    /// Where its keys are.
    pub jwks_uri: String,
    /// Which responses it gives.
    pub response_types_supported: [&'static str; 1],
    /// Which kinds of subjects it has.
    pub subject_types_supported: [&'static str; 1],
    /// With which algorithms its tokens are signed.
    pub id_token_signing_alg_values_supported: [&'static str; 1],
    /// Which claims its tokens have.
    pub claims_supported: Vec<&'a str>,
}

/// The issuer's metadata (OpenID Connect Discovery 1.0, section 3), such as API Gateway's JWT authorizer reads them.
/// `custom_claims` are the names of the claims that the settings add.
///
/// Nobody is sent here to log in, and the tokens are no ID tokens. So there is no authorization and no token endpoint;
/// the members that the specification demands say the least that verifiers expect of an issuer whose tokens come in
/// another way.
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
