//! Verifying an email address, by a link's key or by a code.

use super::permit::Permits;
use super::pipeline::{Advance, advance, wait};
use super::verify_email::{LINK, code_mail, is_code, renew_code};
use super::{Outcome, Problem, Refusal};
use crate::account::{EmailClaim, User, UserId, can_own, find_email_claims, own_email};
use crate::ambient::Timestamp;
use crate::app::App;
use crate::outbox::Message;
use crate::session::{Caller, ClientInfo, CodeProcess, Session, StageKey};
use crate::store::{Committed, Item, StoreError, Write};
use uuid::Uuid;

/// What a key is about, as far as its bearer may know.
pub struct Inspection {
    /// The address.
    pub email: String,
    /// Whose it is.
    pub user: User,
    /// Whether the caller is on the way in, and waits for this.
    pub is_authenticating: bool,
}

/// An address that the caller has shown they read.
struct Proof {
    email: String,
    user: User,
    claims: Vec<EmailClaim>,
}

/// Where the caller stands before any key is looked at.
///
/// # Errors
/// [`Refusal::Conflict`] where no code is waited for.
pub async fn enter(app: &App, caller: &Caller) -> Result<(), Refusal> {
    if !app.settings.account.email_verification_by_code_enabled {
        return Ok(());
    }
    if caller.user().is_none() && !is_at_stage(app, caller) {
        return Err(Refusal::Conflict);
    }
    process(app, caller).await.map(|_| ())
}

/// Says what a key is about, and uses nothing up but an attempt at a code, where it is wrong: mail scanners
/// follow links.
///
/// # Errors
/// [`Refusal::Conflict`], [`Refusal::Invalid`]; the table is unavailable.
pub async fn inspect(app: &App, caller: &Caller, key: Option<&str>) -> Result<Inspection, Refusal> {
    let (proof, counted) = prove(app, caller, key).await?;
    if let Some(mut session) = counted {
        // It was right: the attempt is given back. Should that fail, one guess less is left.
        if let Some(process) = &mut session.email_verification {
            process.attempts = process.attempts.saturating_sub(1);
            app.store.commit(vec![Write::replace(&*session)?]).await?;
        }
    }
    Ok(Inspection { email: proof.email, user: proof.user, is_authenticating: is_at_stage(app, caller) })
}

/// Marks the address verified, and takes a login that waited for it further.
///
/// # Errors
/// [`Refusal::Conflict`], [`Refusal::Invalid`]; the table is unavailable.
pub async fn verify(app: &App, client: &ClientInfo, caller: Caller, key: Option<&str>) -> Result<Outcome, Refusal> {
    // Looked at before the attempt is counted: with the last one the stage is over for everybody else.
    let waits = is_at_stage(app, &caller);
    let (mut proof, counted) = prove(app, &caller, key).await?;
    // The session as it stands after the attempt was counted.
    let caller = match (caller, counted) {
        (Caller::Pending(_), Some(session)) => Caller::Pending(session),
        (Caller::User(parts), Some(session)) => Caller::User(Box::new((parts.0, *session))),
        (caller, _) => caller,
    };
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let (writes, outcome) = decide(app, client, &caller, waits, &proof).await?;
        match app.store.commit(writes).await? {
            Committed::Done => return Ok(outcome),
            Committed::Refused(_) | Committed::Contended => {
                // Another request was at the account, the address or the session: see what it left.
                if !is_unchanged(app, &caller).await? {
                    return Err(Refusal::Conflict);
                }
                let Some((user, claims)) = load(app, proof.user.id, &proof.email).await? else {
                    return Err(wrong_key(app).into());
                };
                let open = user.address(&proof.email).is_some_and(|address| !address.verified);
                if !open || !can_own(&claims, user.id, app.settings.account.unique_email) {
                    return Err(if open { Problem::email_taken("key") } else { wrong_key(app) }.into());
                }
                proof = Proof { user, claims, ..proof };
            }
        }
    }
}

/// Sends another code, and forgets the one before.
///
/// # Errors
/// [`Refusal::Conflict`] where no code is waited for or it was sent often enough, [`Refusal::RateLimited`];
/// the table is unavailable.
pub async fn resend(app: &App, client: &ClientInfo, caller: &Caller) -> Result<(), Refusal> {
    let account = &app.settings.account;
    if !account.email_verification_by_code_enabled {
        return Err(Refusal::Conflict);
    }
    let process = process(app, caller).await?;
    let Some(session) = caller.session() else { return Err(Refusal::Conflict) };
    if process.resends >= account.email_verification_supports_resend.0 {
        return Err(Refusal::Conflict);
    }
    let mut permits = Permits::default();
    let user = find_user(app, process.user);
    let permit = permits.ask(app, client, "confirm_email", &process.email);
    let (granted, user) = futures_util::try_join!(permit, user)?;
    if !granted {
        return Err(Refusal::RateLimited);
    }
    let (mut session, mut process) = (session.clone(), process.clone());
    let code = renew_code(app, &mut process);
    process.resends += 1;
    let message = match &user {
        Some(user) => code_mail(app, user, &process.email, &code),
        None => Message::decoy(app),
    };
    session.email_verification = Some(process);
    match app.store.commit(vec![Write::replace(&session)?, Write::create(&message)?]).await? {
        Committed::Done => Ok(()),
        // Another request of the same session was faster; its code, or its attempt, stands.
        Committed::Refused(_) | Committed::Contended => Err(Refusal::Conflict),
    }
}

fn is_at_stage(app: &App, caller: &Caller) -> bool {
    match caller {
        Caller::Pending(session) => session.pending_stage(&app.settings, app.now()) == Some(StageKey::VerifyEmail),
        _ => false,
    }
}

/// The process that waits for a code. One whose time is over is cleared away.
async fn process<'a>(app: &App, caller: &'a Caller) -> Result<&'a CodeProcess, Refusal> {
    let session = caller.session().ok_or(Refusal::Conflict)?;
    let process = session.email_verification.as_ref().ok_or(Refusal::Conflict)?;
    if process.is_over(&app.settings, app.now()) {
        let mut cleared = session.clone();
        cleared.clear_login();
        app.store.commit(vec![Write::replace(&cleared)?]).await?;
        return Err(Refusal::Conflict);
    }
    if process.has_attempts(&app.settings) { Ok(process) } else { Err(Refusal::Conflict) }
}

/// Finds out what a key proves. By code, the attempt is counted first, and the session returned as it then is.
async fn prove(app: &App, caller: &Caller, key: Option<&str>) -> Result<(Proof, Option<Box<Session>>), Refusal> {
    let missing = || Problem::field("key", "required", "This field is required.");
    if app.settings.account.email_verification_by_code_enabled {
        let session = count_attempt(app, caller).await?;
        let waits = session.email_verification.as_ref().ok_or(Refusal::Conflict)?;
        let key = key.ok_or_else(missing)?;
        let right = is_code(app, waits, key);
        let found = match waits.user {
            Some(user) if right => load(app, user, &waits.email).await?,
            _ => None,
        };
        let (user, claims) = found.ok_or_else(|| wrong_key(app))?;
        return Ok((check(app, user, claims, waits.email.clone())?, Some(Box::new(session))));
    }
    let key = key.ok_or_else(missing)?;
    let (user, address, made) = read_link_key(app, key).ok_or_else(|| wrong_key(app))?;
    let lifetime = app.settings.account.email_confirmation_expire_days * 86_400.0;
    if app.now().since(made).as_secs_f64() > lifetime {
        return Err(wrong_key(app).into());
    }
    let user = app.store.find::<User>(&user.key()).await?.ok_or_else(|| wrong_key(app))?;
    // By the address's random id: removed and added again it is another one.
    let address = user.address_by_id(&address).filter(|address| !address.verified).ok_or_else(|| wrong_key(app))?;
    let email = address.email.clone();
    let claims = find_email_claims(&app.store, &email).await?;
    Ok((check(app, user, claims, email)?, None))
}

fn check(app: &App, user: User, claims: Vec<EmailClaim>, email: String) -> Result<Proof, Refusal> {
    if !can_own(&claims, user.id, app.settings.account.unique_email) {
        return Err(Problem::email_taken("key").into());
    }
    Ok(Proof { email, user, claims })
}

/// Counts a guess before it is compared (CVE-2026-27801).
async fn count_attempt(app: &App, caller: &Caller) -> Result<Session, Refusal> {
    let process = process(app, caller).await?;
    let Some(session) = caller.session() else { return Err(Refusal::Conflict) };
    let most = app.settings.account.email_verification_by_code_max_attempts;
    let counted = app.store.count_up(&session.key(), &["email_verification"], &process.id, most).await?;
    counted.ok_or(Refusal::Conflict)
}

/// User, id of the address, and when the link was made.
fn read_link_key(app: &App, key: &str) -> Option<(UserId, Vec<u8>, Timestamp)> {
    let payload = app.keys.verify(LINK, key)?;
    let (user, rest) = payload.split_first_chunk::<16>()?;
    let (made, address) = rest.split_last_chunk::<8>().map(|(address, made)| (made, address))?;
    Some((UserId(Uuid::from_bytes(*user)), address.to_vec(), Timestamp(i64::from_be_bytes(*made))))
}

fn wrong_key(app: &App) -> Problem {
    if app.settings.account.email_verification_by_code_enabled {
        Problem::field("key", "incorrect_code", "Incorrect code.")
    } else {
        Problem::field("key", "invalid_or_expired_key", "Invalid or expired key.")
    }
}

async fn load(app: &App, user: UserId, email: &str) -> Result<Option<(User, Vec<EmailClaim>)>, StoreError> {
    let key = user.key();
    let (user, claims) = futures_util::try_join!(app.store.find::<User>(&key), find_email_claims(&app.store, email))?;
    Ok(user.map(|user| (user, claims)))
}

async fn find_user(app: &App, user: Option<UserId>) -> Result<Option<User>, StoreError> {
    // Where there is none, one that does not exist is read: the way is as long.
    app.store.find(&user.unwrap_or(UserId::new([0; 16])).key()).await
}

/// Whether the caller's session still stands as it was read.
async fn is_unchanged(app: &App, caller: &Caller) -> Result<bool, StoreError> {
    let Some(session) = caller.session() else { return Ok(true) };
    let now = app.store.find::<Session>(&session.key()).await?;
    Ok(now.is_some_and(|now| now.version == session.version))
}

async fn decide(
    app: &App,
    client: &ClientInfo,
    caller: &Caller,
    waits: bool,
    proof: &Proof,
) -> Result<(Vec<Write>, Outcome), Refusal> {
    let mut user = proof.user.clone();
    user.mark_verified(&proof.email);
    let owned = own_email(&proof.claims, &proof.email, user.id, app.settings.account.unique_email)?;
    let mut writes = owned.map_err(|_| Problem::email_taken("key"))?;
    let outcome = match caller {
        Caller::Pending(session) if waits => {
            let (more, outcome) = go_on(app, client, session, &mut user).await?;
            writes.extend(more);
            outcome
        }
        Caller::User(parts) if parts.1.email_verification.is_some() => {
            let mut session = parts.1.clone();
            session.email_verification = None;
            writes.push(Write::replace(&session)?);
            Outcome::unchanged(Caller::User(Box::new((parts.0.clone(), session))))
        }
        other => Outcome::unchanged(other.clone()),
    };
    writes.push(Write::replace(&user)?);
    let is_own = outcome.caller.user().is_some_and(|caller| caller.id == user.id);
    let outcome = match outcome.caller {
        Caller::User(parts) if is_own => Outcome { caller: Caller::User(Box::new((user, parts.1))), ..outcome },
        caller => Outcome { caller, ..outcome },
    };
    Ok((writes, outcome))
}

/// The login that waited: it goes on where the settings let it, in the session that asked for it; otherwise
/// it is over, and the person logs in.
async fn go_on(
    app: &App,
    client: &ClientInfo,
    session: &Session,
    user: &mut User,
) -> Result<(Vec<Write>, Outcome), Refusal> {
    let account = &app.settings.account;
    let may = account.login_on_email_confirmation || account.email_verification_by_code_enabled;
    let mut waiting = session.clone();
    let login = waiting
        .login
        .take()
        .filter(|login| may && login.user == Some(user.id) && login.generation == user.generation && user.is_active);
    waiting.email_verification = None;
    let Some(mut login) = login else {
        waiting.clear_login();
        let write = Write::replace(&waiting)?;
        return Ok((vec![write], Outcome::unchanged(Caller::Pending(Box::new(waiting)))));
    };
    login.handled.push(StageKey::VerifyEmail);
    let mut permits = Permits::default();
    match advance(app, client, Some(user), login, waiting, &mut permits).await? {
        Advance::Halted(halted, messages) => {
            Ok(wait(*halted, &messages, None, &Caller::Pending(Box::new(session.clone())))?)
        }
        Advance::Complete(messages) => {
            user.last_login = Some(app.now());
            let (mut entered, token) = Session::of_user(app, user, client);
            entered.methods = session.methods.clone();
            let mut writes = vec![Write::create(&entered)?, Write::delete(session)];
            for message in &messages {
                writes.push(Write::create(message)?);
            }
            let caller = Caller::User(Box::new((user.clone(), entered)));
            Ok((writes, Outcome { caller, issued: Some(token), logged_in: true, ended: false }))
        }
    }
}
