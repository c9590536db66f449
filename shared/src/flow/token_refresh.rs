//! New tokens for an app that sends its refresh token (ASVS 5.0 10.4.5, RFC 9700 section 4.14).

use crate::flow::{Context, Refusal};
use crate::jwt::{Client, Decision, KeyError, Keyring, Rules, decide};
use crate::metrics::Metric;
use crate::session::{Found, find_session};
use crate::store::{self, Again, StoreError, Write};
use crate::tokens::{Pair, access, check_refresh, delete_dead_keys, pair};

/// Returns new tokens. If several requests send the same token at the same moment, one of them rotates the tokens.
/// Within the grace period, the client that has just received the next token can request it again.
///
/// # Errors
/// [`Refusal::InvalidToken`] if the token is refused for any reason. Reuse of an old token also ends its session. The
/// table is unavailable.
pub async fn refresh(cx: Context<'_>, ring: &Keyring, token: &str) -> Result<Pair, Refusal> {
    let (id, number, claims) = check_refresh(cx.app, token).ok_or(Refusal::InvalidToken)?;
    let settings = &cx.settings.tokens;
    let rules = Rules { rotate: settings.rotate, grace_seconds: settings.grace_seconds };
    let asking = Client::new(&cx.client.user_agent);
    let claims = &claims;
    let asking = &asking;
    let attempt = |(), _: Option<Again>| async move {
        let Found::Live(parts) = find_session(&cx.store, id, number).await? else { return Err(Refusal::InvalidToken) };
        let (user, mut session) = *parts;
        let family = session.family.clone().ok_or(Refusal::InvalidToken)?;
        let counter = family.counter_of(&claims.jti).ok_or(Refusal::InvalidToken)?;
        let decision = decide(&family, counter, cx.now().seconds(), rules, asking);
        let write = match &decision {
            Decision::Rotate(next) => {
                session.family = Some(next.clone());
                Write::replace(&session)?
            }
            Decision::End => Write::delete(&session),
            Decision::Keep | Decision::Repeat | Decision::RefuseSoftly | Decision::Expired => {
                return Ok(store::Decision::Settled((decision, user, session)));
            }
        };
        Ok::<_, Refusal>(store::Decision::Write(vec![write], (decision, user, session), ()))
    };
    let (decision, user, session) = cx.store.run((), attempt).await?;
    match decision {
        Decision::Rotate(_) => {
            if let Err(error) = delete_dead_keys(cx.app, ring).await {
                tracing::warn!(%error, "expired signing keys could not be deleted");
            }
            pair(cx.app, ring, &user, &session).map_err(unsigned)
        }
        Decision::Keep => {
            let access = access(cx.app, ring, &user, &session).map_err(unsigned)?;
            Ok(Pair { access, refresh: None })
        }
        Decision::Repeat => pair(cx.app, ring, &user, &session).map_err(unsigned),
        Decision::RefuseSoftly | Decision::Expired => Err(Refusal::InvalidToken),
        Decision::End => {
            tracing::warn!(session = number, "a refresh token was used again: session ended");
            cx.metrics.record(cx.now(), Metric::RefreshTokenReuse);
            Err(Refusal::InvalidToken)
        }
    }
}

fn unsigned(error: KeyError) -> Refusal {
    StoreError::Malformed(error.to_string()).into()
}
