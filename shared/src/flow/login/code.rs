//! Logging in with a code that is sent to an address or a phone number.

use crate::account::{User, UserId, can_own, find_phone_claim};
use crate::flow::codes::{self, Recipient};
use crate::flow::login::engine::{LoginAttempt, end_login, with_record};
use crate::flow::login::password::{find_users, users_by_email};
use crate::flow::login::stage::login_by_code::code_message;
use crate::flow::proven_email::{ProvenEmail, load, mark_verified};
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Outcome, Problem, Refusal};
use crate::outbox::Message;
use crate::session::{AuthenticationRecord, Caller, CodeKind, Login, Session, StageKey};
use crate::settings::{PreventEnumeration, RateAction};
use crate::store::{Again, Committed, Decision, Store, StoreError, Write};

const KIND: CodeKind = CodeKind::LoginByCode;

/// The recipient of the code.
pub enum Identifier {
    /// An email address, in lower case.
    Email(String),
    /// A phone number in E.164.
    Phone(String),
}

impl Identifier {
    pub(in crate::flow) fn text(&self) -> &str {
        match self {
            Self::Email(text) | Self::Phone(text) => text,
        }
    }

    /// The problem that no account has this address or number.
    pub(in crate::flow) fn unknown(&self) -> Problem {
        let (code, message) = match self {
            Self::Email(_) => ("unknown_email", "The email address is not assigned to any user account."),
            Self::Phone(_) => ("unknown_phone", "The phone number is not assigned to any user account."),
        };
        Problem::field(self.param(), code, message)
    }

    fn param(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Phone(_) => "phone",
        }
    }

    pub(in crate::flow) fn recipient(&self) -> Recipient<'_> {
        match self {
            Self::Email(email) => Recipient::Email(email),
            Self::Phone(phone) => Recipient::Phone(phone),
        }
    }
}

/// Sends a code to the owner of an address or number. If no account has it, sends a message that says so. Both cases
/// have the same response.
///
/// # Errors
/// [`Refusal::Invalid`] if the account is unknown and the settings permit an answer that reveals this, or if too many
/// codes were requested; the table is unavailable.
pub async fn request(cx: Context<'_>, caller: Caller, to: Identifier) -> Result<Outcome, Refusal> {
    let mut reservations = Reservations::default();
    let reservation = reservations.reserve(cx, RateAction::RequestLoginCode, to.text());
    let (granted, user) = futures_util::try_join!(reservation, find(&cx.store, &to))?;
    if user.is_none() && cx.settings.account.prevent_enumeration == PreventEnumeration::No {
        reservations.give_back(cx).await;
        return Err(to.unknown().into());
    }
    if !granted {
        let problem = Problem::too_many_login_attempts();
        return Err(Problem { param: Some(to.param()), ..problem }.into());
    }
    let (mut process, code) = codes::begin(cx, KIND, user.as_ref().map(|user| user.id), &to.recipient());
    process.asked_for = true;
    let message = code_message(cx, &to.recipient(), user.is_some(), false, &code);
    if let Caller::User(parts) = &caller {
        // A logged-in user cannot log in with the code, but can request it and have it sent again.
        let mut session = parts.1.clone();
        session.set_code(KIND, process);
        let writes = vec![Write::replace(&session)?, Write::create(&message)?];
        session.version += 1;
        return match cx.store.commit(writes).await? {
            Committed::Done => Ok(Outcome::unchanged(caller.with_session(session))),
            Committed::Refused(_) | Committed::Contended => Err(Refusal::Conflict),
        };
    }
    let (mut session, issued) = match &caller {
        Caller::Pending(session) => ((**session).clone(), None),
        _ => {
            let (session, token) = Session::pending(cx.app, cx.client);
            (session, Some(token))
        }
    };
    session.clear_login();
    let email = match &to {
        Identifier::Email(email) => Some(email.clone()),
        Identifier::Phone(_) => None,
    };
    let mut login = Login::new(user.as_ref(), email, false, &cx.settings, cx.now());
    login.set_stage(StageKey::LoginByCode);
    session.login = Some(login);
    session.set_code(KIND, process);
    let writes = vec![Write::overwrite(&session)?, Write::create(&message)?];
    match cx.store.commit_with_retries(writes).await? {
        Committed::Done => Ok(Outcome { issued, ..Outcome::unchanged(Caller::Pending(Box::new(session))) }),
        _ => Err(StoreError::Busy.into()),
    }
}

/// Sends a new code. The old code becomes invalid.
///
/// # Errors
/// [`Refusal::Conflict`] if no code was sent or it was sent too often; the table is unavailable.
pub async fn resend(cx: Context<'_>, caller: &Caller) -> Result<(), Refusal> {
    if caller.user().is_some() {
        codes::expect(cx, caller, KIND).await?;
    } else {
        expect(cx, caller).await?;
    }
    let Some(session) = caller.session() else { return Err(Refusal::Conflict) };
    let mut session = session.clone();
    let Some(process) = session.code_mut(KIND) else { return Err(Refusal::Conflict) };
    if process.resends >= KIND.max_resends(&cx.settings) {
        return Err(Refusal::Conflict);
    }
    let code = codes::renew(cx, KIND, process);
    process.resends += 1;
    let message = match (&process.user, &process.email, &process.phone) {
        (Some(_), Some(email), _) => code_message(cx, &Recipient::Email(email), true, false, &code),
        (Some(_), None, Some(phone)) => code_message(cx, &Recipient::Phone(phone), true, false, &code),
        _ => Message::decoy(cx.app),
    };
    match cx.store.commit(vec![Write::replace(&session)?, Write::create(&message)?]).await? {
        Committed::Done => Ok(()),
        Committed::Refused(_) | Committed::Contended => Err(Refusal::Conflict),
    }
}

/// Checks that the caller's login waits for a code.
///
/// # Errors
/// [`Refusal::Conflict`] if it does not; the table is unavailable.
pub async fn expect(cx: Context<'_>, caller: &Caller) -> Result<(), Refusal> {
    let stage = match caller {
        Caller::Pending(session) => session.pending_stage(&cx.settings, cx.now()),
        _ => None,
    };
    if stage != Some(StageKey::LoginByCode) {
        return Err(Refusal::Conflict);
    }
    codes::expect(cx, caller, KIND).await.map(|_| ())
}

/// Continues the login if the code is right. The code shows that the user receives messages at the address or number,
/// so this also marks it as verified.
///
/// # Errors
/// [`Refusal::Conflict`], [`Refusal::Invalid`], [`Refusal::RateLimited`]; the table is unavailable.
pub async fn confirm(cx: Context<'_>, caller: Caller, guess: Option<&str>) -> Result<Outcome, Refusal> {
    expect(cx, &caller).await?;
    let session = codes::count(cx, &caller, KIND).await?;
    let process = session.code(KIND).ok_or(Refusal::Conflict)?.clone();
    let guess = Problem::expect_text("code", guess)?;
    let id = process.user.filter(|_| codes::is_right(&cx.keys, KIND, &process, guess));
    let id = id.ok_or_else(|| Problem::incorrect_code("code"))?;
    let caller = Caller::Pending(Box::new(session));
    let (caller, process) = (&caller, &process);
    let decide = |mut reservations: Reservations, again: Option<Again>| async move {
        if again.is_some() {
            codes::expect_unchanged(&cx.store, caller).await?;
        }
        let found = load(&cx.store, id, process.email.as_deref().unwrap_or_default()).await?;
        let Some((mut user, claims)) = found else { return Err(Refusal::Conflict) };
        let mut writes = Vec::new();
        if let Some(email) = process.email.clone() {
            let open = user.address(&email).is_some_and(|address| !address.verified);
            if open && can_own(&claims, user.id, cx.settings.account.unique_email) {
                let proof = ProvenEmail { email, user: user.clone(), claims };
                writes.extend(mark_verified(cx, &mut user, &proof).await?);
            }
        }
        if let Some(phone) = user.phone.as_mut().filter(|phone| Some(&phone.number) == process.phone.as_ref()) {
            phone.verified = true;
        }
        let (more, outcome) = go_on(cx, caller, &mut user, process, &mut reservations).await?;
        writes.extend(more);
        writes.push(Write::replace(&user)?);
        Ok(Decision::Write(writes, outcome, reservations))
    };
    cx.store.run(Reservations::default(), decide).await
}

/// A code that the client requested begins a new login. A code that a login stage sent continues that login.
async fn go_on(
    cx: Context<'_>,
    caller: &Caller,
    user: &mut User,
    process: &crate::session::CodeProcess,
    reservations: &mut Reservations,
) -> Result<(Vec<Write>, Outcome), Refusal> {
    let waiting = caller.session().and_then(|session| session.login.clone()).ok_or(Refusal::Conflict)?;
    if waiting.generation != user.generation || !user.is_active {
        let Caller::Pending(session) = caller else { return Err(Refusal::Conflict) };
        return end_login(session);
    }
    let mut record = AuthenticationRecord::new("code", cx.now());
    record.email.clone_from(&process.email);
    record.phone.clone_from(&process.phone);
    let methods = with_record(cx, caller, user, record);
    let login = if process.asked_for {
        Login::new(Some(user), process.email.clone(), false, &cx.settings, cx.now())
    } else {
        let mut login = waiting;
        login.complete(StageKey::LoginByCode);
        login
    };
    let attempt = LoginAttempt { cx, caller, methods, consumes_session: true };
    attempt.proceed(Some(user), login, reservations).await
}

async fn find(store: &Store, to: &Identifier) -> Result<Option<User>, StoreError> {
    let first = candidates(store, to).await?.into_iter().take(1).collect();
    let user = find_users(store, first).await?.into_iter().flatten().next();
    let is_reached = |user: &User| match to {
        Identifier::Email(email) => user.is_reached_by(email),
        Identifier::Phone(_) => true,
    };
    Ok(user.filter(|user| user.is_active && is_reached(user)))
}

/// The users that an address or number can stand for.
pub(in crate::flow) async fn candidates(store: &Store, to: &Identifier) -> Result<Vec<UserId>, StoreError> {
    match to {
        Identifier::Email(email) => users_by_email(store, email).await,
        Identifier::Phone(phone) => {
            Ok(find_phone_claim(store, phone).await?.map(|claim| claim.user).into_iter().collect())
        }
    }
}
