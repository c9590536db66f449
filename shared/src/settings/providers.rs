//! `SOCIALACCOUNT_PROVIDERS`, in django-allauth's format.

use super::values::Value;
use crate::provider::{AppConfig, DUMMY};
use serde_json::Value as Json;

/// The configured applications at identity providers, by provider.
#[derive(Debug, Clone, Default)]
pub struct ProviderApps {
    /// The applications.
    pub apps: Vec<AppConfig>,
    /// Whether the dummy provider is configured. Only the local service supports it.
    pub dummy: bool,
}

impl ProviderApps {
    /// Returns the application for the name of an app or of a provider, and for a client identifier if there is one. If
    /// several match, it is the one that is not hidden.
    pub fn find(&self, name: &str, client_id: Option<&str>) -> Option<&AppConfig> {
        let client = |app: &&AppConfig| client_id.is_none_or(|client| app.client_id() == client);
        let all = self.apps.iter().filter(|app| app.id() == name || app.provider() == name).filter(client);
        let all = all.collect::<Vec<_>>();
        if let [only] = all[..] {
            return Some(only);
        }
        let visible = all.into_iter().filter(|app| !app.is_hidden()).collect::<Vec<_>>();
        if let [only] = visible[..] { Some(only) } else { None }
    }

    /// Returns the application with this identifier, which stored identities contain.
    pub fn named(&self, id: &str) -> Option<&AppConfig> {
        self.apps.iter().find(|app| app.id() == id)
    }
}

impl Value for ProviderApps {
    const KIND: &'static str = "dictionary";

    fn from_json(json: &Json) -> Result<Self, String> {
        let mut apps = match json.as_object().is_some_and(serde_json::Map::is_empty) {
            true => Vec::new(),
            false => AppConfig::parse(json).map_err(|mistakes| mistakes.to_string())?,
        };
        apps.sort_by(|a, b| a.name().cmp(b.name()));
        Ok(Self { apps, dummy: json.get(DUMMY).is_some() })
    }

    fn show(&self) -> String {
        "{}".to_owned()
    }
}
