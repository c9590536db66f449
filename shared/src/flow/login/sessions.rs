//! The list of a person's sessions, and ending some of them (ASVS 5.0 7.5.2).

use crate::account::User;
use crate::app::App;
use crate::flow::{Outcome, Problem, Refusal};
use crate::session::{Caller, Session, list_sessions, user_session_key};
use crate::store::Write;

/// The user's live sessions.
///
/// # Errors
/// The table is unavailable.
pub async fn list(app: &App, user: &User) -> Result<Vec<Session>, Refusal> {
    Ok(list_sessions(app, user).await?)
}

/// Ends these sessions. Where the caller's own is among them, they are logged out.
///
/// # Errors
/// [`Refusal::Invalid`] for a number that is no session of the user's; the table is unavailable.
pub async fn end(app: &App, user: User, session: Session, numbers: &[u64]) -> Result<Outcome, Refusal> {
    let sessions = list_sessions(app, &user).await?;
    let is_known = |number: &&u64| sessions.iter().any(|session| session.number == **number);
    if let Some(number) = numbers.iter().find(|number| !is_known(number)) {
        let message = format!("Select a valid choice. {number} is not one of the available choices.");
        return Err(Problem::field("sessions", "invalid_choice", message).into());
    }
    let mut distinct = numbers.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let writes = distinct.iter().map(|number| Write::discard(user_session_key(user.id, *number))).collect();
    app.store.insist(writes).await?;
    if numbers.contains(&session.number) {
        return Ok(Outcome { ended: true, ..Outcome::unchanged(Caller::Anonymous) });
    }
    Ok(Outcome::unchanged(Caller::User(Box::new((user, session)))))
}
