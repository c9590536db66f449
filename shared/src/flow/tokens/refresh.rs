//! New tokens for an app that shows its refresh token (ASVS 5.0 10.4.5, RFC 9700 section 4.14).

use crate::app::App;
use crate::flow::Refusal;
use crate::jwt::{Client, Decision, KeyError, Keyring, Rules, decide};
use crate::session::{ClientInfo, Found, find_session};
use crate::store::{Committed, Write};
use crate::tokens::{Pair, access, check_refresh, delete_dead_keys, pair};

/// Gives new tokens. Of requests with the same token at the same moment one rotates the family; whoever has just been given
/// a successor may ask for it again.
///
/// # Errors
/// [`Refusal::InvalidToken`], whatever is wrong with it; a token that was used before ends its session. The table is
/// unavailable.
pub async fn refresh(app: &App, client: &ClientInfo, ring: &Keyring, token: &str) -> Result<Pair, Refusal> {
    let (id, number, claims) = check_refresh(app, token).ok_or(Refusal::InvalidToken)?;
    let settings = &app.settings.tokens;
    let rules = Rules { rotate: settings.rotate, grace_seconds: settings.grace_seconds };
    let asking = Client::new(&client.user_agent);
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let Found::Live(parts) = find_session(app, id, number).await? else { return Err(Refusal::InvalidToken) };
        let (user, mut session) = *parts;
        let family = session.family.clone().ok_or(Refusal::InvalidToken)?;
        let counter = family.counter_of(&claims.jti).ok_or(Refusal::InvalidToken)?;
        match decide(&family, counter, app.now().seconds(), rules, &asking) {
            Decision::Rotate(next) => {
                session.family = Some(next);
                if let Committed::Done = app.store.commit(vec![Write::replace(&session)?]).await? {
                    if let Err(error) = delete_dead_keys(app, ring).await {
                        tracing::warn!(%error, "signing keys whose time is over stay for now");
                    }
                    return pair(app, ring, &user, &session).map_err(unsigned);
                }
            }
            Decision::Keep => {
                let access = access(app, ring, &user, &session).map_err(unsigned)?;
                return Ok(Pair { access, refresh: None });
            }
            Decision::Repeat => return pair(app, ring, &user, &session).map_err(unsigned),
            Decision::RefuseSoftly | Decision::Expired => return Err(Refusal::InvalidToken),
            Decision::End => {
                if let Committed::Done = app.store.commit(vec![Write::delete(&session)]).await? {
                    tracing::warn!(session = number, "a refresh token was used again: its session has ended");
                    app.metrics.count(app.now(), "RefreshTokenReuse");
                    return Err(Refusal::InvalidToken);
                }
            }
        }
    }
}

fn unsigned(error: KeyError) -> Refusal {
    crate::store::StoreError::Malformed(error.to_string()).into()
}
