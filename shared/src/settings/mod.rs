//! Typed settings with the names of Django, django-allauth and Latchkey.
//!
//! Values come from the environment (strings plain, everything else as JSON), then from the JSON file that
//! `LATCHKEY_SETTINGS` names, then from the defaults. All are read and checked once at startup, and all mistakes are
//! reported together. `docs/settings.md` is generated from the declarations in this folder.

mod android_apps;
mod condition;
mod cookies;
mod declaration;
mod document;
mod flat;
mod frontend;
mod jwt_api;
mod mount;
mod origin;
mod pages;
mod prefix;
mod presets;
mod providers;
mod rates;
mod restored;
mod secrets;
mod sections;
mod security;
mod token_values;
mod unrecognized;
mod values;

pub use android_apps::{AndroidApps, show_fingerprint};
pub use condition::Condition;
pub use document::document;
pub use flat::FlatSettings;
pub use frontend::FrontendPage;
pub use jwt_api::{ClaimPaths, JwtApiSettings, MaxAge, TotpMode};
pub use mount::Mount;
pub use origin::{shared_site, trusted_origin};
pub use pages::PagesSettings;
pub use prefix::Prefix;
pub use presets::Preset;
pub use providers::ProviderApps;
pub use rates::{AccountRates, MfaRates, Per, Rate, RateAction, RateLimits, RateSetting};
pub use restored::RestoredAt;
pub use sections::{
    AccountSettings, CookieSettings, HeadlessSettings, MailSettings, MfaSettings, ServiceSettings, Settings,
    SocialSettings, TokenSettings, UserSessionSettings,
};
pub use security::{FrameOptions, SecuritySettings};
pub use values::{
    ClientKind, CodeFormat, EmailVerification, LoginMethod, PreventEnumeration, Quota, RequiredFor, SameSite,
    SignupFields, TlsRoots, Value,
};

pub use secrets::{SecretKey, SecretText};
pub use token_values::{AuthorizerCredential, TokenStrategy, UserClaim};

use crate::jwt::{Algorithm, Issuer, SigningKey};
use crate::secret;
use crate::webauthn::Policy;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// The settings before they are parsed.
#[derive(Debug, Clone, Default)]
pub struct Source {
    environment: BTreeMap<String, String>,
    file: BTreeMap<String, serde_json::Value>,
}

/// The raw value of a setting.
#[derive(Clone, Copy)]
pub(crate) enum Given<'a> {
    Text(&'a str),
    Json(&'a serde_json::Value),
}

impl Given<'_> {
    /// Parses the value, or returns the mistake.
    fn read<V: Value>(self) -> Result<V, String> {
        match self {
            Given::Text(text) => V::from_text(text),
            Given::Json(json) => V::from_json(json),
        }
    }
}

/// All mistakes in the settings, with the names of the settings. `Display` writes one mistake on each line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<String>);

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "the settings have {} mistake(s):", self.0.len())?;
        self.0.iter().try_for_each(|problem| writeln!(f, "  {problem}"))
    }
}

impl std::error::Error for Problems {}

impl Source {
    /// Creates a source from pairs, as if they came from the environment.
    pub fn new(environment: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { environment: environment.into_iter().collect(), file: BTreeMap::new() }
    }

    /// Reads the process's environment. `LATCHKEY_SETTINGS` adds the values of a JSON text or of a JSON file. The
    /// environment takes precedence.
    ///
    /// # Errors
    /// The file cannot be read, or is not a JSON object.
    pub fn from_process() -> Result<Self, Problems> {
        Self::from_variables(std::env::vars_os())
    }

    fn from_variables(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<Self, Problems> {
        // A variable that is not valid Unicode belongs to another program. It must not prevent startup.
        let text = |text: OsString| text.to_string_lossy().into_owned();
        let mut source = Self::new(variables.map(|(name, value)| (text(name), text(value))));
        if let Some(given) = source.environment.get("LATCHKEY_SETTINGS") {
            let inline = given.trim_start().starts_with('{');
            let name = if inline { "" } else { given };
            let problem = |error: String| Problems(vec![format!("LATCHKEY_SETTINGS: {name} {error}")]);
            let text = if inline { Ok(given.clone()) } else { std::fs::read_to_string(given) };
            let text = text.map_err(|e| problem(e.to_string()))?;
            source.file = serde_json::from_str(&text).map_err(|e| problem(e.to_string()))?;
        }
        Ok(source)
    }

    /// Sets a value if the name has none. For defaults that only the caller knows.
    pub fn with_default(mut self, name: &str, value: impl FnOnce() -> String) -> Self {
        if !self.has(name) {
            self.environment.insert(name.to_owned(), value());
        }
        self
    }

    /// Sets a value, and replaces any other value of the name.
    pub fn with_override(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Returns whether the name has a value.
    fn has(&self, name: &str) -> bool {
        self.environment.contains_key(name) || self.file.contains_key(name)
    }

    /// Returns all values: those of the environment, and those of the file that the environment does not override.
    fn all(&self) -> impl Iterator<Item = (&str, Given<'_>)> {
        let file = self.file.iter().filter(|(name, _)| !self.environment.contains_key(*name));
        let file = file.map(|(name, json)| (name.as_str(), Given::Json(json)));
        self.environment.iter().map(|(name, text)| (name.as_str(), Given::Text(text))).chain(file)
    }
}

impl Settings {
    /// Reads and checks all settings.
    ///
    /// # Errors
    /// All mistakes together: values of the wrong type, unknown names with known prefixes, settings that contradict
    /// each other.
    pub fn load(source: &Source) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut settings = Self::default();
        settings.apply_preset(source, &mut problems);
        for (name, given) in source.all() {
            match settings.take(name, given) {
                Some(Ok(())) => {}
                Some(Err(problem)) => problems.push(format!("{name}: {problem}")),
                None => problems.extend(unrecognized::problem(name)),
            }
        }
        settings.share_policy(source);
        settings.resolve_prefix_conflict(source);
        settings.check(&mut problems);
        if problems.is_empty() { Ok(settings) } else { Err(Problems(problems)) }
    }

    /// Turns the flat API off if the JWT API is at its default path.
    fn resolve_prefix_conflict(&mut self, source: &Source) {
        if !source.has("HEADLESS_FLAT_PREFIX") && self.flat.prefix == self.jwt_api.prefix {
            self.flat.prefix = Prefix::OFF;
        }
    }

    /// Applies the settings of `LATCHKEY_PRESET`. Settings that are set explicitly take precedence.
    fn apply_preset(&mut self, source: &Source, problems: &mut Vec<String>) {
        let given = source.all().find(|(name, _)| *name == "LATCHKEY_PRESET");
        // An unknown preset is reported with the other mistakes.
        let Some(Ok(Some(preset))) = given.map(|(_, given)| given.read::<Option<Preset>>()) else { return };
        for (name, text) in preset.settings() {
            if let Some(Err(problem)) = self.take(name, Given::Text(text)) {
                problems.push(format!("LATCHKEY_PRESET: {name}: {problem}"));
            }
        }
    }

    /// Applies one verification policy to all APIs, because they share their accounts. If two settings differ, the
    /// stricter one applies to every API.
    fn share_policy(&mut self, source: &Source) {
        let (own, other) = (self.jwt_api.email_verification, self.account.email_verification);
        let shared = match (source.has("EMAIL_VERIFICATION"), source.has("ACCOUNT_EMAIL_VERIFICATION")) {
            (true, false) => own.method,
            (true, true) => own.beside(other).method.stricter(other),
            (false, _) => other,
        };
        self.account.email_verification = shared;
        self.jwt_api.email_verification = shared.into();
        self.account.signup_open &= self.jwt_api.has_registration();
    }

    /// Returns the names that are set and known to the references, but not used by Latchkey.
    pub fn unread(source: &Source) -> Vec<String> {
        unrecognized::unread(source)
    }

    /// Returns the rate limits of an action.
    pub fn rates_of(&self, action: RateAction) -> Vec<Rate> {
        let by_code = self.account.email_verification_by_code_enabled;
        match action.setting() {
            RateSetting::Mfa => self.mfa.rate_limits.of(action),
            RateSetting::Account if action == RateAction::ConfirmEmail && by_code => {
                self.account.rate_limits.of_confirmation_by_code()
            }
            RateSetting::Account => self.account.rate_limits.of(action),
        }
    }

    /// Returns the host and port of `PUBLIC_URL`, which authenticators show as the name of the site.
    pub fn site_name(&self) -> &str {
        &self.service.public_url[url::Position::BeforeHost..url::Position::AfterPort]
    }

    /// Returns the policy for ceremonies with security keys and passkeys.
    pub fn webauthn_policy(&self) -> Policy {
        let mfa = &self.mfa;
        let rp_id = self.webauthn_rp_id();
        let android = mfa.webauthn_android_apps.0.values().flatten();
        let android = android.map(|digest| format!("android:apk-key-hash:{}", secret::encode(digest)));
        let given = mfa.webauthn_origins.clone().unwrap_or_else(|| self.origins_of(rp_id));
        Policy {
            rp_id: rp_id.to_owned(),
            rp_name: self.site_name().to_owned(),
            origins: given.into_iter().chain(android).collect(),
            top_origins: mfa.webauthn_top_origins.clone(),
            full_options: mfa.webauthn_full_options,
            allow_insecure_origin: mfa.webauthn_allow_insecure_origin,
            user_verification: mfa.webauthn_user_verification,
        }
    }

    /// Returns the domain that security keys and passkeys are bound to: `MFA_WEBAUTHN_RP_ID`, or else the domain of the
    /// cookies that the page and the API share, or else the host of `PUBLIC_URL`.
    fn webauthn_rp_id(&self) -> &str {
        let shared = self.cookies.session_domain.as_deref().or(self.cookies.csrf_domain.as_deref());
        let shared = shared.map(|domain| domain.trim_start_matches('.'));
        let own = self.mfa.webauthn_rp_id.as_deref().or(shared);
        own.or(self.service.public_url.host_str()).unwrap_or_default()
    }

    /// Reports origins of the frontend that cannot use security keys and passkeys of the relying party. Their browsers
    /// would refuse every ceremony.
    fn check_webauthn_origins(&self, problems: &mut Vec<String>) {
        let rp_id = self.webauthn_rp_id();
        for (name, origins) in [
            ("CORS_ALLOWED_ORIGINS", &self.service.cors_allowed_origins),
            ("CSRF_TRUSTED_ORIGINS", &self.cookies.csrf_trusted_origins),
        ] {
            let is_page = |origin: &&String| origin.starts_with("http") && !origin.contains('*');
            for origin in origins.iter().filter(is_page).filter(|origin| !Policy::allows(rp_id, origin)) {
                problems.push(format!(
                    "{name}: pages of `{origin}` cannot use security keys of `{rp_id}`: set MFA_WEBAUTHN_RP_ID to the \
                     domain that they share with PUBLIC_URL, or list the allowed origins in MFA_WEBAUTHN_ORIGINS"
                ));
            }
        }
    }

    /// Returns the origins in other settings that can use credentials of a relying party.
    fn origins_of(&self, rp_id: &str) -> Vec<String> {
        let ours = self.service.public_url.origin().ascii_serialization();
        let others = self.service.cors_allowed_origins.iter().chain(&self.cookies.csrf_trusted_origins);
        let all = [ours].into_iter().chain(others.cloned());
        all.filter(|origin| Policy::allows(rp_id, origin)).collect()
    }

    /// Returns whether a signup through a provider requires an address (`SOCIALACCOUNT_EMAIL_REQUIRED`).
    pub fn social_email_required(&self) -> bool {
        let by_form = || self.account.signup_fields.get("email").is_some_and(|field| field.required);
        self.social.email_required.unwrap_or_else(by_form)
    }

    /// Returns whether providers are asked for addresses (`SOCIALACCOUNT_QUERY_EMAIL`).
    pub fn social_query_email(&self) -> bool {
        self.social.query_email.unwrap_or_else(|| self.social_email_required())
    }

    /// Returns whether changes of identities require a recent reauthentication
    /// (`SOCIALACCOUNT_REAUTHENTICATION_REQUIRED`).
    pub fn social_reauthentication_required(&self) -> bool {
        self.social.reauthentication_required.unwrap_or(self.account.reauthentication_required)
    }

    /// Returns whether an address must be verified after a login through a provider
    /// (`SOCIALACCOUNT_EMAIL_VERIFICATION`).
    pub fn social_email_verification(&self) -> EmailVerification {
        let only = if self.social.only { EmailVerification::None } else { self.account.email_verification };
        self.social.email_verification.unwrap_or(only)
    }

    /// Returns notes about settings that are valid but can be surprising.
    pub fn notes(&self) -> Vec<&'static str> {
        let tokens = &self.tokens;
        let is_shared = self.gives_tokens() && tokens.algorithm == Algorithm::Hs256;
        let note = "HEADLESS_JWT_ALGORITHM: other services cannot verify tokens that HS256 signs: no keys are published, \
                    and API Gateway's JWT authorizer cannot be used";
        is_shared.then_some(note).into_iter().collect()
    }

    /// Returns whether the JWT API or the flat API is at the root.
    pub fn has_api_at_root(&self) -> bool {
        [&self.jwt_api.prefix, &self.flat.prefix].iter().any(|prefix| prefix.is_on() && prefix.as_str().is_empty())
    }

    /// Returns whether some clients get signed tokens.
    pub fn gives_tokens(&self) -> bool {
        self.tokens.strategy == TokenStrategy::Jwt || self.flat.is_on()
    }

    fn check_tokens(&self, problems: &mut Vec<String>) {
        let tokens = &self.tokens;
        self.flat.check(problems);
        if self.flat.is_on() && self.flat.prefix == self.jwt_api.prefix {
            problems.push("HEADLESS_FLAT_PREFIX: must differ from JWT_ALLAUTH_PREFIX".to_owned());
        }
        if !self.gives_tokens() {
            return;
        }
        let key = tokens.private_key.text();
        let read = match tokens.algorithm {
            _ if key.is_empty() => Ok(()),
            Algorithm::Rs256 => SigningKey::from_pem(key).map(|_| ()),
            Algorithm::Hs256 => SigningKey::from_secret(key.as_bytes()).map(|_| ()),
        };
        if let Err(mistake) = read {
            problems.push(format!("HEADLESS_JWT_PRIVATE_KEY: {mistake}"));
        }
        if let Err(mistake) = Issuer::new(self.service.public_url.as_str(), tokens.audience.as_deref()) {
            problems.push(format!("PUBLIC_URL, HEADLESS_JWT_AUDIENCE: {mistake}"));
        }
        for (name, value, least) in [
            ("HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN", tokens.access_expires_in, 1),
            ("HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN", tokens.refresh_expires_in, 1),
            ("HEADLESS_JWT_REFRESH_GRACE_SECONDS", tokens.grace_seconds, 0),
        ] {
            if value < least {
                problems.push(format!("{name}: must be at least {least}"));
            }
        }
        if tokens.header_scheme.is_empty() || tokens.header_scheme.contains(char::is_whitespace) {
            problems.push("HEADLESS_JWT_AUTHORIZATION_HEADER_SCHEME: must be one word".to_owned());
        }
    }

    fn check(&self, problems: &mut Vec<String>) {
        let account = &self.account;
        let has = |method| account.login_methods.contains(&method);
        if has(LoginMethod::Username) && account.username_field.is_none() {
            problems.push("ACCOUNT_LOGIN_METHODS: `username` needs ACCOUNT_USER_MODEL_USERNAME_FIELD=username".into());
        }
        if account.signup_fields.get("username").is_some() && account.username_field.is_none() {
            problems.push("ACCOUNT_SIGNUP_FIELDS: `username` needs ACCOUNT_USER_MODEL_USERNAME_FIELD=username".into());
        }
        if account.login_methods.is_empty() {
            problems.push("ACCOUNT_LOGIN_METHODS: must contain at least one of: email username phone".into());
        }
        if account.email_verification == EmailVerification::Mandatory
            && account.signup_fields.get("email").is_none_or(|field| !field.required)
            && !account.signup_fields.get("phone").is_some_and(|field| field.required)
        {
            problems.push("ACCOUNT_EMAIL_VERIFICATION: `mandatory` needs `email*` in ACCOUNT_SIGNUP_FIELDS".into());
        }
        if account.email_verification_by_code_enabled && account.email_verification_by_code_max_attempts == 0 {
            problems.push("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS: must be at least 1".into());
        }
        let link = account.email_verification != EmailVerification::None && !account.email_verification_by_code_enabled;
        if link && self.headless.only && !self.headless.frontend_urls.contains_key("account_confirm_email") {
            problems.push("HEADLESS_FRONTEND_URLS: `account_confirm_email` is needed for verification by link".into());
        }
        self.jwt_api.check(self.mfa.enabled, problems);
        let mfa = &self.mfa;
        if self.social.only {
            // These settings allow logins or signups without an identity provider.
            for (name, is_on) in [
                ("ACCOUNT_LOGIN_BY_CODE_ENABLED", account.login_by_code_enabled),
                ("MFA_PASSKEY_LOGIN_ENABLED", mfa.has_passkey_login()),
                ("MFA_PASSKEY_SIGNUP_ENABLED", mfa.has_passkey_signup()),
            ] {
                if is_on {
                    problems.push(format!("SOCIALACCOUNT_ONLY: does not work with {name}; turn one of them off"));
                }
            }
        }
        for (name, fits) in [
            ("MFA_TOTP_DIGITS: must be 6 to 8", (6..=8).contains(&mfa.totp_digits)),
            ("MFA_TOTP_PERIOD: must be at least 1", mfa.totp_period >= 1),
            ("MFA_RECOVERY_CODE_DIGITS: must be at least 6", mfa.recovery_code_digits >= 6),
            ("MFA_RECOVERY_CODE_COUNT: must be 1 to 64", (1..=64).contains(&mfa.recovery_code_count)),
        ] {
            if !fits {
                problems.push(name.to_owned());
            }
        }
        if mfa.supports("webauthn")
            && let Err(mistake) = self.webauthn_policy().check()
        {
            problems
                .push(format!("MFA_WEBAUTHN_RP_ID, MFA_WEBAUTHN_ORIGINS, LATCHKEY_WEBAUTHN_TOP_ORIGINS: {mistake}"));
        }
        if mfa.supports("webauthn") && mfa.webauthn_origins.is_none() && !mfa.webauthn_allow_insecure_origin {
            self.check_webauthn_origins(problems);
        }
        if mfa.has_passkey_signup() {
            for (needs, fits) in [
                ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED=true", account.email_verification_by_code_enabled),
                ("ACCOUNT_EMAIL_VERIFICATION=mandatory", account.email_verification == EmailVerification::Mandatory),
                (
                    "`email*` in ACCOUNT_SIGNUP_FIELDS",
                    account.signup_fields.get("email").is_some_and(|field| field.required),
                ),
            ] {
                if !fits {
                    problems.push(format!("MFA_PASSKEY_SIGNUP_ENABLED: needs {needs}"));
                }
            }
        }
        if self.social.openid_connect_url_prefix.trim_matches('/').contains('/') {
            problems
                .push("SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX: must be one segment of a path, or empty".to_owned());
        }
        self.check_tokens(problems);
        self.check_pages(problems);
        for (name, url) in &self.headless.frontend_urls {
            let bare = url.replace("{key}", "key");
            if url::Url::parse(&bare).is_err() && !bare.starts_with('/') {
                problems.push(format!("HEADLESS_FRONTEND_URLS: `{name}` must be an absolute URL or start with `/`"));
            }
            if name == "account_confirm_email" && !url.contains("{key}") {
                problems.push(format!("HEADLESS_FRONTEND_URLS: `{name}` must contain `{{key}}`"));
            }
        }
        if self.service.secret_key.is_missing() && !problems.iter().any(|p| p.starts_with("SECRET_KEY:")) {
            problems.push("SECRET_KEY: is required, 32 bytes or more".into());
        }
        if self.service.public_url.cannot_be_a_base() || self.service.public_url.host().is_none() {
            problems.push("PUBLIC_URL: must be an absolute http or https URL".into());
        }
        for header in &self.service.cors_allow_headers {
            if header.parse::<axum::http::HeaderName>().is_err() {
                problems.push(format!("CORS_ALLOW_HEADERS: `{header}` is not the name of a header"));
            }
        }
        for origin in self.service.cors_allowed_origins.iter().filter(|origin| !origin::is_origin(origin)) {
            problems.push(format!("CORS_ALLOWED_ORIGINS: `{origin}` is not an origin such as https://app.example.com"));
        }
        let mistakes = self.cookies.csrf_trusted_origins.iter().filter_map(|it| origin::mistake_in_trusted(it));
        problems.extend(mistakes.map(|mistake| format!("CSRF_TRUSTED_ORIGINS: {mistake}")));
        if let Some(header) = &self.service.trusted_client_ip_header
            && header.parse::<axum::http::HeaderName>().is_err()
        {
            problems.push(format!("ALLAUTH_TRUSTED_CLIENT_IP_HEADER: `{header}` is not the name of a header"));
        }
        self.check_cookies(problems);
        self.security.check(problems);
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
