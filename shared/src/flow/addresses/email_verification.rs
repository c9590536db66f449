//! Verifying an email address with the key of a link or with a code.

use crate::account::{EmailClaim, User, UserId, can_own, find_email_claims};
use crate::clock::Timestamp;
use crate::flow::codes;
use crate::flow::login::engine::{LoginAttempt, end_login};
use crate::flow::login::stage::verify_email::{LINK, code_mail};
use crate::flow::proven_email::{ProvenEmail, load, mark_verified};
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Outcome, Problem, Refusal};
use crate::outbox::Message;
use crate::secret::Keys;
use crate::session::{Caller, CodeKind, Session, StageKey};
use crate::settings::{RateAction, Settings};
use crate::store::{Again, Committed, Decision, Item, Store, StoreError, Write};
use uuid::Uuid;

const KIND: CodeKind = CodeKind::EmailVerification;

/// The result of checking a key, as far as the client is allowed to see it.
pub struct Inspection {
    /// The address.
    pub email: String,
    /// The user who has the address.
    pub user: User,
    /// Whether the caller's login waits for this verification.
    pub is_authenticating: bool,
}

/// Checks that the caller's state allows a verification, before the key is checked.
///
/// # Errors
/// [`Refusal::Conflict`] if verification is by code and no code was sent; the table is unavailable.
pub async fn enter(cx: Context<'_>, caller: &Caller) -> Result<(), Refusal> {
    if !cx.settings.account.email_verification_by_code_enabled {
        return Ok(());
    }
    if caller.user().is_none() && !is_at_stage(cx, caller) {
        return Err(Refusal::Conflict);
    }
    codes::expect(cx, caller, KIND).await.map(|_| ())
}

/// Checks a key without using it up, because mail scanners open links. Only a wrong code counts as an attempt.
///
/// # Errors
/// [`Refusal::Conflict`], [`Refusal::Invalid`]; the table is unavailable.
pub async fn inspect(cx: Context<'_>, caller: &Caller, key: Option<&str>) -> Result<Inspection, Refusal> {
    let (proof, counted) = prove(cx, caller, key).await?;
    if let Some(session) = counted {
        codes::give_back(&cx.store, session, KIND).await?;
    }
    Ok(Inspection { email: proof.email, user: proof.user, is_authenticating: is_at_stage(cx, caller) })
}

/// Marks the address as verified, and continues a login that waited for this.
///
/// # Errors
/// [`Refusal::Conflict`], [`Refusal::Invalid`]; the table is unavailable.
pub async fn verify(cx: Context<'_>, caller: Caller, key: Option<&str>) -> Result<Outcome, Refusal> {
    // This is checked before the attempt is counted, because counting the last attempt ends the stage for all other
    // requests.
    let waits = is_at_stage(cx, &caller);
    let (proof, counted) = prove(cx, &caller, key).await?;
    if proof.user.address(&proof.email).is_some_and(|address| address.verified) {
        // The address was verified in another way, so the code is no longer needed.
        if let Some(mut session) = counted {
            session.drop_code(KIND);
            cx.store.commit(vec![Write::replace(&session)?]).await?;
        }
        return Err(wrong_key(&cx.settings).into());
    }
    let caller = match counted {
        Some(session) => caller.with_session(session),
        None => caller,
    };
    let caller = &caller;
    let attempt = |(mut proof, mut reservations): (ProvenEmail, Reservations), again: Option<Again>| async move {
        if again.is_some() {
            // Another request has changed the account, the address or the session, so this reads them again.
            if !is_unchanged(&cx.store, caller).await? {
                return Err(Refusal::Conflict);
            }
            let found = load(&cx.store, proof.user.id, &proof.email).await?;
            let (user, claims) = found.ok_or_else(|| wrong_key(&cx.settings))?;
            let verified = user.address(&proof.email).is_some_and(|address| address.verified);
            if verified || !may_verify(&cx.settings, caller, &user, &proof.email) {
                return Err(wrong_key(&cx.settings).into());
            }
            proof = check(&cx.settings, user, claims, proof.email)?;
        }
        let (writes, outcome) = decide(cx, caller, waits, &proof, &mut reservations).await?;
        Ok(Decision::Write(writes, outcome, (proof, reservations)))
    };
    cx.store.run((proof, Reservations::default()), attempt).await
}

/// Sends a new code. The old code becomes invalid.
///
/// # Errors
/// [`Refusal::Conflict`] if no code was sent or it was sent too often, [`Refusal::RateLimited`]; the table is
/// unavailable.
pub async fn resend(cx: Context<'_>, caller: &Caller) -> Result<(), Refusal> {
    if !cx.settings.account.email_verification_by_code_enabled {
        return Err(Refusal::Conflict);
    }
    let mut process = codes::expect(cx, caller, KIND).await?.clone();
    let (Some(session), Some(email)) = (caller.session(), process.email.clone()) else { return Err(Refusal::Conflict) };
    if process.resends >= KIND.max_resends(&cx.settings) {
        return Err(Refusal::Conflict);
    }
    let mut reservations = Reservations::default();
    let user_key = process.user.unwrap_or(UserId::DUMMY).key();
    let reservation = reservations.reserve(cx, RateAction::ConfirmEmail, &email);
    let (granted, user) = futures_util::try_join!(reservation, cx.store.find::<User>(&user_key))?;
    if !granted {
        return Err(reservations.refusal());
    }
    let mut session = session.clone();
    let code = codes::renew(cx, KIND, &mut process);
    process.resends += 1;
    let message = match &user {
        Some(user) => code_mail(cx, user, &email, &code),
        None => Message::decoy(cx.app),
    };
    session.set_code(KIND, process);
    match cx.store.commit(vec![Write::replace(&session)?, Write::create(&message)?]).await? {
        Committed::Done => Ok(()),
        // Another request of the same session was faster. Its change stays.
        Committed::Refused(_) | Committed::Contended => Err(Refusal::Conflict),
    }
}

fn is_at_stage(cx: Context<'_>, caller: &Caller) -> bool {
    match caller {
        Caller::Pending(session) => session.pending_stage(&cx.settings, cx.now()) == Some(StageKey::VerifyEmail),
        _ => false,
    }
}

/// Checks a key. Returns the proof. If verification is by code, counts the attempt first and also returns the changed
/// session.
async fn prove(cx: Context<'_>, caller: &Caller, key: Option<&str>) -> Result<(ProvenEmail, Option<Session>), Refusal> {
    if cx.settings.account.email_verification_by_code_enabled {
        let session = codes::count(cx, caller, KIND).await?;
        let process = session.code(KIND).ok_or(Refusal::Conflict)?;
        let key = Problem::expect_text("key", key)?;
        let (user, email) = match (process.user, &process.email) {
            (Some(user), Some(email)) if codes::is_right(&cx.keys, KIND, process, key) => (user, email.clone()),
            _ => return Err(wrong_key(&cx.settings).into()),
        };
        let (user, claims) = load(&cx.store, user, &email).await?.ok_or_else(|| wrong_key(&cx.settings))?;
        if !may_verify(&cx.settings, caller, &user, &email) {
            return Err(wrong_key(&cx.settings).into());
        }
        return Ok((check(&cx.settings, user, claims, email)?, Some(session)));
    }
    let key = Problem::expect_text("key", key)?;
    Ok((prove_link(cx, key).await?, None))
}

/// Checks the key of a link.
pub(in crate::flow) async fn prove_link(cx: Context<'_>, key: &str) -> Result<ProvenEmail, Refusal> {
    let (user, address, made) = read_link_key(&cx.keys, key).ok_or_else(|| wrong_key(&cx.settings))?;
    let lifetime = cx.settings.account.email_confirmation_expire_days * 86_400.0;
    if cx.now().since(made).as_secs_f64() > lifetime || cx.settings.service.is_before_restore(made) {
        return Err(wrong_key(&cx.settings).into());
    }
    let user = cx.store.find::<User>(&user.key()).await?.ok_or_else(|| wrong_key(&cx.settings))?;
    // The address is found by its random id, so a link is not valid after the address was removed and added again.
    let address =
        user.address_by_id(&address).filter(|address| !address.verified).ok_or_else(|| wrong_key(&cx.settings))?;
    let email = address.email.clone();
    let claims = find_email_claims(&cx.store, &email).await?;
    check(&cx.settings, user, claims, email)
}

/// Whether the address belongs to the user, or a valid session of the user is adding it. A link or a login in progress
/// cannot add an address.
fn may_verify(settings: &Settings, caller: &Caller, user: &User, email: &str) -> bool {
    let adds = match caller {
        Caller::User(parts) => parts.0.id == user.id && parts.1.generation == user.generation,
        _ => false,
    };
    user.address(email).is_some() || (adds && settings.account.email_verification_by_code_enabled)
}

fn check(settings: &Settings, user: User, claims: Vec<EmailClaim>, email: String) -> Result<ProvenEmail, Refusal> {
    if !can_own(&claims, user.id, settings.account.unique_email) {
        return Err(Problem::email_taken("key").into());
    }
    Ok(ProvenEmail { email, user, claims })
}

/// The user, the id of the address, and the time at which the link was created.
fn read_link_key(keys: &Keys, key: &str) -> Option<(UserId, Vec<u8>, Timestamp)> {
    let payload = keys.verify(LINK, key)?;
    let (user, rest) = payload.split_first_chunk::<16>()?;
    let (made, address) = rest.split_last_chunk::<8>().map(|(address, made)| (made, address))?;
    Some((UserId(Uuid::from_bytes(*user)), address.to_vec(), Timestamp(i64::from_be_bytes(*made))))
}

fn wrong_key(settings: &Settings) -> Problem {
    if settings.account.email_verification_by_code_enabled {
        Problem::incorrect_code("key")
    } else {
        Problem::field("key", "invalid_or_expired_key", "Invalid or expired key.")
    }
}

/// Whether the caller's session has not changed since it was read.
async fn is_unchanged(store: &Store, caller: &Caller) -> Result<bool, StoreError> {
    let Some(session) = caller.session() else { return Ok(true) };
    let now = store.find::<Session>(&session.key()).await?;
    Ok(now.is_some_and(|now| now.version == session.version))
}

async fn decide(
    cx: Context<'_>,
    caller: &Caller,
    waits: bool,
    proof: &ProvenEmail,
    reservations: &mut Reservations,
) -> Result<(Vec<Write>, Outcome), Refusal> {
    let mut user = proof.user.clone();
    let mut writes = mark_verified(cx, &mut user, proof).await?;
    let mut outcome = match caller {
        Caller::Pending(session) if waits => {
            let (more, outcome) = go_on(cx, caller, session, &mut user, reservations).await?;
            writes.extend(more);
            outcome
        }
        Caller::User(parts) if parts.1.code(KIND).is_some() => {
            let mut session = parts.1.clone();
            session.drop_code(KIND);
            writes.push(Write::replace(&session)?);
            Outcome::unchanged(caller.clone().with_session(session))
        }
        other => Outcome::unchanged(other.clone()),
    };
    writes.push(Write::replace(&user)?);
    if let Caller::User(parts) = &mut outcome.caller
        && parts.0.id == user.id
    {
        outcome.shown_as = caller.user().map(|before| before.display(&cx.settings).to_owned());
        parts.0 = user;
    }
    Ok((writes, outcome))
}

/// Continues the login that waited, in the session that waited for it, if the settings allow this. Otherwise the login
/// ends, and the user has to log in again.
async fn go_on(
    cx: Context<'_>,
    caller: &Caller,
    session: &Session,
    user: &mut User,
    reservations: &mut Reservations,
) -> Result<(Vec<Write>, Outcome), Refusal> {
    let account = &cx.settings.account;
    let may = account.login_on_email_confirmation || account.email_verification_by_code_enabled;
    let login = session
        .login
        .clone()
        .filter(|login| may && login.user == Some(user.id) && login.generation == user.generation && user.is_active);
    let Some(mut login) = login else { return end_login(session) };
    login.complete(StageKey::VerifyEmail);
    let attempt = LoginAttempt { cx, caller, methods: session.methods.clone(), consumes_session: true };
    match attempt.proceed(Some(user), login, reservations).await {
        // The address is still verified.
        Err(Refusal::StageRefused(_)) => end_login(session),
        proceeded => proceeded,
    }
}
