//! The authenticators of a user: an authenticator app, recovery codes, security keys and passkeys.

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
/// The ids of authenticators are JSON integers, so they are below 2^53.
const NUMBER_MASK: u64 = (1 << 53) - 1;
/// Bytes of a TOTP secret (RFC 4226, section 4: 160 bits are recommended).
const SECRET_LENGTH: usize = 20;

/// An authenticator: a credential of a user other than the password.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Authenticator {
    /// Identifies it among the user's authenticators.
    pub id: u64,
    /// When it was set up.
    pub created: Timestamp,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
    /// Its kind, with the data of the kind.
    pub factor: Factor,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// The kind of an authenticator, with its data.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// An authenticator app (RFC 6238).
    Totp {
        /// The shared secret, encrypted.
        secret: String,
        /// The time steps whose codes were used. Each code is accepted once.
        #[serde(default)]
        used: Vec<u64>,
        /// Attributes of a newer version, kept unchanged.
        #[serde(flatten)]
        unknown: Unknown,
    },
    /// Recovery codes.
    RecoveryCodes {
        /// The codes as a JSON list, encrypted.
        codes: String,
        /// The positions of the codes that were used.
        #[serde(default)]
        used: Vec<usize>,
        /// The number of codes.
        total: usize,
        /// Whether the user has viewed the codes.
        #[serde(default)]
        viewed: bool,
        /// Attributes of a newer version, kept unchanged.
        #[serde(flatten)]
        unknown: Unknown,
    },
    /// A security key or a passkey.
    #[serde(rename = "webauthn")]
    WebAuthn {
        /// The name that its owner gave it.
        name: String,
        /// Its public key and related data.
        credential: Box<Credential>,
        /// Attributes of a newer version, kept unchanged.
        #[serde(flatten)]
        unknown: Unknown,
    },
    /// A factor of a newer version. A login of a user who has one needs a second factor, but this version cannot verify
    /// this one.
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
    /// Most authenticators of a user. The limit keeps the item small.
    pub const MOST: usize = 30;

    /// Creates an authenticator.
    pub fn new(app: &App, factor: Factor) -> Self {
        let id = (u64::from_be_bytes(app.random()) & NUMBER_MASK).max(1);
        Self { id, created: app.now(), last_used: None, factor, unknown: Unknown::default() }
    }

    /// Creates a security key or a passkey.
    pub fn webauthn(app: &App, name: String, credential: Credential) -> Self {
        Self::new(app, Factor::WebAuthn { name, credential: Box::new(credential), unknown: Unknown::default() })
    }

    /// The credential, if it is a security key or a passkey.
    pub fn credential(&self) -> Option<&Credential> {
        match &self.factor {
            Factor::WebAuthn { credential, .. } => Some(credential),
            _ => None,
        }
    }

    /// Creates an authenticator app with this secret. The code of this time step has shown that the app has the secret,
    /// and counts as used.
    pub fn totp(app: &App, secret: &TotpSecret, step: u64) -> Option<Self> {
        let secret = app.keys.seal(SEAL, b"totp", secret.0.as_bytes(), &*app.random)?;
        Some(Self::new(app, Factor::Totp { secret, used: vec![step], unknown: Unknown::default() }))
    }

    /// Creates recovery codes.
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

    /// Marks a code as used, if it is a code of this authenticator that was not used yet. Returns whether it was.
    pub fn use_code(&mut self, app: &App, code: &str) -> bool {
        let right = match &mut self.factor {
            Factor::Totp { secret, used, .. } => {
                let secret =
                    app.keys.open(SEAL, b"totp", secret).and_then(|plain| String::from_utf8(plain.to_vec()).ok());
                let step = secret.and_then(|secret| TotpSecret(secret).step_of(&app.settings, app.now(), code));
                match step.filter(|step| !used.contains(step)) {
                    Some(step) => {
                        // Steps that are outside of the tolerance need not be stored.
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

    /// The recovery codes that were not used yet.
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
    /// Creates a secret from random bytes.
    pub fn new(bytes: [u8; SECRET_LENGTH]) -> Self {
        Self(Secret::from(bytes.to_vec()).to_base32())
    }

    /// The secret in base 32, the form that people type.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Encrypts the secret. A session stores it until a code shows that the app has the secret.
    pub fn seal(&self, app: &App) -> Option<String> {
        app.keys.seal(SEAL, b"totp setup", self.0.as_bytes(), &*app.random)
    }

    /// Decrypts the result of [`TotpSecret::seal`].
    pub fn open(keys: &Keys, sealed: &str) -> Option<Self> {
        let plain = keys.open(SEAL, b"totp setup", sealed)?;
        String::from_utf8(plain.to_vec()).ok().map(Self)
    }

    /// Finds the time step that has this code, within the tolerance around `now`.
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

    /// The URL that an authenticator app scans: `otpauth://totp/…`.
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
