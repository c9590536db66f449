//! Tokens that other APIs verify: the signing keys in the table, and the claims of the tokens.

pub mod jwt_api;
pub mod rotation;

use crate::account::{User, UserId};
use crate::app::App;
use crate::clock::Timestamp;
use crate::jwt::{
    Algorithm, Claims, Issuer, KeyError, Keyring, Leeway, Rotation, SigningKey, StoredKey, Subject, TokenUse, sign,
    verify,
};
use crate::secret::Keys;
use crate::session::Session;
use crate::settings::{Settings, UserClaim};
use crate::store::{Again, Committed, Decision, Item, Key, StoreError, Write};
use crate::versions::Unknown;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

const KEYS: &str = "KEYS";
const SEAL: &str = "signing key";
/// Most keys that are read: many times the number that rotation keeps.
const MOST_KEYS: i32 = 50;
/// Seconds for which the keys are cached. A key signs at the earliest three hours after it was stored.
const KEPT: i64 = 600;

/// A signing key in the table. Its sort key is the next number, so that only one of several concurrent requests creates
/// a new key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeyRecord {
    number: u64,
    kid: String,
    created: i64,
    /// PKCS#8, encrypted.
    sealed: String,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Item for KeyRecord {
    fn key(&self) -> Key {
        Key::new(KEYS, format!("{:08}", self.number))
    }

    fn version(&self) -> u64 {
        0
    }
}

impl KeyRecord {
    fn open(&self, keys: &Keys) -> Option<StoredKey> {
        let der = keys.open(SEAL, self.kid.as_bytes(), &self.sealed);
        if der.is_none() {
            tracing::error!(kid = self.kid, "signing key cannot be decrypted: SECRET_KEY has changed");
        }
        Some(StoredKey { kid: self.kid.clone(), created: self.created, der: der? })
    }
}

/// The signing keys, including one that signs now. They are read from the table at most every ten minutes. If a new key
/// is due, this creates it.
///
/// # Errors
/// The table is unavailable, or a key of the settings or of the table is not a valid key.
pub async fn keyring(app: &App) -> Result<Arc<Keyring>, StoreError> {
    let now = app.now();
    if let Some(kept) = kept(app, now) {
        return Ok(kept);
    }
    let decide = |(), _: Option<Again>| async move {
        let (ring, last) = read(app).await?;
        if !ring.wants_new(now.seconds()) {
            return Ok(Decision::Settled(keep(app, ring, now)));
        }
        match make(app, last + 1, now.seconds()).await {
            // Either another request or this one has stored the key. The next attempt reads it.
            Ok(_) => Ok(Decision::Again(())),
            // The old key still signs, and the next request tries again.
            Err(error) if ring.signer(now.seconds()).is_some() => {
                tracing::error!(%error, "new signing key could not be stored");
                Ok(Decision::Settled(keep(app, ring, now)))
            }
            Err(error) => Err(error),
        }
    };
    app.store.run((), decide).await
}

/// The keys to verify tokens with. This never creates a key.
///
/// # Errors
/// As [`keyring`].
pub async fn known_keys(app: &App) -> Result<Arc<Keyring>, StoreError> {
    let now = app.now();
    match kept(app, now) {
        Some(kept) => Ok(kept),
        None => Ok(keep(app, read(app).await?.0, now)),
    }
}

fn kept(app: &App, now: Timestamp) -> Option<Arc<Keyring>> {
    let kept = app.keyring.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (ring, at) = kept.as_ref()?;
    let fresh = now < at.plus_seconds(KEPT) && !ring.wants_new(now.seconds());
    fresh.then(|| ring.clone())
}

fn keep(app: &App, ring: Keyring, now: Timestamp) -> Arc<Keyring> {
    let ring = Arc::new(ring);
    *app.keyring.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((ring.clone(), now));
    ring
}

/// Reads the keys. Returns them with the number of the newest key.
async fn read(app: &App) -> Result<(Keyring, u64), StoreError> {
    if let Some(ring) = keys_of_settings(app) {
        return Ok((ring.map_err(unreadable)?, 0));
    }
    let records = app.store.list::<KeyRecord>(KEYS, "", MOST_KEYS).await?;
    let last = records.iter().map(|record| record.number).max().unwrap_or(0);
    let stored = records.iter().filter_map(|record| record.open(&app.keys)).collect();
    Ok((Keyring::of_records(stored, rotation(&app.settings)).map_err(unreadable)?, last))
}

fn unreadable(error: KeyError) -> StoreError {
    StoreError::Malformed(error.to_string())
}

/// The keys that the settings contain, if any.
fn keys_of_settings(app: &App) -> Option<Result<Keyring, KeyError>> {
    let settings = &app.settings.tokens;
    let given = settings.private_key.text();
    match settings.algorithm {
        Algorithm::Hs256 if given.is_empty() => Some(derived(&app.keys, "signed tokens")),
        Algorithm::Hs256 => Some(SigningKey::from_secret(given.as_bytes()).map(Keyring::of_setting)),
        Algorithm::Rs256 if given.is_empty() => None,
        Algorithm::Rs256 => Some(SigningKey::from_pem(given).map(Keyring::of_setting)),
    }
}

/// The key derived from `SECRET_KEY`, and those derived from `SECRET_KEY_FALLBACKS`, which only verify.
fn derived(keys: &Keys, purpose: &str) -> Result<Keyring, KeyError> {
    let keys = keys.derived(purpose).map(|key| SigningKey::from_secret(&*key)).collect::<Result<_, _>>()?;
    Ok(Keyring::of_settings(keys))
}

/// The keys of refresh tokens. Only Latchkey reads these tokens, so other services do not have to verify their
/// signature. An RSA signature would be most of the cost of a refresh.
fn refresh_keys(app: &App) -> Result<&Keyring, KeyError> {
    if app.refresh_keys.get().is_none() {
        let _ = app.refresh_keys.set(derived(&app.keys, "refresh tokens")?);
    }
    app.refresh_keys.get().ok_or(KeyError::Sign)
}

fn rotation(settings: &Settings) -> Rotation {
    let tokens = &settings.tokens;
    let flat = if settings.flat.is_on() { settings.flat.token_lifetime } else { 0 };
    Rotation { max_age_days: tokens.key_max_age_days, lifetime: tokens.access_expires_in.max(flat) }
}

/// Creates a key and stores it under this number and with this time of creation (in seconds). Returns its name, or
/// `None` if another request has already stored a key under the number.
async fn make(app: &App, number: u64, created: i64) -> Result<Option<String>, StoreError> {
    let (key, der) = app.blocking(SigningKey::generate).await.map_err(unreadable)?;
    let kid = key.kid().to_owned();
    let sealed = app.keys.seal(SEAL, kid.as_bytes(), &der, &*app.random);
    let sealed = sealed.ok_or_else(|| StoreError::Malformed("a key could not be sealed".to_owned()))?;
    let record = KeyRecord { number, kid, created, sealed, unknown: Unknown::default() };
    let made = app.store.create(&record).await?;
    tracing::info!(kid = record.kid, made, "new signing key");
    Ok(made.then_some(record.kid))
}

/// Deletes the keys whose last token has expired. If this fails, a later call deletes them.
///
/// # Errors
/// The table is unavailable.
pub async fn delete_dead_keys(app: &App, ring: &Keyring) -> Result<(), StoreError> {
    let dead = ring.dead(app.now().seconds());
    if dead.is_empty() {
        return Ok(());
    }
    let records = app.store.list::<KeyRecord>(KEYS, "", MOST_KEYS).await?;
    let dead = records.iter().filter(|record| dead.contains(&record.kid.as_str()));
    let deletions = dead.map(|record| Write::discard(record.key())).collect::<Vec<_>>();
    if !deletions.is_empty() {
        let _: Committed = app.store.commit_with_retries(deletions).await?;
    }
    Ok(())
}

/// The issuer and the audience of the tokens: `PUBLIC_URL` and `HEADLESS_JWT_AUDIENCE`.
///
/// # Errors
/// `PUBLIC_URL` is not a valid issuer. This is found at startup.
pub fn issuer(settings: &Settings) -> Result<Issuer, KeyError> {
    Issuer::new(settings.service.public_url.as_str(), settings.tokens.audience.as_deref())
}

/// The tokens that an app gets.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    /// The token to call APIs with.
    pub access: String,
    /// The token to get another pair with. `None` if the app's current refresh token stays valid.
    pub refresh: Option<String>,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pair(..)")
    }
}

fn subject(user: &User, session: &Session) -> Subject {
    Subject { sub: user.id.to_string(), sid: session.number.to_string() }
}

/// Returns the access token of a session and its current refresh token.
///
/// # Errors
/// No key signs now.
pub fn pair(app: &App, ring: &Keyring, user: &User, session: &Session) -> Result<Pair, KeyError> {
    pair_for(app, ring, user, session, app.settings.tokens.access_expires_in)
}

/// The same as [`pair`], with an access token that is valid for `lifetime` seconds.
///
/// # Errors
/// As [`pair`].
pub fn pair_for(app: &App, ring: &Keyring, user: &User, session: &Session, lifetime: i64) -> Result<Pair, KeyError> {
    let refresh = match &session.family {
        Some(family) => {
            let issuer = issuer(&app.settings)?;
            let expires_in = app.settings.tokens.refresh_expires_in;
            let claims = Claims::refresh(&issuer, subject(user, session), family, expires_in);
            let key = refresh_keys(app)?.signer(family.rotated_at).ok_or(KeyError::Sign)?;
            Some(sign(&claims, key)?)
        }
        None => None,
    };
    Ok(Pair { access: access_for(app, ring, user, session, lifetime)?, refresh })
}

/// Returns a new access token of a session.
///
/// # Errors
/// No key signs now.
pub fn access(app: &App, ring: &Keyring, user: &User, session: &Session) -> Result<String, KeyError> {
    access_for(app, ring, user, session, app.settings.tokens.access_expires_in)
}

fn access_for(app: &App, ring: &Keyring, user: &User, session: &Session, lifetime: i64) -> Result<String, KeyError> {
    let (settings, now) = (&app.settings, app.now().seconds());
    let mut custom = custom_claims(user, &settings.tokens.claims);
    // How and when the user authenticated, in the claims of RFC 8176 and OpenID Connect Core 1.0 (section 2).
    custom.insert("amr".to_owned(), session.methods.iter().map(|record| record.method.as_str()).collect());
    let latest = session.methods.last().map_or(session.created, |record| record.at);
    custom.insert("auth_time".to_owned(), json!(latest.seconds()));
    let claims = Claims::access(&issuer(settings)?, subject(user, session), app.random(), now, lifetime, custom);
    sign(&claims, ring.signer(now).ok_or(KeyError::Sign)?)
}

/// The claims of `HEADLESS_JWT_CLAIMS`. Fields that the user does not have are left out.
fn custom_claims(user: &User, wanted: &[UserClaim]) -> Map<String, Json> {
    let primary = user.primary_email();
    let value = |claim: UserClaim| match claim {
        UserClaim::Email => primary.map(|email| json!(email)),
        UserClaim::EmailVerified => primary.map(|email| json!(user.has_verified_email(Some(email)))),
        UserClaim::Username => user.username.as_ref().map(|name| json!(name)),
        UserClaim::FirstName => Some(json!(user.first_name)),
        UserClaim::LastName => Some(json!(user.last_name)),
        UserClaim::Phone => user.phone.as_ref().map(|phone| json!(phone.number)),
        UserClaim::Role => Some(json!(user.role)),
        UserClaim::Attributes => Some(json!(user.attributes)),
    };
    wanted.iter().filter_map(|claim| Some((claim.as_str().to_owned(), value(*claim)?))).collect()
}

/// Verifies an access token. Returns the user, the number of the session and the claims, or `None` if the token is not
/// valid now. Does not access the table.
pub fn check_access(settings: &Settings, now: Timestamp, ring: &Keyring, token: &str) -> Option<(UserId, u64, Claims)> {
    check(settings, now, ring, token, TokenUse::Access)
}

/// Verifies a refresh token, like [`check_access`].
pub fn check_refresh(app: &App, token: &str) -> Option<(UserId, u64, Claims)> {
    check(&app.settings, app.now(), refresh_keys(app).ok()?, token, TokenUse::Refresh)
}

fn check(
    settings: &Settings,
    now: Timestamp,
    ring: &Keyring,
    token: &str,
    token_use: TokenUse,
) -> Option<(UserId, u64, Claims)> {
    let issuer = issuer(settings).ok()?;
    let verified = verify(token, ring, &issuer, token_use, now.seconds(), Leeway::default());
    let claims = verified.inspect_err(|reason| tracing::info!(%reason, "signed token refused")).ok()?;
    if settings.service.is_before_restore(Timestamp::from_seconds(claims.iat)) {
        return None;
    }
    let user = UserId(claims.sub.parse().ok()?);
    let number = claims.sid.parse().ok()?;
    Some((user, number, claims))
}
