//! One change of a user: the place where all its writes are put together.

use super::Operator;
use crate::account::{LastSuperuser, User, UserId, list_names, list_superuser};
use crate::flow::notify::notify;
use crate::flow::{Problem, Refusal};
use crate::outbox::MailKind;
use crate::store::{Again, Decision, StoreError, Write};
use serde_json::Value as Json;

/// Why an operation changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no such user.
    #[error("there is no such user")]
    Missing,
    /// The input is invalid, or does not fit the state of the user.
    #[error("{}", .0.iter().map(|problem| &*problem.message).collect::<Vec<_>>().join(" "))]
    Invalid(Vec<Problem>),
    /// The table is unavailable.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Invalid(vec![problem])
    }
}

impl From<LastSuperuser> for Failure {
    fn from(_: LastSuperuser) -> Self {
        Problem::general("last_superuser", "This is the last active superuser. Make another one first.").into()
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(problems) => Self::Invalid(problems),
            Refusal::Store(error) => Self::Store(error),
            _ => Problem::general("conflict", "The operation does not fit the state of the user.").into(),
        }
    }
}

/// The changes of one operation.
pub(super) struct Change {
    /// The changed user.
    pub user: User,
    /// The writes other than that of the user.
    pub writes: Vec<Write>,
}

impl From<User> for Change {
    fn from(user: User) -> Self {
        Self { user, writes: Vec::new() }
    }
}

impl Operator<'_> {
    /// Returns the user with this id.
    ///
    /// # Errors
    /// [`Failure::Missing`]; the table is unavailable.
    pub async fn get(&self, id: UserId) -> Result<User, Failure> {
        self.store.find::<User>(&id.key()).await?.ok_or(Failure::Missing)
    }

    /// Changes a user. `decide` returns the change of the user it gets, or `None` if there is nothing to change. It is
    /// repeated if another request changes the user at the same time. Returns the user.
    ///
    /// # Errors
    /// Those of `decide`; [`Failure::Missing`]; [`Failure::Invalid`] for the last active superuser; the table is
    /// unavailable.
    pub(super) async fn change<F>(&self, id: UserId, decide: impl Fn(User) -> F) -> Result<User, Failure>
    where
        F: Future<Output = Result<Option<Change>, Failure>>,
    {
        let decide = &decide;
        let attempt = |(), _: Option<Again>| async move {
            let before = self.get(id).await?;
            let Some(Change { user, mut writes }) = decide(before.clone()).await? else {
                return Ok(Decision::Settled(before));
            };
            writes.extend(list_names(Some(&before), &user));
            writes.extend(list_superuser(&self.store, Some(&before), Some(&user)).await??);
            writes.push(Write::replace(&user)?);
            Ok::<_, Failure>(Decision::Write(writes, User { version: user.version + 1, ..user }, ()))
        };
        self.store.run((), attempt).await
    }

    /// The write of a mail that notifies the user of a change, or the address `to`.
    pub(super) fn notify(
        &self,
        user: &User,
        to: Option<&str>,
        kind: MailKind,
        params: Json,
    ) -> Result<Option<Write>, StoreError> {
        if self.has_secret_key { notify(self.context(), user, to, kind, params) } else { Ok(None) }
    }
}
