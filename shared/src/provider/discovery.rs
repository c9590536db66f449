//! OpenID Connect Discovery 1.0: the endpoints that a server publishes about itself.

use super::config::AppConfig;
use super::engine::Provider;
use super::error::ProviderError;
use super::table::{ClientAuth, Protocol};
use serde_json::Value;

const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// The endpoints of a provider.
#[derive(Debug, Clone)]
pub(super) struct Endpoints {
    pub authorize: String,
    pub token: String,
    pub userinfo: Option<String>,
    /// The URL that answers whether a token is valid (RFC 7662).
    pub introspection: Option<String>,
    pub auth: ClientAuth,
    /// The issuer of its ID tokens, and the URL of its keys.
    pub issuer: Option<(String, String)>,
}

/// Returns the URL of the OpenID configuration of an application's server: the reference's `wk_server_url`, without
/// doubled slashes.
///
/// # Errors
/// [`ProviderError::Configuration`] if the settings do not name a server.
pub fn configuration_url(app: &AppConfig) -> Result<String, ProviderError> {
    let template = app.entry().server.as_deref().unwrap_or_default();
    let server = app.fill(template, &|_| None)?;
    Ok(if server.contains("/.well-known/") { server } else { format!("{}{WELL_KNOWN}", server.trim_end_matches('/')) })
}

impl Provider<'_> {
    /// Returns the endpoints of the provider, from the table or from the server's own configuration.
    pub(super) async fn endpoints(&self, now: i64) -> Result<Endpoints, ProviderError> {
        let entry = self.app.entry();
        if entry.protocol == Protocol::OpenidConnect {
            return self.discover(now).await;
        }
        let fill = |template: &Option<String>| match template {
            Some(template) => self.app.fill(template, &|_| None),
            None => Ok(String::new()),
        };
        let issuer = match &entry.id_token {
            Some(spec) => Some((self.app.fill(&spec.issuer, &|_| None)?, self.app.fill(&spec.keys, &|_| None)?)),
            None => None,
        };
        let auth = entry.token_request.auth;
        Ok(Endpoints {
            authorize: fill(&entry.authorize)?,
            token: fill(&entry.token)?,
            userinfo: None,
            introspection: None,
            auth,
            issuer,
        })
    }

    async fn discover(&self, now: i64) -> Result<Endpoints, ProviderError> {
        let url = configuration_url(self.app)?;
        let engine = self.engine;
        let document = engine.documents.get(engine.fetch(), engine.plain_http(), &url, now).await?;
        let overrides = self.app.setting("openid_configuration_overrides");
        let member = |name: &str| {
            let over = overrides.and_then(|overrides| overrides.get(name));
            over.or_else(|| document.get(name)).and_then(Value::as_str).map(str::to_owned)
        };
        let needed = |name: &str| member(name).ok_or_else(|| ProviderError::Unavailable(format!("no {name} in {url}")));
        let issuer = needed("issuer")?;
        // Discovery 4.3: the issuer must be the URL under which the configuration was found.
        let configured = url.split("/.well-known/").next().unwrap_or_default();
        let said_so = overrides.is_some_and(|overrides| overrides.get("issuer").is_some());
        if !said_so && issuer.trim_end_matches('/') != configured.trim_end_matches('/') {
            return Err(ProviderError::Configuration(format!("the configuration at {url} is that of another issuer")));
        }
        let keys = needed("jwks_uri")?;
        let (authorize, token) = (needed("authorization_endpoint")?, needed("token_endpoint")?);
        let (userinfo, introspection) = (member("userinfo_endpoint"), member("introspection_endpoint"));
        for endpoint in [&keys, &authorize, &token].into_iter().chain(&userinfo).chain(&introspection) {
            engine.plain_http().url(endpoint)?;
        }
        let auth = self.client_auth(document.get("token_endpoint_auth_methods_supported"));
        Ok(Endpoints { authorize, token, userinfo, introspection, auth, issuer: Some((issuer, keys)) })
    }

    /// Returns how the client authenticates: by the setting `token_auth_method`, or else like the reference, which
    /// sends the secret in the header only if the server does not support it in the body.
    fn client_auth(&self, supported: Option<&Value>) -> ClientAuth {
        let supports = |method: &str| {
            let methods = supported.and_then(Value::as_array);
            methods.is_some_and(|methods| methods.iter().any(|supported| supported == method))
        };
        let basic = match self.app.text("token_auth_method") {
            Some(method) => method == "client_secret_basic",
            None => !supports("client_secret_post") && supports("client_secret_basic"),
        };
        if basic { ClientAuth::Basic } else { ClientAuth::Body }
    }
}
