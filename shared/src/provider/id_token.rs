//! Verification of ID tokens: OpenID Connect Core 1.0, 3.1.3.7, and RFC 8725 for JWTs in general.
//!
//! The signature is always checked, also for tokens that come directly from the token endpoint. For these, the
//! specification would accept TLS instead.

use super::engine::Provider;
use super::error::{InvalidToken, ProviderError};
use super::keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

/// Seconds by which our clock can be behind the provider's.
pub const LEEWAY: i64 = 60;

/// The algorithms that a provider's keys can sign with.
const ALLOWED: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// The rules that a token must satisfy.
pub(super) struct Rules<'a> {
    pub issuer: &'a str,
    /// The URL of the issuer's keys.
    pub keys: &'a str,
    pub nonce: Option<&'a str>,
    /// Whether a token without a nonce is refused although a nonce was sent.
    pub nonce_required: bool,
    /// Whether `azp` can name another client.
    pub foreign_azp: bool,
}

pub(super) type Claims = Map<String, Value>;

/// Returns the algorithm, its name and the name of the key, from a header that is not verified yet.
fn header(token: &str) -> Result<(Algorithm, String, Option<String>), InvalidToken> {
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(InvalidToken::Malformed);
    };
    let bytes = URL_SAFE_NO_PAD.decode(header).map_err(|_| InvalidToken::Malformed)?;
    let header: Map<String, Value> = serde_json::from_slice(&bytes).map_err(|_| InvalidToken::Malformed)?;
    if header.contains_key("crit") {
        return Err(InvalidToken::Malformed);
    }
    let name = header.get("alg").and_then(Value::as_str).ok_or(InvalidToken::Malformed)?;
    let algorithm = name.parse().map_err(|_| InvalidToken::Algorithm)?;
    let kid =
        header.get("kid").map(|kid| kid.as_str().ok_or(InvalidToken::Malformed).map(str::to_owned)).transpose()?;
    Ok((algorithm, name.to_owned(), kid))
}

impl Provider<'_> {
    /// Verifies a token and returns its claims.
    ///
    /// # Errors
    /// [`ProviderError::InvalidToken`], and the errors of fetching the keys.
    pub(super) async fn verify_id_token(
        &self,
        token: &str,
        rules: &Rules<'_>,
        now: i64,
    ) -> Result<Claims, ProviderError> {
        let (algorithm, name, kid) = header(token)?;
        let key = self.key(algorithm, &name, kid.as_deref(), rules.keys, now).await?;
        let mut validation = Validation::new(algorithm);
        // The library checks only the signature. `check` checks the claims, with the given time.
        validation.required_spec_claims.clear();
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let decoded = jsonwebtoken::decode::<Claims>(token, &key, &validation);
        let claims = decoded.map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidSignature => InvalidToken::Signature,
            jsonwebtoken::errors::ErrorKind::InvalidAlgorithm => InvalidToken::Algorithm,
            _ => InvalidToken::Malformed,
        })?;
        self.check(&claims.claims, rules, now)?;
        Ok(claims.claims)
    }

    /// Returns the key that verifies the token. A shared secret is used only if the settings name such an algorithm
    /// (`id_token_signed_response_alg`, the name that client registration uses). In that case no other algorithm is
    /// accepted.
    async fn key(
        &self,
        algorithm: Algorithm,
        name: &str,
        kid: Option<&str>,
        url: &str,
        now: i64,
    ) -> Result<DecodingKey, ProviderError> {
        let agreed = self.app.text("id_token_signed_response_alg");
        if agreed.as_deref().is_some_and(|agreed| agreed != name) {
            return Err(InvalidToken::Algorithm.into());
        }
        if matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512) {
            let secret = self.app.secret();
            let usable = agreed.is_some() && !secret.is_empty();
            return if usable {
                Ok(DecodingKey::from_secret(secret.as_bytes()))
            } else {
                Err(InvalidToken::Algorithm.into())
            };
        }
        if !ALLOWED.contains(&algorithm) {
            return Err(InvalidToken::Algorithm.into());
        }
        let (documents, fetch, plain) = (&self.engine.documents, self.engine.fetch(), self.engine.plain_http());
        let set = documents.get(fetch, plain, url, now).await?;
        if let Some(key) = keys::find(&set, algorithm, name, kid) {
            return key;
        }
        // Keys are rotated: the published set can contain a new key by now.
        let again = documents.get_again(fetch, plain, url, now).await?;
        again.and_then(|set| keys::find(&set, algorithm, name, kid)).unwrap_or(Err(InvalidToken::UnknownKey.into()))
    }

    fn check(&self, claims: &Claims, rules: &Rules<'_>, now: i64) -> Result<(), InvalidToken> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(rules.issuer) {
            return Err(InvalidToken::Issuer);
        }
        let audiences: Vec<&str> = match claims.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        };
        let ours = |client: &str| self.app.audiences().any(|ours| !ours.is_empty() && ours == client);
        if !audiences.iter().any(|audience| ours(audience)) {
            return Err(InvalidToken::Audience);
        }
        match claims.get("azp") {
            Some(party) if !rules.foreign_azp && !party.as_str().is_some_and(ours) => {
                return Err(InvalidToken::AuthorizedParty);
            }
            None if audiences.len() > 1 => return Err(InvalidToken::AuthorizedParty),
            _ => {}
        }
        let expires = seconds(claims, "exp")?.ok_or(InvalidToken::Expired)?;
        if now >= expires {
            return Err(InvalidToken::Expired);
        }
        for name in ["nbf", "iat"] {
            if seconds(claims, name)?.is_some_and(|from| from > now.saturating_add(LEEWAY)) {
                return Err(InvalidToken::NotYetValid);
            }
        }
        match (rules.nonce, claims.get("nonce")) {
            (None, _) => {}
            (Some(_), None) if !rules.nonce_required => {}
            (Some(asked), Some(Value::String(said))) if bool::from(asked.as_bytes().ct_eq(said.as_bytes())) => {}
            _ => return Err(InvalidToken::Nonce),
        }
        if text("sub").is_none_or(str::is_empty) { Err(InvalidToken::Subject) } else { Ok(()) }
    }
}

/// Parses a NumericDate (RFC 7519, 2), which can have a fraction.
pub(super) fn seconds(claims: &Claims, name: &str) -> Result<Option<i64>, InvalidToken> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    // A cast from a float saturates.
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64));
    seconds.map(Some).ok_or(InvalidToken::Malformed)
}
