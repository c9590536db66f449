//! The association files: they tell phones and browsers which apps and other sites can use the passkeys of this domain.

use axum::body::Body;
use axum::http::Response;
use schemars::JsonSchema;
use serde::Serialize;
use shared::http::{PageRequest, public_json};
use shared::settings::show_fingerprint;

/// Apple's associated domains, service `webcredentials`.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct AppleAssociation<'a> {
    webcredentials: AppleApps<'a>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct AppleApps<'a> {
    /// The ids of the apps.
    apps: &'a [String],
}

/// A statement of Digital Asset Links.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Statement<'a> {
    /// The permissions of the app.
    relation: [&'static str; 2],
    target: AndroidApp<'a>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct AndroidApp<'a> {
    namespace: &'static str,
    /// The name of the app's package.
    package_name: &'a str,
    /// The fingerprints of the certificates that sign the app.
    sha256_cert_fingerprints: Vec<String>,
}

/// The origins on other domains that can use the passkeys of this domain (WebAuthn Level 3, section 5.11).
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct RelatedOrigins {
    /// The origins.
    origins: Vec<String>,
}

/// `/.well-known/apple-app-site-association`: the apps on Apple devices that share credentials with this domain.
pub async fn apple(request: PageRequest) -> Response<Body> {
    let apps = &request.app.settings.mfa.webauthn_apple_apps;
    public_json(&AppleAssociation { webcredentials: AppleApps { apps } }, 3600)
}

/// `/.well-known/assetlinks.json`: the Android apps, with the relations that Credential Manager requires.
pub async fn android(request: PageRequest) -> Response<Body> {
    let apps = &request.app.settings.mfa.webauthn_android_apps.0;
    let statements = apps.iter().map(|(package_name, fingerprints)| Statement {
        relation: ["delegate_permission/common.get_login_creds", "delegate_permission/common.handle_all_urls"],
        target: AndroidApp {
            namespace: "android_app",
            package_name,
            sha256_cert_fingerprints: fingerprints.iter().map(show_fingerprint).collect(),
        },
    });
    public_json(&statements.collect::<Vec<_>>(), 3600)
}

/// `/.well-known/webauthn`: the related origins, for browsers.
pub async fn related_origins(request: PageRequest) -> Response<Body> {
    public_json(&RelatedOrigins { origins: request.app.settings.webauthn_policy().related_origins() }, 3600)
}
