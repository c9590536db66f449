//! `latchkey keys`: the keys that sign access tokens.

use super::output::{Row, moment};
use super::{CommandError, Common};
use serde::Serialize;
use shared::jwt::LEAD_SECONDS;
use shared::tokens::rotation::{self, KnownKey, Use};
use std::fmt::{Display, Formatter, Result as Written};

/// The row of a key in the list.
#[derive(Serialize)]
struct KeyRow {
    kid: String,
    /// `next`, `signs`, `verifies` or `over`.
    state: &'static str,
    created: String,
    signs_from: String,
    published_until: Option<String>,
}

impl KeyRow {
    fn of(key: KnownKey) -> Self {
        let state = match key.used_for {
            Use::Next => "next",
            Use::Signs => "signs",
            Use::Verifies => "verifies",
            Use::Over => "over",
        };
        Self {
            kid: key.kid,
            state,
            created: moment(key.created),
            signs_from: moment(key.signs_from),
            published_until: key.published_until.map(moment),
        }
    }
}

impl Row for KeyRow {
    const HEADINGS: &'static [&'static str] = &["KEY", "STATE", "CREATED", "SIGNS FROM", "PUBLISHED UNTIL"];

    fn cells(&self) -> Vec<String> {
        let until = self.published_until.as_deref().unwrap_or("-");
        [&self.kid, self.state, &self.created, &self.signs_from, until].map(str::to_owned).into()
    }
}

/// Lists the keys of the table, the newest first.
///
/// # Errors
/// [`CommandError`].
pub async fn list(common: &Common) -> Result<(), CommandError> {
    let opened = common.open().await?;
    if rotation::has_own_key(opened.app()) {
        eprintln!("latchkey: the settings contain the signing key; keys of the table are not used");
    }
    let keys = rotation::list(opened.app()).await?.into_iter().map(KeyRow::of).collect::<Vec<_>>();
    common.output.list(&keys, "No signing keys: the first token makes one.")
}

/// The report of `rotate`.
#[derive(Serialize)]
struct Rotated {
    kid: String,
    signs_from: String,
}

impl Display for Rotated {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let Self { kid, signs_from } = self;
        write!(f, "Made key {kid}. It is published now and signs from {signs_from}.")
    }
}

/// Creates the next key before the current one reaches its rotation age.
///
/// # Errors
/// [`CommandError`].
pub async fn rotate(common: &Common) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let app = opened.sealed().ok_or(CommandError::NoSecretKey)?;
    let hours = LEAD_SECONDS / 3600;
    common.confirm(&format!("In {hours} hours, a new key replaces the present signing key. Continue?"))?;
    let kid = rotation::rotate(app).await?;
    let made = rotation::list(app).await?.into_iter().find(|key| key.kid == kid);
    let signs_from = made.map(|key| moment(key.signs_from)).unwrap_or_default();
    common.output.line(&Rotated { kid, signs_from })
}
