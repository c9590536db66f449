//! Public documents: the configuration, the API descriptions, the keys that verify tokens, and the associated apps.

mod associations;
mod description;
mod documents;
mod prune;
mod served;

pub use description::operations;
pub use prune::Scope;
pub use served::{DOCUMENT, describe};

use axum::http::Method;
use shared::envelope::ConfigurationResponse;
use shared::http::{ApiError, ApiRequest, ApiResponse, Endpoint, handler, page};
use shared::jwt::{JWKS_PATH, OPENID_CONFIGURATION_PATH};
use shared::settings::Condition;

const GET: &[Method] = &[Method::GET];

/// Returns the endpoints of this function.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        handler("config", GET, config),
        page("/.well-known/apple-app-site-association", GET, associations::apple).only_if(Condition::AppleApps),
        page("/.well-known/assetlinks.json", GET, associations::android).only_if(Condition::AndroidApps),
        page("/.well-known/webauthn", GET, associations::related_origins).only_if(Condition::RelatedOrigins),
        page("/_allauth/openapi.html", GET, served::headless_html).only_if(Condition::Description),
        page("/_allauth/openapi.json", GET, served::headless_json).only_if(Condition::Description),
        page("/_allauth/openapi.yaml", GET, served::headless_yaml).only_if(Condition::Description),
        page("/_latchkey/openapi.html", GET, served::all_html).only_if(Condition::Description),
        page("/_latchkey/openapi.json", GET, served::all_json).only_if(Condition::Description),
        page(JWKS_PATH, GET, documents::jwks).only_if(Condition::PublicKeys),
        page(OPENID_CONFIGURATION_PATH, GET, documents::openid).only_if(Condition::PublicKeys),
    ]
}

/// `GET config`. It reads the session only if an app sends a token, because every endpoint answers 410 to an invalid
/// token.
async fn config(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    request.caller_of_app().await?;
    request.input()?;
    Ok(ApiResponse::of(200, &ConfigurationResponse::new(&request.app, request.kind)))
}
