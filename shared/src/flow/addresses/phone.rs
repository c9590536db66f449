//! The phone number of an account: verifying and changing it.

use crate::account::{PhoneClaim, User, find_phone_claim};
use crate::flow::codes::{self, Recipient};
use crate::flow::login::engine::{LoginAttempt, end_login};
use crate::flow::login::reauthentication::require_recent;
use crate::flow::login::stage::verify_phone::code_sms;
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Outcome, Problem, Refusal};
use crate::outbox::Message;
use crate::session::{Caller, CodeKind, Session, StageKey, refresh_again};
use crate::settings::{PreventEnumeration, RateAction, Settings};
use crate::store::{Again, Committed, Decision, Item, Write};

const KIND: CodeKind = CodeKind::PhoneVerification;

fn taken(param: &'static str) -> Problem {
    Problem::field(param, "phone_taken", "A user is already registered with this phone number.")
}

fn check_new(settings: &Settings, user: &User, claim: Option<&PhoneClaim>, phone: &str) -> Result<bool, Problem> {
    if user.phone.as_ref().is_some_and(|current| current.number == phone) {
        let message = "The new value must be different from the current one.";
        return Err(Problem::field("phone", "same_as_current", message));
    }
    let others = claim.is_some_and(|claim| claim.user != user.id);
    if others && settings.account.prevent_enumeration == PreventEnumeration::No {
        return Err(taken("phone"));
    }
    Ok(others)
}

/// Sends a code to the user's new number. The number becomes the user's when the code is entered.
///
/// # Errors
/// [`Refusal::Invalid`], [`Refusal::ReauthenticationRequired`], [`Refusal::RateLimited`]; the table is unavailable.
pub async fn change(cx: Context<'_>, user: User, session: Session, phone: &str) -> Result<(), Refusal> {
    let claim = find_phone_claim(&cx.store, phone).await?;
    check_new(&cx.settings, &user, claim.as_ref(), phone)?;
    require_recent(cx, &user, &session, cx.settings.account.reauthentication_required)?;
    let mut reservations = Reservations::default();
    if !reservations.reserve(cx, RateAction::VerifyPhone, phone).await? {
        return Err(reservations.refusal());
    }
    let (process, code) = codes::begin(cx, KIND, Some(user.id), &Recipient::Phone(phone));
    let message = code_sms(cx, phone, true, &code);
    let (process, message) = (&process, &message);
    let decide = |parts: (User, Session), again: Option<Again>| async move {
        let parts = refresh_again(&cx.store, parts, again).await?;
        let (user, mut session) = parts.ok_or(Refusal::NotAuthenticated(Caller::Anonymous))?;
        session.set_code(KIND, process.clone());
        let writes = vec![Write::replace(&session)?, Write::create(message)?];
        Ok(Decision::Write(writes, (), (user, session)))
    };
    cx.store.run((user, session), decide).await
}

/// Checks that the caller waits for a code, before the code is checked.
///
/// # Errors
/// [`Refusal::Conflict`] if no code was sent; the table is unavailable.
pub async fn enter(cx: Context<'_>, caller: &Caller) -> Result<(), Refusal> {
    if caller.user().is_none() && !is_at_stage(cx, caller) {
        return Err(Refusal::Conflict);
    }
    codes::expect(cx, caller, KIND).await.map(|_| ())
}

fn is_at_stage(cx: Context<'_>, caller: &Caller) -> bool {
    match caller {
        Caller::Pending(session) => session.pending_stage(&cx.settings, cx.now()) == Some(StageKey::VerifyPhone),
        _ => false,
    }
}

/// Marks the number as verified, and continues a login that waited for this.
///
/// # Errors
/// [`Refusal::Conflict`], [`Refusal::Invalid`]; the table is unavailable.
pub async fn verify(cx: Context<'_>, caller: Caller, guess: Option<&str>) -> Result<Outcome, Refusal> {
    enter(cx, &caller).await?;
    let session = codes::count(cx, &caller, KIND).await?;
    let process = session.code(KIND).ok_or(Refusal::Conflict)?.clone();
    let guess = Problem::expect_text("code", guess)?;
    let (id, phone) = match (process.user, process.phone.clone()) {
        (Some(user), Some(phone)) if codes::is_right(&cx.keys, KIND, &process, guess) => (user, phone),
        _ => return Err(Problem::incorrect_code("code").into()),
    };
    let shown_as = caller.user().map(|user| user.display(&cx.settings).to_owned());
    let caller = caller.with_session(session);
    let key = id.key();
    let (caller, key, phone, shown_as) = (&caller, &key, &phone, &shown_as);
    let decide = |mut reservations: Reservations, again: Option<Again>| async move {
        if again.is_some() {
            codes::expect_unchanged(&cx.store, caller).await?;
        }
        let (user, claim) = futures_util::try_join!(cx.store.find::<User>(key), find_phone_claim(&cx.store, phone))?;
        let Some(mut user) = user else { return Err(Refusal::Conflict) };
        // Only a valid session can add a new number. A login in progress verifies the number that the account has.
        let counts = match caller {
            Caller::User(parts) => parts.1.generation == user.generation,
            _ => user.phone.as_ref().is_some_and(|own| own.number == *phone),
        };
        if !counts {
            return Err(Refusal::Conflict);
        }
        let mut writes = match claim {
            Some(claim) if claim.user != user.id => return Err(taken("code").into()),
            Some(_) => Vec::new(),
            None => move_claim(&user, phone)?,
        };
        user.set_phone(phone, true);
        let (more, mut outcome) = go_on(cx, caller, &mut user, &mut reservations).await?;
        writes.extend(more);
        writes.push(Write::replace(&user)?);
        if let Caller::User(parts) = &mut outcome.caller {
            outcome.shown_as.clone_from(shown_as);
            parts.0 = user;
        }
        Ok(Decision::Write(writes, outcome, reservations))
    };
    cx.store.run(Reservations::default(), decide).await
}

/// The writes that move a user's claim from the current number to a free one.
fn move_claim(user: &User, phone: &str) -> Result<Vec<Write>, crate::store::StoreError> {
    let mut writes = vec![Write::create(&PhoneClaim::new(phone, user.id))?];
    if let Some(old) = &user.phone {
        writes.push(Write::discard(PhoneClaim::new(&old.number, user.id).key()));
    }
    Ok(writes)
}

async fn go_on(
    cx: Context<'_>,
    caller: &Caller,
    user: &mut User,
    reservations: &mut Reservations,
) -> Result<(Vec<Write>, Outcome), Refusal> {
    let Some(session) = caller.session() else { return Err(Refusal::Conflict) };
    if let Caller::User(_) = caller {
        let mut session = session.clone();
        session.drop_code(KIND);
        let write = Write::replace(&session)?;
        return Ok((vec![write], Outcome::unchanged(caller.clone().with_session(session))));
    }
    let mut login = session.login.clone().ok_or(Refusal::Conflict)?;
    if login.generation != user.generation || !user.is_active {
        return end_login(session);
    }
    login.complete(StageKey::VerifyPhone);
    let attempt = LoginAttempt { cx, caller, methods: session.methods.clone(), consumes_session: true };
    match attempt.proceed(Some(user), login, reservations).await {
        // The number is still verified.
        Err(Refusal::StageRefused(_)) => end_login(session),
        proceeded => proceeded,
    }
}

/// Sends a new code. The old code becomes invalid.
///
/// # Errors
/// [`Refusal::Conflict`] if no code was sent or it was sent too often, [`Refusal::RateLimited`]; the table is
/// unavailable.
pub async fn resend(cx: Context<'_>, caller: &Caller) -> Result<(), Refusal> {
    if !is_at_stage(cx, caller) {
        return Err(Refusal::Conflict);
    }
    let mut process = codes::expect(cx, caller, KIND).await?.clone();
    let (Some(session), Some(phone)) = (caller.session(), process.phone.clone()) else { return Err(Refusal::Conflict) };
    if process.resends >= KIND.max_resends(&cx.settings) {
        return Err(Refusal::Conflict);
    }
    let mut reservations = Reservations::default();
    if !reservations.reserve(cx, RateAction::VerifyPhone, &phone).await? {
        return Err(reservations.refusal());
    }
    let code = codes::renew(cx, KIND, &mut process);
    process.resends += 1;
    let known = process.user.is_some() && !process.is_decoy;
    let message = if known { code_sms(cx, &phone, true, &code) } else { Message::decoy(cx.app) };
    let mut session = session.clone();
    session.set_code(KIND, process);
    match cx.store.commit(vec![Write::replace(&session)?, Write::create(&message)?]).await? {
        Committed::Done => Ok(()),
        Committed::Refused(_) | Committed::Contended => Err(Refusal::Conflict),
    }
}

/// Finds the user whose number waits for verification during a signup, if the number can still be changed.
///
/// # Errors
/// [`Refusal::Conflict`] if it cannot be changed; the table is unavailable.
pub async fn find_changeable(cx: Context<'_>, caller: &Caller) -> Result<User, Refusal> {
    if !is_at_stage(cx, caller) {
        return Err(Refusal::Conflict);
    }
    codes::find_changer(cx, caller, KIND).await
}

/// Changes the number of a user who has just signed up and waits for the code. A number of another account gets the
/// same answer.
///
/// # Errors
/// [`Refusal::Conflict`], [`Refusal::Invalid`], [`Refusal::RateLimited`]; the table is unavailable.
pub async fn change_pending(cx: Context<'_>, caller: &Caller, mut user: User, phone: &str) -> Result<(), Refusal> {
    let mut process = codes::expect(cx, caller, KIND).await?.clone();
    let Some(session) = caller.session() else { return Err(Refusal::Conflict) };
    let claim = find_phone_claim(&cx.store, phone).await?;
    let hidden = check_new(&cx.settings, &user, claim.as_ref(), phone)?;
    let mut reservations = Reservations::default();
    if !reservations.reserve(cx, RateAction::VerifyPhone, phone).await? {
        return Err(reservations.refusal());
    }
    let code = codes::renew(cx, KIND, &mut process);
    process.phone = Some(phone.to_owned());
    process.changes += 1;
    process.is_decoy = hidden;
    let mut writes = vec![Write::create(&code_sms(cx, phone, !hidden, &code))?];
    if hidden {
        writes.push(Write::check(&user));
    } else {
        writes.extend(move_claim(&user, phone)?);
        user.set_phone(phone, false);
        writes.push(Write::replace(&user)?);
    }
    let mut session = session.clone();
    session.set_code(KIND, process);
    writes.push(Write::replace(&session)?);
    match cx.store.commit(writes).await? {
        Committed::Done => Ok(()),
        Committed::Refused(_) | Committed::Contended => Err(Refusal::Conflict),
    }
}
