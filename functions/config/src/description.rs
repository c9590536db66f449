//! The OpenAPI description of this function's endpoints.

use super::associations::{AppleAssociation, RelatedOrigins, Statement};
use axum::http::Method;
use shared::description::headless::{invalid, open, tags, unavailable};
use shared::description::{Operation, Reply, Tag};
use shared::envelope::ConfigurationResponse;
use shared::jwt::{JWKS_PATH, KeySet, OPENID_CONFIGURATION_PATH, OpenidConfiguration};

const DOCUMENTS: Tag = Tag { name: "Documents", about: "Documents that are public." };

/// Returns the operations of this function.
pub fn operations() -> Vec<Operation> {
    let any = || Box::new(|_: &mut schemars::SchemaGenerator| schemars::json_schema!({"type": "object"}));
    let text = || Box::new(|_: &mut schemars::SchemaGenerator| schemars::json_schema!({"type": "string"}));
    let openapi =
        |path, id, summary| public(path, id, summary).about("Exists if `HEADLESS_SERVE_SPECIFICATION` is on.");
    vec![
        open(Method::GET, "config", "getConfiguration", "Get the configuration")
            .tagged(tags::CONFIGURATION)
            .reply(Reply::json::<ConfigurationResponse<'static>>(200, "The features that are switched on."))
            .reply(invalid([])),
        public("/.well-known/apple-app-site-association", "getAppleAssociation", "Get Apple's associated apps")
            .reply(Reply::json::<AppleAssociation<'static>>(200, "The apps that may use passkeys of this domain.")),
        public("/.well-known/assetlinks.json", "getAssetLinks", "Get Android's associated apps").reply(Reply::json::<
            Vec<Statement<'static>>,
        >(
            200,
            "The apps that may use passkeys of this domain.",
        )),
        public("/.well-known/webauthn", "getRelatedOrigins", "Get the related origins of passkeys")
            .reply(Reply::json::<RelatedOrigins>(200, "The origins that may use passkeys of this domain.")),
        openapi("/_allauth/openapi.html", "showHeadlessDescription", "Show the description of the headless API")
            .reply(Reply::page(200, "A page.")),
        openapi("/_allauth/openapi.json", "getHeadlessDescription", "Get the description of the headless API")
            .reply(Reply::of_kind("application/vnd.oai.openapi+json", 200, "An OpenAPI document.", any())),
        openapi("/_allauth/openapi.yaml", "getHeadlessDescriptionAsYaml", "Get the description of the headless API")
            .reply(Reply::of_kind("application/vnd.oai.openapi", 200, "An OpenAPI document.", text())),
        openapi("/_latchkey/openapi.html", "showDescription", "Show the description of all APIs")
            .reply(Reply::page(200, "A page.")),
        openapi("/_latchkey/openapi.json", "getDescription", "Get the description of all APIs").reply(Reply::of_kind(
            "application/vnd.oai.openapi+json",
            200,
            "An OpenAPI document.",
            any(),
        )),
        public(JWKS_PATH, "getKeys", "Get the keys that verify tokens")
            .replies([Reply::json::<KeySet<'static>>(200, "The public keys."), unavailable()]),
        public(OPENID_CONFIGURATION_PATH, "getIssuer", "Get the metadata of the issuer of tokens")
            .reply(Reply::json::<OpenidConfiguration<'static>>(200, "The metadata.")),
    ]
}

/// An operation that returns a public document.
fn public(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("documents", Method::GET, path, id, summary).tagged(DOCUMENTS).secured_by([])
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_endpoint_is_described() {
        let differences = shared::description::differences(&crate::endpoints(), &super::operations());
        assert!(differences.is_empty(), "{differences:#?}");
    }
}
