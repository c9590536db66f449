//! What a client needs to know before anybody logs in.

mod associations;
mod description;
mod documents;

pub use description::describe;

use axum::http::Method;
use shared::envelope;
use shared::http::{ApiError, ApiRequest, ApiResponse, Endpoint, handler, page};
use shared::jwt::{Algorithm, JWKS_PATH, OPENID_CONFIGURATION_PATH};
use shared::settings::Settings;

const GET: &[Method] = &[Method::GET];

/// This function's endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        handler("config", GET, config),
        page("/.well-known/apple-app-site-association", GET, associations::apple)
            .only_if(|settings| !settings.mfa.webauthn_apple_apps.is_empty()),
        page("/.well-known/assetlinks.json", GET, associations::android)
            .only_if(|settings| !settings.mfa.webauthn_android_apps.0.is_empty()),
        page("/.well-known/webauthn", GET, associations::related_origins).only_if(has_related_origins),
        page("/_allauth/openapi.html", GET, description::html).only_if(is_described),
        page("/_allauth/openapi.json", GET, description::json).only_if(is_described),
        page("/_allauth/openapi.yaml", GET, description::yaml).only_if(is_described),
        page(JWKS_PATH, GET, documents::jwks).only_if(publishes_keys),
        page(OPENID_CONFIGURATION_PATH, GET, documents::openid).only_if(publishes_keys),
    ]
}

fn is_described(settings: &Settings) -> bool {
    settings.headless.serve_specification
}

fn has_related_origins(settings: &Settings) -> bool {
    settings.mfa.supports("webauthn") && !settings.webauthn_policy().related_origins().is_empty()
}

/// There are public keys only where there are private ones.
fn publishes_keys(settings: &Settings) -> bool {
    settings.gives_tokens() && settings.tokens.algorithm == Algorithm::Rs256
}

/// `GET config`. Only an app that brings a token is looked up: a token that is no good is told everywhere.
async fn config(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    request.caller_of_app().await?;
    request.input()?;
    Ok(envelope::configuration(&request.app, request.kind).into())
}
