//! The documents that other services need to verify the tokens of this service.

use axum::body::Body;
use axum::http::Response;
use shared::http::{PageRequest, public_json, unavailable};
use shared::jwt::{jwks as key_set, openid_configuration};
use shared::tokens::{issuer, keyring};

/// Returns the public keys. The first request creates the first key, because gateways cache an empty answer for hours.
pub async fn jwks(request: PageRequest) -> Response<Body> {
    let app = &request.app;
    match keyring(app).await {
        Ok(ring) => public_json(&key_set(&ring, app.now().seconds()), 900),
        Err(error) => unavailable(&error),
    }
}

/// Returns the metadata of the issuer.
pub async fn openid(request: PageRequest) -> Response<Body> {
    let tokens = &request.app.settings.tokens;
    let claims = tokens.claims.iter().map(|claim| claim.as_str()).collect::<Vec<_>>();
    match issuer(&request.app.settings) {
        Ok(issuer) => public_json(&openid_configuration(&issuer, tokens.algorithm, &claims), 900),
        Err(error) => unavailable(&error),
    }
}
