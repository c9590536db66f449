//! Opening the link that verifies an email address.

use super::LoginState;
use super::login_state::JwtLogin;
use crate::account::User;
use crate::flow::addresses::email_verification::prove_link;
use crate::flow::proven_email::mark_verified;
use crate::flow::{Context, Refusal};
use crate::session::Session;
use crate::store::{Again, Decision, Write};

/// Marks the address of a link's key as verified, once. If the settings allow this and it is the first verified address
/// of the account, the browser gets a session, unless the login engine requires a further step.
///
/// # Errors
/// [`Refusal::Invalid`] for a key that is invalid or has expired; the table is unavailable.
pub async fn verify(cx: Context<'_>, key: &str) -> Result<Option<(User, Session)>, Refusal> {
    let settings = &cx.settings.jwt_api;
    let decide = |(), _: Option<Again>| async move {
        let proof = prove_link(cx, key).await?;
        let mut user = proof.user.clone();
        let is_first = !user.has_verified_email(None);
        let mut writes = mark_verified(cx, &mut user, &proof).await?;
        writes.push(Write::replace(&user)?);
        user.version += 1;
        let mut opened = None;
        if settings.session_on_email_verification && settings.refresh_token_as_cookie && is_first && user.is_active {
            let attempt = JwtLogin { cx, method: "email", completed: &[], signup: false };
            // If the login would have to wait at a stage, the user logs in separately.
            if let (more, LoginState::LoggedIn(parts)) = attempt.proceed_if_possible(&user).await? {
                writes.extend(more);
                opened = Some(*parts);
            }
        }
        Ok(Decision::Write(writes, opened, ()))
    };
    cx.store.run((), decide).await
}
