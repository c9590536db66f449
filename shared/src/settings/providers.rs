//! `SOCIALACCOUNT_PROVIDERS`, as far as the configuration and the flows show it.

use super::values::Value;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A configured provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// What names it in the API.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Our client identifier there.
    pub client_id: String,
    /// Where its OpenID configuration is, for generic OpenID Connect.
    pub openid_configuration_url: Option<String>,
}

/// The configured providers, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderApps(pub Vec<Provider>);

#[derive(Deserialize)]
struct Entry {
    #[serde(default, rename = "APPS")]
    apps: Vec<App>,
    #[serde(default, rename = "APP")]
    app: Option<App>,
}

#[derive(Deserialize)]
struct App {
    #[serde(default)]
    provider_id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    settings: BTreeMap<String, Json>,
}

impl App {
    fn into_provider(self, kind: &str) -> Provider {
        const WELL_KNOWN: &str = "/.well-known/openid-configuration";
        let server = self.settings.get("server_url").and_then(Json::as_str);
        let openid_configuration_url = server.filter(|_| kind == "openid_connect").map(|url| {
            if url.contains("/.well-known/") {
                url.to_owned()
            } else {
                format!("{}{WELL_KNOWN}", url.trim_end_matches('/'))
            }
        });
        let id = if self.provider_id.is_empty() { kind.to_owned() } else { self.provider_id };
        let name = if self.name.is_empty() { id.clone() } else { self.name };
        Provider { id, name, client_id: self.client_id, openid_configuration_url }
    }
}

impl Value for ProviderApps {
    const KIND: &'static str = "dictionary";

    fn from_json(json: &Json) -> Result<Self, String> {
        let entries = BTreeMap::<String, Entry>::deserialize(json)
            .map_err(|e| format!("must be a dictionary of providers with APP or APPS: {e}"))?;
        let mut providers = entries
            .into_iter()
            .flat_map(|(kind, entry)| entry.apps.into_iter().chain(entry.app).map(move |app| app.into_provider(&kind)))
            .collect::<Vec<_>>();
        providers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self(providers))
    }

    fn show(&self) -> String {
        "{}".to_owned()
    }
}
