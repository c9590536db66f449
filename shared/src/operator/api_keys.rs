//! API keys: credentials of programs that use the admin API.

use super::Failure;
use crate::app::App;
use crate::clock::Timestamp;
use crate::flow::Problem;
use crate::secret;
use crate::store::{Directory, Item, Key, Listing, Order, Patch, Store, StoreError, Write};
use crate::versions::{Open, Unknown};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};
use uuid::Uuid;

const PREFIX: &str = "lk_";
const SECRET_LENGTH: usize = 32;
/// Most bytes of a name.
const MOST_NAME: usize = 200;
/// Seconds after which the use of a key is recorded again.
const USE_RECORDED_EVERY: i64 = 3_600;
/// Keys of a page when all are listed.
const PAGE: usize = 100;

/// The scope of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Scope {
    /// Reading.
    Read,
    /// Reading and changing.
    Write,
}

/// An API key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApiKey {
    /// Identifies the key. It is part of the token.
    pub id: Uuid,
    /// The name that its owner gave it.
    pub name: String,
    /// The scope. A value of a newer version permits nothing.
    pub scope: Open<Scope>,
    /// Digest of the token's secret part.
    pub secret: String,
    /// When it was created.
    pub created: Timestamp,
    /// When it expires, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
    /// When it was last used, to the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
    /// The number of changes so far.
    #[serde(default)]
    pub version: u64,
    /// Attributes of a newer version, kept unchanged.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl ApiKey {
    fn key_of(id: Uuid) -> Key {
        Key::new(format!("APIKEY#{id}"), "KEY")
    }

    /// Whether the key permits this.
    pub fn permits(&self, scope: Scope) -> bool {
        match self.scope.known() {
            Some(Scope::Write) => true,
            Some(Scope::Read) => scope == Scope::Read,
            None => false,
        }
    }
}

impl Item for ApiKey {
    fn key(&self) -> Key {
        Self::key_of(self.id)
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.ends
    }

    fn made_at(&self) -> Option<Timestamp> {
        Some(self.created)
    }

    fn listing(&self) -> Option<Listing> {
        Some(Listing::new(Directory::Key, &format!("{:020}", self.created.0.max(0)), self.id))
    }
}

/// Creates a key that is valid for `seconds`, or without end. Returns it with its token, which is stored nowhere.
///
/// # Errors
/// [`Failure::Invalid`] if the name is empty or too long; the table is unavailable.
pub async fn create(app: &App, name: &str, scope: Scope, seconds: Option<i64>) -> Result<(ApiKey, String), Failure> {
    let name = name.trim();
    if name.is_empty() || name.len() > MOST_NAME {
        let message = format!("Enter a name of at most {MOST_NAME} characters.");
        return Err(Problem::field("name", "invalid", message).into());
    }
    let bytes: [u8; SECRET_LENGTH] = app.random();
    let key = ApiKey {
        id: uuid::Builder::from_random_bytes(app.random()).into_uuid(),
        name: name.to_owned(),
        scope: scope.into(),
        secret: secret::digest(&bytes),
        created: app.now(),
        ends: seconds.map(|seconds| app.now().plus_seconds(seconds)),
        last_used: None,
        version: 0,
        unknown: Unknown::default(),
    };
    app.store.commit_with_retries(vec![Write::create(&key)?]).await?;
    let token = format!("{PREFIX}{}_{}", key.id.simple(), secret::encode(&bytes));
    Ok((ApiKey { version: 1, ..key }, token))
}

/// Lists all valid keys, the newest first.
///
/// # Errors
/// The table is unavailable.
pub async fn list(store: &Store) -> Result<Vec<ApiKey>, StoreError> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = store.list_directory(Directory::Key, "", Order::Descending, after.as_deref(), PAGE).await?;
        let keys = page.iter().map(|entry| entry.key.clone()).collect::<Vec<_>>();
        if keys.is_empty() {
            return Ok(all);
        }
        all.extend(store.find_all::<ApiKey>(&keys).await?.into_iter().flatten());
        after = page.last().map(|entry| entry.place.clone());
    }
}

/// Finds the key with this id.
///
/// # Errors
/// The table is unavailable.
pub async fn find(store: &Store, id: Uuid) -> Result<Option<ApiKey>, StoreError> {
    store.find(&ApiKey::key_of(id)).await
}

/// Revokes a key: it is deleted, and the next request with it is refused.
///
/// # Errors
/// The table is unavailable.
pub async fn revoke(store: &Store, id: Uuid) -> Result<(), StoreError> {
    store.discard_all(&[ApiKey::key_of(id)]).await
}

/// Finds the valid key of a token, and records its use at most once an hour.
///
/// # Errors
/// The table is unavailable.
pub async fn find_api_key(app: &App, token: &str) -> Result<Option<ApiKey>, StoreError> {
    let Some((id, digest)) = read(token) else { return Ok(None) };
    let found = find(&app.store, id).await?;
    let Some(key) = found.filter(|key| secret::same(key.secret.as_bytes(), digest.as_bytes())) else {
        return Ok(None);
    };
    if key.last_used.is_none_or(|last| app.now() >= last.plus_seconds(USE_RECORDED_EVERY)) {
        let used = Patch::default().number("last_used", app.now().0);
        // A refused write means that the key was revoked at this moment.
        app.store.commit_with_retries(vec![Write::patch(key.key(), used)]).await?;
    }
    Ok(Some(key))
}

/// Returns the id and the digest of the secret part of a token.
fn read(token: &str) -> Option<(Uuid, String)> {
    let (id, bytes) = token.strip_prefix(PREFIX)?.split_once('_')?;
    let bytes = secret::decode(bytes).filter(|bytes| bytes.len() == SECRET_LENGTH)?;
    Some((Uuid::try_parse(id).ok()?, secret::digest(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_token_is_parsed() {
        let id = Uuid::from_bytes([7; 16]);
        let token = format!("lk_{}_{}", id.simple(), secret::encode(&[9; SECRET_LENGTH]));
        assert_eq!(read(&token), Some((id, secret::digest(&[9; SECRET_LENGTH]))));
        for wrong in ["", "lk_", "lk__", &token[1..], &token[..token.len() - 1], &format!("{token}A"), "lk_x_y"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_key_permits_only_its_scope() {
        let of = |scope: Open<Scope>| ApiKey {
            id: Uuid::nil(),
            name: String::new(),
            scope,
            secret: String::new(),
            created: Timestamp(0),
            ends: None,
            last_used: None,
            version: 0,
            unknown: Unknown::default(),
        };
        let permitted = |key: ApiKey| (key.permits(Scope::Read), key.permits(Scope::Write));
        assert_eq!(permitted(of(Scope::Read.into())), (true, false));
        assert_eq!(permitted(of(Scope::Write.into())), (true, true));
        assert_eq!(permitted(of(Open::Unknown("delete".into()))), (false, false));
    }
}
