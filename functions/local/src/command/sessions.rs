//! `latchkey sessions`: the sessions of a user.

use super::output::{Row, moment};
use super::place::Opened;
use super::{CommandError, Common};
use serde::Serialize;
use shared::account::User;
use shared::maintenance::{sessions, users};
use shared::session::Session;
use std::fmt::{Display, Formatter, Result as Written};

/// The row of a session in the list.
#[derive(Serialize)]
struct SessionRow {
    /// A text, because many programs cannot represent such a large number.
    id: String,
    user: String,
    created: String,
    last_seen: Option<String>,
    ends: String,
    ip: String,
    methods: Vec<String>,
    user_agent: String,
}

impl SessionRow {
    fn of(user: &User, session: Session) -> Self {
        Self {
            id: session.number.to_string(),
            user: user.id.to_string(),
            created: moment(session.created),
            last_seen: session.last_seen.map(moment),
            ends: moment(session.ends),
            ip: session.ip,
            methods: session.methods.into_iter().map(|record| record.method).collect(),
            user_agent: session.user_agent,
        }
    }
}

impl Row for SessionRow {
    const HEADINGS: &'static [&'static str] = &["ID", "CREATED", "LAST SEEN", "ENDS", "IP", "METHODS", "USER AGENT"];

    fn cells(&self) -> Vec<String> {
        let methods = self.methods.join("+");
        let seen = self.last_seen.as_deref().unwrap_or("-");
        let all = [&self.id, &self.created, seen, &self.ends, &self.ip, &methods, &self.user_agent];
        all.map(str::to_owned).into()
    }
}

/// Lists the user's active sessions, the oldest first.
///
/// # Errors
/// [`CommandError`].
pub async fn list(common: &Common, user: &str) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let user = get_user(&opened, user).await?;
    let rows = sessions::list(opened.store(), &user).await?.into_iter().map(|session| SessionRow::of(&user, session));
    common.output.list(&rows.collect::<Vec<_>>(), "The user has no sessions.")
}

/// The report of `end`.
#[derive(Serialize)]
struct Ended {
    user: String,
    /// `None` if all sessions have ended.
    session: Option<String>,
}

impl Display for Ended {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match &self.session {
            Some(session) => write!(f, "Session {session} has ended."),
            None => write!(f, "All sessions of user {} have ended.", self.user),
        }
    }
}

/// Ends one session of the user, or all of them if `session` is `None`. Access tokens stay valid until they expire.
///
/// # Errors
/// [`CommandError`].
pub async fn end(common: &Common, user: &str, session: Option<u64>) -> Result<(), CommandError> {
    let opened = common.open().await?;
    let user = get_user(&opened, user).await?;
    let shown = user.display(&opened.app().settings);
    match session {
        Some(number) => {
            common.confirm(&format!("This ends session {number} of {shown}. Continue?"))?;
            if !sessions::end(opened.store(), &user, number).await? {
                let why = format!("{shown} has no session {number}. `latchkey sessions list` lists them");
                return Err(CommandError::Refused(why));
            }
        }
        None => {
            common.confirm(&format!("This ends all sessions of {shown}. Continue?"))?;
            sessions::end_all(opened.store(), &user).await?;
        }
    }
    common.output.line(&Ended { user: user.id.to_string(), session: session.map(|number| number.to_string()) })
}

/// Returns the one user with this id, address, username or phone number.
async fn get_user(opened: &Opened, name: &str) -> Result<User, CommandError> {
    let mut found = users::find(opened.store(), name).await?;
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(CommandError::Refused(format!("no user has the id, address, username or phone number {name}"))),
        _ => {
            let ids = found.iter().map(|user| user.id.to_string()).collect::<Vec<_>>().join(", ");
            Err(CommandError::Refused(format!("several users have {name}: use one of these ids: {ids}")))
        }
    }
}
