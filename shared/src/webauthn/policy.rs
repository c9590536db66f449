//! The settings of the ceremonies, and their checks.

use serde::{Deserialize, Serialize};
use url::{Host, Origin, Url};
use webauthn_rs_core::proto::UserVerificationPolicy;

/// The settings of the ceremonies.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The relying party id, a domain in lower case (`MFA_WEBAUTHN_RP_ID`). Credentials are permanently bound to it.
    pub rp_id: String,
    /// The name of the relying party, which clients can show.
    pub rp_name: String,
    /// The origins that can use credentials (`MFA_WEBAUTHN_ORIGINS`): `https://` ones, `http://` ones for `localhost`,
    /// and native applications as `android:apk-key-hash:<base64url>`. Native applications on Apple's systems have the
    /// origin `https://` and the domain. For origins that are not at or below the relying party id, browsers allow its
    /// credentials if [`Policy::related_origins`] are published.
    pub origins: Vec<String>,
    /// The origins of pages that can embed the pages that use credentials (`LATCHKEY_WEBAUTHN_TOP_ORIGINS`).
    pub top_origins: Vec<String>,
    /// Whether options contain the fields that django-allauth omits: the timeout, and the transports of credentials
    /// (`LATCHKEY_WEBAUTHN_FULL_OPTIONS`).
    pub full_options: bool,
    /// Whether every origin is allowed, including `http://`, with any port and any host
    /// (`MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN`). For development.
    pub allow_insecure_origin: bool,
    /// The user verification that is requested for credentials that are not passkeys
    /// (`MFA_WEBAUTHN_USER_VERIFICATION`). Passkeys always require user verification.
    pub user_verification: UserVerification,
}

/// The user verification policy (WebAuthn Level 2, 5.8.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserVerification {
    /// Answers without user verification are refused.
    Required,
    /// The client is asked to verify the user. Answers without verification are accepted.
    #[default]
    Preferred,
    /// The client is asked not to verify the user. Answers with verification are accepted.
    Discouraged,
}

impl From<UserVerification> for UserVerificationPolicy {
    fn from(value: UserVerification) -> Self {
        match value {
            UserVerification::Required => Self::Required,
            UserVerification::Preferred => Self::Preferred,
            UserVerification::Discouraged => Self::Discouraged_DO_NOT_USE,
        }
    }
}

/// A mistake in a [`Policy`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The relying party id is not a host in lower case, without scheme and port.
    #[error("relying party id {0:?}: must be a domain in lower case, without scheme and port")]
    RpId(String),
    /// No origin is allowed, so credentials could never be used.
    #[error("no allowed origin")]
    NoOrigin,
    /// The text is not an origin.
    #[error("origin {0:?}: must be https://host, https://host:port or android:apk-key-hash:<base64url>")]
    Origin(String),
    /// An `http://` origin, which browsers do not trust.
    #[error("origin {0:?} is not https")]
    Insecure(String),
}

const ANDROID: &str = "android:apk-key-hash:";

impl Policy {
    /// Returns whether an origin is at or below a relying party id, so that it can use its credentials.
    pub fn allows(rp_id: &str, origin: &str) -> bool {
        let rp_id = rp_id.to_owned();
        let user_verification = UserVerification::Preferred;
        let policy = Self {
            rp_id,
            rp_name: String::new(),
            origins: Vec::new(),
            top_origins: Vec::new(),
            full_options: false,
            allow_insecure_origin: false,
            user_verification,
        };
        policy.origin(origin).is_ok_and(|url| policy.is_own(&url))
    }

    /// # Errors
    ///
    /// The first mistake found.
    pub fn check(&self) -> Result<(), SetupError> {
        self.allowed_origins()?;
        self.allowed_top_origins().map(|_| ())
    }

    /// Returns the origins to publish for browsers (WebAuthn Level 3, section 5.11): those of all pages that can use
    /// credentials. Empty if all are at or below the relying party id.
    pub fn related_origins(&self) -> Vec<String> {
        let pages = self.origins.iter().filter_map(|origin| Url::parse(origin).ok()).filter(is_origin);
        let pages = pages.collect::<Vec<_>>();
        if pages.iter().all(|url| self.is_own(url)) {
            return Vec::new();
        }
        pages.iter().map(|url| url.origin().ascii_serialization()).collect()
    }

    /// Returns the origins of pages that can embed the pages that use credentials.
    pub(super) fn allowed_top_origins(&self) -> Result<Vec<Origin>, SetupError> {
        let page = |origin: &String| {
            let url = self.origin(origin)?;
            if is_origin(&url) { Ok(url.origin()) } else { Err(SetupError::Origin(origin.clone())) }
        };
        self.top_origins.iter().map(page).collect()
    }

    /// Returns whether an origin is at or below the relying party id.
    fn is_own(&self, url: &Url) -> bool {
        url.host_str().is_some_and(|host| host == self.rp_id || is_below(host, &self.rp_id))
    }

    /// Returns the allowed origins in the engine's format. If insecure origins are allowed, the engine ignores ports
    /// and accepts subdomains.
    pub(super) fn allowed_origins(&self) -> Result<Vec<Url>, SetupError> {
        let rp_id = self.rp_id.as_str();
        let host = |scheme: &str| {
            Url::parse(&format!("{scheme}://{rp_id}"))
                .ok()
                .filter(|url| url.host_str() == Some(rp_id) && is_origin(url))
        };
        let (Some(https), Some(http)) = (host("https"), host("http")) else {
            return Err(SetupError::RpId(rp_id.to_owned()));
        };
        let mut origins = self.origins.iter().map(|origin| self.origin(origin)).collect::<Result<Vec<_>, _>>()?;
        if self.allow_insecure_origin {
            origins.extend([https, http]);
        }
        if origins.is_empty() { Err(SetupError::NoOrigin) } else { Ok(origins) }
    }

    fn origin(&self, origin: &str) -> Result<Url, SetupError> {
        let wrong = || SetupError::Origin(origin.to_owned());
        let url = Url::parse(origin).map_err(|_| wrong())?;
        if let Some(hash) = origin.strip_prefix(ANDROID) {
            let base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            return if !hash.is_empty() && hash.chars().all(base64url) { Ok(url) } else { Err(wrong()) };
        }
        if !is_origin(&url) {
            return Err(wrong());
        }
        let local = matches!(url.host(), Some(Host::Domain(d)) if d == "localhost" || is_below(d, "localhost"));
        if url.scheme() == "https" || local || self.allow_insecure_origin {
            Ok(url)
        } else {
            Err(SetupError::Insecure(origin.to_owned()))
        }
    }
}

/// Returns whether a URL consists of scheme, host and port only.
fn is_origin(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.as_str() == format!("{}/", url.origin().ascii_serialization())
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}
