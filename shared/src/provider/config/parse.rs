//! Parsing of `SOCIALACCOUNT_PROVIDERS`, which has the same format as in the reference.

use super::super::table::{Entry, known, table};
use super::{AppConfig, ConfigError, DUMMY};
use serde_json::{Map, Value};

impl AppConfig {
    /// Parses `{"<provider>": {"APP": {...} | "APPS": [...], "SCOPE": [...], ...}}`. `APPS` takes precedence over
    /// `APP`, as in the reference (`_build_apps_from_settings`).
    ///
    /// # Errors
    /// Returns all mistakes together: an unknown provider, an application without a client identifier, two applications
    /// with the same `client_id`, a server that is not a URL.
    pub fn parse(providers: &Value) -> Result<Vec<Self>, ConfigError> {
        let Some(providers) = providers.as_object() else {
            return Err(ConfigError(vec!["must be a dictionary of providers".to_owned()]));
        };
        let (mut apps, mut wrong) = (Vec::<Self>::new(), Vec::new());
        for (provider, section) in providers.iter().filter(|(provider, _)| *provider != DUMMY) {
            let Some(entry) = table().get(provider) else {
                wrong.push(format!(
                    "unknown provider {provider:?}; supported providers: {}",
                    known().collect::<Vec<_>>().join(", ")
                ));
                continue;
            };
            let Some(section) = section.as_object() else {
                wrong.push(format!("{provider:?} must be a dictionary"));
                continue;
            };
            let listed = match (section.get("APPS"), section.get("APP")) {
                (Some(Value::Array(list)), _) => list.iter().collect(),
                (None | Some(Value::Null), Some(app)) if !app.is_null() => vec![app],
                (None | Some(Value::Null), _) => vec![],
                _ => {
                    wrong.push(format!("{provider:?}: APPS must be a list"));
                    continue;
                }
            };
            let mut of_provider = section.clone();
            of_provider.retain(|name, _| name != "APP" && name != "APPS");
            for app in listed {
                match Self::one(provider, entry, &of_provider, app) {
                    Ok(app) => apps.push(app),
                    Err(mistake) => wrong.push(format!("{provider:?}: {mistake}")),
                }
            }
        }
        for (position, app) in apps.iter().enumerate() {
            let same = |other: &&Self| other.id() == app.id() && other.client_id == app.client_id;
            if apps[..position].iter().any(|other| same(&other)) {
                wrong.push(format!("{:?}: two applications have the client_id {:?}", app.id(), app.client_id));
            }
        }
        if wrong.is_empty() { Ok(apps) } else { Err(ConfigError(wrong)) }
    }

    fn one(
        provider: &str,
        entry: &'static Entry,
        of_provider: &Map<String, Value>,
        app: &Value,
    ) -> Result<Self, String> {
        let Some(app) = app.as_object() else { return Err("an application must be a dictionary".to_owned()) };
        let text = |name: &str| match app.get(name) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(_) => Err(format!("{name} must be a string")),
        };
        let mut settings = match app.get("settings") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(settings)) => settings.clone(),
            Some(_) => return Err("settings must be a dictionary".to_owned()),
        };
        if let Some(key) = app.get("certificate_key").filter(|key| !key.is_null()) {
            settings.insert("certificate_key".to_owned(), key.clone());
        }
        let app = Self {
            provider: provider.to_owned(),
            provider_id: text("provider_id")?,
            name: text("name")?,
            client_id: text("client_id")?,
            secret: text("secret")?,
            key: text("key")?,
            settings,
            of_provider: of_provider.clone(),
            entry,
        };
        if app.client_id.is_empty() {
            return Err("client_id is required".to_owned());
        }
        if provider == "openid_connect" && (app.provider_id.is_empty() || app.text("server_url").is_none()) {
            return Err("provider_id, and server_url in settings, are required".to_owned());
        }
        for name in ["scope", "SCOPE"] {
            if app.settings.get(name).or_else(|| app.of_provider.get(name)).is_some_and(|v| !v.is_array()) {
                return Err("the scope must be a list of strings".to_owned());
            }
        }
        let trusted = app.setting("verified_email");
        if trusted.is_some_and(|v| !v.is_boolean() && !v.is_array()) {
            return Err("VERIFIED_EMAIL must be a boolean or a list of domains".to_owned());
        }
        Ok(app)
    }
}
