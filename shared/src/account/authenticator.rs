//! What a user has besides a password: an authenticator app, recovery codes, security keys and passkeys.

use crate::app::App;
use crate::clock::Timestamp;
use crate::secret;
use crate::secret::Keys;
use crate::settings::{MfaSettings, Settings};
use crate::versions::Unknown;
use crate::webauthn::Credential;
use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Secret, Totp};

const SEAL: &str = "authenticator";
/// Numbers of authenticators are JSON integers: below 2^53.
const NUMBER_MASK: u64 = (1 << 53) - 1;
/// Bytes of a TOTP secret (RFC 4226, section 4: 160 bits are recommended).
const SECRET_LENGTH: usize = 20;

/// Something that a user shows to be who they are, besides a password.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Authenticator {
    /// Names it among the user's.
    pub id: u64,
    /// When it was set up.
    pub created: Timestamp,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
    /// What it is.
    pub factor: Factor,
    /// What a newer version keeps with it.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What an authenticator is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// An authenticator app (RFC 6238).
    Totp {
        /// The shared secret, sealed.
        secret: String,
        /// Time steps whose code was used: each is accepted once.
        #[serde(default)]
        used: Vec<u64>,
        /// What a newer version keeps with it.
        #[serde(flatten)]
        unknown: Unknown,
    },
    /// Codes on paper.
    RecoveryCodes {
        /// The codes, sealed, as a JSON list.
        codes: String,
        /// Which of them were used, by place.
        #[serde(default)]
        used: Vec<usize>,
        /// How many there are.
        total: usize,
        /// Whether they were shown.
        #[serde(default)]
        viewed: bool,
        /// What a newer version keeps with it.
        #[serde(flatten)]
        unknown: Unknown,
    },
    /// A security key or a passkey.
    #[serde(rename = "webauthn")]
    WebAuthn {
        /// What its owner calls it.
        name: String,
        /// Its public key, and what goes with it.
        credential: Box<Credential>,
        /// What a newer version keeps with it.
        #[serde(flatten)]
        unknown: Unknown,
    },
    /// A factor of a newer version. A login of a user who has one needs a second factor, and nothing that somebody shows
    /// here counts as this one.
    #[serde(untagged)]
    Unknown(serde_json::Value),
}

impl Factor {
    /// Its name in the API.
    pub fn kind(&self) -> &str {
        match self {
            Self::Totp { .. } => "totp",
            Self::RecoveryCodes { .. } => "recovery_codes",
            Self::WebAuthn { .. } => "webauthn",
            Self::Unknown(serde_json::Value::Object(tagged)) => tagged.keys().next().map_or("unknown", String::as_str),
            Self::Unknown(value) => value.as_str().unwrap_or("unknown"),
        }
    }
}

impl Authenticator {
    /// Most authenticators of a user: the item stays small.
    pub const MOST: usize = 30;

    /// A new one.
    pub fn new(app: &App, factor: Factor) -> Self {
        let id = (u64::from_be_bytes(app.random()) & NUMBER_MASK).max(1);
        Self { id, created: app.now(), last_used: None, factor, unknown: Unknown::default() }
    }

    /// A security key or a passkey.
    pub fn webauthn(app: &App, name: String, credential: Credential) -> Self {
        Self::new(app, Factor::WebAuthn { name, credential: Box::new(credential), unknown: Unknown::default() })
    }

    /// Its credential, where it is a security key or a passkey.
    pub fn credential(&self) -> Option<&Credential> {
        match &self.factor {
            Factor::WebAuthn { credential, .. } => Some(credential),
            _ => None,
        }
    }

    /// An authenticator app with this secret. The code of this time step has shown that the app has it, and is used up.
    pub fn totp(app: &App, secret: &TotpSecret, step: u64) -> Option<Self> {
        let secret = app.keys.seal(SEAL, b"totp", secret.0.as_bytes(), &*app.random)?;
        Some(Self::new(app, Factor::Totp { secret, used: vec![step], unknown: Unknown::default() }))
    }

    /// New recovery codes.
    pub fn recovery_codes(app: &App) -> Option<Self> {
        let settings = &app.settings.mfa;
        let format = crate::settings::CodeFormat {
            numeric: true,
            length: Some(settings.recovery_code_digits),
            dashed: false,
            allowed_chars: None,
        };
        let code = |_| secret::generate_code(&format, &*app.random);
        let codes = (0..settings.recovery_code_count).map(code).collect::<Vec<_>>();
        let plain = serde_json::to_vec(&codes).ok()?;
        let sealed = app.keys.seal(SEAL, b"recovery codes", &plain, &*app.random)?;
        let total = codes.len();
        let unknown = Unknown::default();
        Some(Self::new(app, Factor::RecoveryCodes { codes: sealed, used: Vec::new(), total, viewed: false, unknown }))
    }

    /// Uses a code up, if it is one of this authenticator's and was not used yet.
    pub fn use_code(&mut self, app: &App, code: &str) -> bool {
        let right = match &mut self.factor {
            Factor::Totp { secret, used, .. } => {
                let secret =
                    app.keys.open(SEAL, b"totp", secret).and_then(|plain| String::from_utf8(plain.to_vec()).ok());
                let step = secret.and_then(|secret| TotpSecret(secret).step_of(&app.settings, app.now(), code));
                match step.filter(|step| !used.contains(step)) {
                    Some(step) => {
                        // Steps that no tolerance reaches any more need not be remembered.
                        let reach = u64::from(app.settings.mfa.totp_tolerance) * 2 + 1;
                        used.retain(|old| old + reach >= step);
                        used.push(step);
                        true
                    }
                    None => false,
                }
            }
            Factor::RecoveryCodes { codes, used, .. } => {
                let code = secret::normalize_code(code);
                let fits = |known: &String| secret::same(known.as_bytes(), code.as_bytes());
                match open_codes(&app.keys, codes).iter().position(fits).filter(|place| !used.contains(place)) {
                    Some(place) => {
                        used.push(place);
                        true
                    }
                    None => false,
                }
            }
            Factor::WebAuthn { .. } | Factor::Unknown(_) => false,
        };
        if right {
            self.last_used = Some(app.now());
        }
        right
    }

    /// Recovery codes that were not used yet.
    pub fn unused_codes(&self, keys: &Keys) -> Vec<String> {
        match &self.factor {
            Factor::RecoveryCodes { codes, used, .. } => {
                let all = open_codes(keys, codes).into_iter().enumerate();
                all.filter(|(place, _)| !used.contains(place)).map(|(_, code)| code).collect()
            }
            Factor::Totp { .. } | Factor::WebAuthn { .. } | Factor::Unknown(_) => Vec::new(),
        }
    }
}

fn open_codes(keys: &Keys, sealed: &str) -> Vec<String> {
    let plain = keys.open(SEAL, b"recovery codes", sealed);
    plain.and_then(|plain| serde_json::from_slice(&plain).ok()).unwrap_or_default()
}

/// The secret of an authenticator app, in base 32.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret(String);

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

impl TotpSecret {
    /// A new one, of random bytes.
    pub fn new(bytes: [u8; SECRET_LENGTH]) -> Self {
        Self(Secret::from(bytes.to_vec()).to_base32())
    }

    /// In base 32, as people type it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Sealed, for a session to keep until a code shows that the app has it.
    pub fn seal(&self, app: &App) -> Option<String> {
        app.keys.seal(SEAL, b"totp setup", self.0.as_bytes(), &*app.random)
    }

    /// What [`TotpSecret::seal`] closed.
    pub fn open(keys: &Keys, sealed: &str) -> Option<Self> {
        let plain = keys.open(SEAL, b"totp setup", sealed)?;
        String::from_utf8(plain.to_vec()).ok().map(Self)
    }

    /// The time step whose code this is, within the tolerance of now.
    pub fn step_of(&self, settings: &Settings, now: Timestamp, code: &str) -> Option<u64> {
        let totp = self.totp(&settings.mfa)?;
        let now = u64::try_from(now.seconds()).ok()?;
        totp.check(&secret::normalize_code(code), now)
    }

    fn totp(&self, settings: &MfaSettings) -> Option<Totp> {
        let secret = Secret::try_from_base32(&self.0).ok()?;
        let builder = Builder::new().with_secret(secret).with_digits(settings.totp_digits);
        let builder = builder.with_skew(settings.totp_tolerance).with_step_duration(settings.totp_period);
        builder.build().ok()
    }

    /// What an authenticator app reads: `otpauth://totp/…`.
    pub fn url(&self, label: &str, issuer: &str, settings: &MfaSettings) -> String {
        let quote =
            |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
        let mut url = format!("otpauth://totp/{}?secret={}&issuer={}", quote(label), self.0, quote(issuer));
        if settings.totp_digits != 6 {
            url.push_str(&format!("&digits={}", settings.totp_digits));
        }
        if settings.totp_period != 30 {
            url.push_str(&format!("&period={}", settings.totp_period));
        }
        url
    }
}
