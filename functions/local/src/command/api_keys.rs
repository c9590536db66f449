//! `latchkey api-keys`: credentials of programs that use the admin API.

use super::output::{Row, moment, printable};
use super::{CommandError, Common};
use serde::Serialize;
use shared::operator::api_keys::{self, ApiKey, Scope};
use std::fmt::{Display, Formatter, Result as Written};

/// The row of a key in the list.
#[derive(Serialize)]
struct KeyRow {
    id: String,
    name: String,
    /// `read`, `write` or `unknown`.
    scope: &'static str,
    created: String,
    expires: Option<String>,
    /// To the hour.
    last_used: Option<String>,
}

impl KeyRow {
    fn of(key: ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            scope: key.scope.known().map_or("unknown", |scope| scope.into()),
            created: moment(key.created),
            expires: key.ends.map(moment),
            last_used: key.last_used.map(moment),
            name: key.name,
        }
    }
}

impl Row for KeyRow {
    const HEADINGS: &'static [&'static str] = &["ID", "NAME", "SCOPE", "CREATED", "EXPIRES", "LAST USED"];

    fn cells(&self) -> Vec<String> {
        let (expires, used) = (self.expires.as_deref().unwrap_or("-"), self.last_used.as_deref().unwrap_or("-"));
        [&self.id, &self.name, self.scope, &self.created, expires, used].map(str::to_owned).into()
    }
}

/// Lists the keys, the newest first.
///
/// # Errors
/// [`CommandError`].
pub async fn list(common: &Common) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let rows = api_keys::list(opened.store()).await?.into_iter().map(KeyRow::of).collect::<Vec<_>>();
    common.output.list(&rows, "No API keys.")
}

/// The report of `create`.
#[derive(Serialize)]
struct Created {
    #[serde(flatten)]
    key: KeyRow,
    token: String,
}

impl Display for Created {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let Self { key, token } = self;
        writeln!(f, "Created the key {} with the scope {}. Its token, which is not shown again:", key.id, key.scope)?;
        write!(f, "\n    {token}")
    }
}

/// Creates a key, which is valid for `days` or without end.
///
/// # Errors
/// [`CommandError`].
pub async fn create(common: &Common, name: &str, scope: Scope, days: Option<u32>) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let seconds = days.map(|days| i64::from(days) * 86_400);
    let (key, token) = api_keys::create(opened.app(), name, scope, seconds).await?;
    common.output.line(&Created { key: KeyRow::of(key), token })
}

/// The report of `revoke`.
#[derive(Serialize)]
struct Revoked {
    id: String,
    name: String,
}

impl Display for Revoked {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        write!(f, "The key {} is revoked.", printable(&self.name))
    }
}

/// Revokes a key.
///
/// # Errors
/// [`CommandError`].
pub async fn revoke(common: &Common, id: &str) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let missing = || CommandError::Refused(format!("there is no API key {id}. `latchkey api-keys list` lists them"));
    let known = id.parse().map_err(|_| missing())?;
    let key = api_keys::find(opened.store(), known).await?.ok_or_else(missing)?;
    common.confirm(&format!("This revokes the API key {}. Programs that use it are refused. Continue?", key.name))?;
    api_keys::revoke(opened.store(), known).await?;
    common.output.line(&Revoked { id: key.id.to_string(), name: key.name })
}
