//! The list of a user's sessions, and ending some of them (ASVS 5.0 7.5.2).

use crate::account::User;
use crate::flow::{Outcome, Problem, Refusal};
use crate::session::{Caller, Session, list_sessions, refresh_again, user_session_key};
use crate::store::{Again, Decision, Key, Store, Write};

/// Most sessions that are listed.
const MOST_LISTED: usize = 100;

/// Returns the user's valid sessions, the oldest first: the current one and the newest of the others, at most
/// [`MOST_LISTED`].
///
/// # Errors
/// The table is unavailable.
pub async fn list(store: &Store, user: &User, session: &Session) -> Result<Vec<Session>, Refusal> {
    Ok(shown(list_sessions(store, user).await?, session))
}

fn shown(all: Vec<Session>, own: &Session) -> Vec<Session> {
    let (own, mut others): (Vec<_>, Vec<_>) = all.into_iter().partition(|session| session.number == own.number);
    others.drain(..(others.len() + own.len()).saturating_sub(MOST_LISTED));
    let place = own.first().map_or(0, |own| others.partition_point(|other| other.created < own.created));
    others.splice(place..place, own);
    others
}

/// Ends these sessions. If the caller's own session is one of them, the caller is logged out. If the numbers contain
/// all listed sessions, or all except the caller's own, the sessions that did not fit into the list end, too.
///
/// # Errors
/// [`Refusal::Invalid`] for a number that is not a session of the user; the table is unavailable.
pub async fn end(store: &Store, user: User, session: Session, numbers: &[u64]) -> Result<Outcome, Refusal> {
    let sessions = list_sessions(store, &user).await?;
    let is_known = |number: &&u64| sessions.iter().any(|session| session.number == **number);
    if let Some(number) = numbers.iter().find(|number| !is_known(number)) {
        let message = format!("Select a valid choice. {number} is not one of the available choices.");
        return Err(Problem::field("sessions", "invalid_choice", message).into());
    }
    let ends_own = numbers.contains(&session.number);
    let is_named = |other: &Session| other.number == session.number || numbers.contains(&other.number);
    if sessions.len() > MOST_LISTED && shown(sessions.clone(), &session).iter().all(is_named) {
        return end_all(store, user, session, ends_own).await;
    }
    let named = sessions.iter().filter(|session| numbers.contains(&session.number));
    let keys = named.map(|session| user_session_key(user.id, session.number)).collect::<Vec<Key>>();
    store.discard_all(&keys).await?;
    Ok(ended(user, session, ends_own))
}

/// Ends all sessions of the user and all logins in progress, by giving the user a new generation. The caller's own
/// session moves to the new generation, unless it ends too.
async fn end_all(store: &Store, user: User, session: Session, ends_own: bool) -> Result<Outcome, Refusal> {
    let decide = |parts: (User, Session), again: Option<Again>| async move {
        let parts = refresh_again(store, parts, again).await?;
        let (user, session) = parts.ok_or(Refusal::NotAuthenticated(Caller::Anonymous))?;
        let generation = user.generation + 1;
        // Sessions of earlier generations count as deleted at once, as after a login.
        let mut renewed = User { generation, login_generation: generation, ..user.clone() };
        let mut kept = Session { generation, ..session.clone() };
        let own =
            if ends_own { Write::discard(user_session_key(user.id, session.number)) } else { Write::replace(&kept)? };
        let writes = vec![Write::replace(&renewed)?, own];
        renewed.version += 1;
        kept.version += 1;
        Ok(Decision::Write(writes, ended(renewed, kept, ends_own), (user, session)))
    };
    store.run((user, session), decide).await
}

fn ended(user: User, session: Session, ends_own: bool) -> Outcome {
    if ends_own {
        return Outcome { ended: true, ..Outcome::unchanged(Caller::Anonymous) };
    }
    Outcome::unchanged(Caller::User(Box::new((user, session))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn session(number: u64, second: i64) -> Session {
        let session = json!({"user": null, "number": number, "secret": "", "generation": 0, "created": second, "ends": 0,
                             "ip": "", "user_agent": ""});
        serde_json::from_value(session).unwrap()
    }

    #[test]
    fn the_list_has_the_current_session_and_the_newest_of_the_others() {
        let all = (0..250).map(|number| session(number, number as i64)).collect::<Vec<_>>();
        let numbers = |own: u64, all: &[Session]| {
            shown(all.to_vec(), &session(own, own as i64)).iter().map(|session| session.number).collect::<Vec<_>>()
        };
        assert_eq!(numbers(3, &all), [vec![3], (151..250).collect()].concat());
        assert_eq!(numbers(200, &all), (150..250).collect::<Vec<_>>());
        assert_eq!(numbers(3, &all[..100]), (0..100).collect::<Vec<_>>());
    }
}
