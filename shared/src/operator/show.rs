//! Everything about one user that helps an operator to answer a question.

use super::change::Failure;
use super::{Operator, messages};
use crate::account::{User, UserId};
use crate::clock::Timestamp;
use crate::flow::login::known_password::find_failures;
use crate::outbox::Message;
use crate::session::{Session, list_sessions};
use crate::store::StoreError;

/// A user with what else is known about them.
#[derive(Debug)]
pub struct Details {
    /// The user.
    pub user: User,
    /// Their valid sessions, the oldest first.
    pub sessions: Vec<Session>,
    /// Failed logins; `None` if the service's secret key is not known.
    pub failed_logins: Option<FailedLogins>,
    /// Messages that wait to be sent to them; `None` if the service's secret key is not known.
    pub messages: Option<Vec<Message>>,
}

/// The failed logins of an account that count at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FailedLogins {
    /// Their number.
    pub count: usize,
    /// The last one.
    pub last: Option<Timestamp>,
    /// When the account can log in again, if there were too many. Known browsers count separately.
    pub blocked_until: Option<Timestamp>,
}

impl Operator<'_> {
    /// Returns a user with sessions, failed logins and waiting messages.
    ///
    /// # Errors
    /// [`Failure::Missing`]; the table is unavailable.
    pub async fn show(&self, id: UserId) -> Result<Details, Failure> {
        let (user, failed_logins) = futures_util::try_join!(self.get(id), self.failed_logins(id))?;
        let (sessions, messages) = futures_util::try_join!(list_sessions(&self.store, &user), self.messages_to(&user))?;
        Ok(Details { user, sessions, failed_logins, messages })
    }

    async fn failed_logins(&self, id: UserId) -> Result<Option<FailedLogins>, Failure> {
        if !self.has_secret_key {
            return Ok(None);
        }
        let logs = find_failures(self.app, id).await?;
        Ok(Some(FailedLogins {
            count: logs.iter().map(|log| log.count).max().unwrap_or(0),
            last: logs.iter().filter_map(|log| log.last).max(),
            blocked_until: logs.iter().filter_map(|log| log.full_until).max(),
        }))
    }

    /// The messages that wait to be sent to the user.
    async fn messages_to(&self, user: &User) -> Result<Option<Vec<Message>>, StoreError> {
        if !self.has_secret_key {
            return Ok(None);
        }
        let is_theirs = |message: &Message| {
            message.open(&self.keys).is_some_and(|contents| {
                let phone = user.phone.as_ref().map(|phone| &phone.number);
                phone == Some(&contents.to) || user.address(&contents.to).is_some()
            })
        };
        let waiting = messages::list(&self.store).await?;
        Ok(Some(waiting.into_iter().filter(is_theirs).collect()))
    }
}
