//! Opening the link that verifies an address.

use super::{Denied, Passage, open, passage};
use crate::account::User;
use crate::app::App;
use crate::flow::addresses::email_verification::{mark_verified, prove_link};
use crate::session::{ClientInfo, Session};
use crate::store::{Committed, Write};

/// Marks the address of a link's key verified, once. Where the settings say so, and it was the account's first and has
/// no second factor, the browser that opened the link gets a session.
///
/// # Errors
/// [`Denied::InvalidToken`]; the table is unavailable.
pub async fn verify(app: &App, client: &ClientInfo, key: &str) -> Result<Option<(User, Session)>, Denied> {
    let settings = &app.settings.jwt_api;
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let proof = prove_link(app, key).await?;
        let mut user = proof.user.clone();
        let is_first = !user.has_verified_email(None);
        let mut writes = mark_verified(app, client, &mut user, &proof).await?;
        writes.push(Write::replace(&user)?);
        user.version += 1;
        let wanted = settings.session_on_email_verification && settings.refresh_token_as_cookie && is_first;
        let mut opened = None;
        if wanted && user.is_active && matches!(passage(app, &user), Passage::Free) {
            let (session, write) = open(app, client, &user, "email", false)?;
            writes.push(write);
            opened = Some((user, session));
        }
        if let Committed::Done = app.store.commit(writes).await? {
            return Ok(opened);
        }
    }
}
