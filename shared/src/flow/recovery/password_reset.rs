//! Resetting a forgotten password with the key of a link or with a code.

use crate::account::{User, UserId, can_own};
use crate::clock::Timestamp;
use crate::flow::codes;
use crate::flow::login::code::{Identifier, candidates};
use crate::flow::login::engine::{LoginAttempt, with_record};
use crate::flow::login::known_password::forget_failures;
use crate::flow::login::password::find_users;
use crate::flow::login::stage::login_by_code::unknown_account_mail;
use crate::flow::notify::notify;
use crate::flow::proven_email::{ProvenEmail, load, mark_verified};
use crate::flow::recovery::password_change::password_problems;
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Outcome, Problem, Refusal};
use crate::outbox::{MailKind, Message, SmsKind};
use crate::secret::{decode, encode};
use crate::session::{AuthenticationRecord, Caller, CodeKind, CodeProcess, Login, Session};
use crate::settings::{FrontendPage, PreventEnumeration, RateAction};
use crate::store::{Again, Committed, Decision, Store, StoreError, Write};
use crate::throttle::Action;
use serde_json::json;
use uuid::Uuid;

const KIND: CodeKind = CodeKind::PasswordReset;
/// The purpose of the digests of reset links.
const LINK: &str = "password reset link";

/// Sends a link or a code to the owner of the address. If no account has it, sends a message that says so. A phone
/// number always gets a code. Returns `None` if the answer does not contain the caller's state.
///
/// # Errors
/// [`Refusal::Invalid`] if the account is unknown and the settings permit an answer that reveals this;
/// [`Refusal::RateLimited`]; the table is unavailable.
pub async fn request(cx: Context<'_>, caller: Caller, to: &Identifier) -> Result<Option<Outcome>, Refusal> {
    let mut reservations = Reservations::default();
    let reservation = reservations.reserve(cx, RateAction::ResetPassword, to.text());
    let (granted, users) = futures_util::try_join!(reservation, find(&cx.store, to))?;
    if users.is_empty() && cx.settings.account.prevent_enumeration == PreventEnumeration::No {
        reservations.give_back(cx).await;
        return Err(to.unknown().into());
    }
    if !granted {
        return Err(reservations.refusal());
    }
    let email = match to {
        Identifier::Email(email) if !cx.settings.account.password_reset_by_code_enabled => email,
        _ => return send_code(cx, caller, to, users.first()).await.map(Some),
    };
    let mut messages = users.iter().map(|user| link_mail(cx, user, email)).collect::<Vec<_>>();
    if messages.is_empty() {
        messages.push(unknown_account_mail(cx, email));
    }
    let writes = messages.iter().map(Write::create).collect::<Result<Vec<_>, _>>()?;
    match cx.store.commit_with_retries(writes).await? {
        Committed::Done => Ok(None),
        _ => Err(StoreError::Busy.into()),
    }
}

async fn find(store: &Store, to: &Identifier) -> Result<Vec<User>, StoreError> {
    let users = find_users(store, candidates(store, to).await?).await?;
    let may = |user: &User| match to {
        Identifier::Email(email) => user.is_reached_by(email),
        // A number that was never verified may belong to another person. It does not give access to an account that has
        // a verified address.
        Identifier::Phone(_) => {
            user.phone.as_ref().is_some_and(|phone| phone.verified) || !user.has_verified_email(None)
        }
    };
    Ok(users.into_iter().flatten().filter(|user| user.is_active && may(user)).collect())
}

/// The message with a code. If no account has the address or number, the message that says so.
fn code_message(cx: Context<'_>, to: &Identifier, known: bool, code: &str) -> Message {
    let lifetime = cx.settings.account.password_reset_by_code_timeout;
    match to {
        Identifier::Email(email) if known => {
            Message::mail(cx.app, MailKind::PasswordResetCode, email, json!({"code": code}), lifetime)
        }
        Identifier::Email(email) => unknown_account_mail(cx, email),
        Identifier::Phone(phone) if known => {
            Message::sms(cx.app, SmsKind::PasswordResetCode, phone, json!({"code": code}), lifetime)
        }
        Identifier::Phone(phone) => Message::sms(cx.app, SmsKind::UnknownAccount, phone, json!({}), 86_400),
    }
}

async fn send_code(cx: Context<'_>, caller: Caller, to: &Identifier, user: Option<&User>) -> Result<Outcome, Refusal> {
    let (session, issued) = match caller.session() {
        Some(session) => (session.clone(), None),
        None => {
            let (session, token) = Session::pending(cx.app, cx.client);
            (session, Some(token))
        }
    };
    let (process, code) = codes::begin(cx, KIND, user.map(|user| user.id), &to.recipient());
    let message = code_message(cx, to, user.is_some(), &code);
    let mut session = session;
    session.set_code(KIND, process);
    let writes = vec![Write::save(&session)?, Write::create(&message)?];
    let caller = match caller {
        Caller::User(_) | Caller::Pending(_) => caller.with_session(session),
        Caller::Anonymous | Caller::Expired => Caller::Pending(Box::new(session)),
    };
    match cx.store.commit(writes).await? {
        Committed::Done => Ok(Outcome { issued, ..Outcome::unchanged(caller) }),
        Committed::Refused(_) | Committed::Contended => Err(Refusal::Conflict),
    }
}

/// Checks that the caller's state allows to reset a password by key, before the key is checked.
///
/// # Errors
/// [`Refusal::Conflict`] if no code was sent; the table is unavailable.
pub async fn enter(cx: Context<'_>, caller: &Caller) -> Result<(), Refusal> {
    if !cx.settings.account.password_reset_by_code_enabled {
        return Ok(());
    }
    codes::expect(cx, caller, KIND).await.map(|_| ())
}

/// Counts a request to reset a password with a key.
///
/// # Errors
/// [`Refusal::RateLimited`]; the table is unavailable.
pub async fn count(cx: Context<'_>) -> Result<(), Refusal> {
    let consumed = cx.consume(cx.client.ip, &[Action::new(RateAction::ResetPasswordFromKey)]).await?;
    consumed.map(|_| ()).map_err(Refusal::from)
}

/// Finds the user whose password a key resets. The right code verifies the address, and is valid for its full lifetime
/// from now on. A code is accepted only in the session that requested it, so a mail scanner cannot trigger this.
///
/// # Errors
/// [`Refusal::Conflict`], [`Refusal::Invalid`]; the table is unavailable.
pub async fn inspect(cx: Context<'_>, caller: &Caller, key: Option<&str>) -> Result<User, Refusal> {
    if !cx.settings.account.password_reset_by_code_enabled {
        return Ok(find_by_link_key(cx, key).await??);
    }
    let mut session = codes::count(cx, caller, KIND).await?;
    let mut user = find_by_code(cx, &session, key).await??;
    let Some(process) = session.code_mut(KIND) else { return Err(Refusal::Conflict) };
    let email = process.email.clone().filter(|_| !process.confirmed);
    process.confirmed = true;
    process.at = cx.now();
    codes::give_back(&cx.store, session, KIND).await?;
    if let Some(email) = email {
        let writes = verify_by_code(cx, &mut user, &email).await?;
        if !writes.is_empty() {
            let writes = [writes, vec![Write::replace(&user)?]].concat();
            // If another request has changed the account, the reset itself verifies the address.
            cx.store.commit(writes).await?;
        }
    }
    Ok(user)
}

/// The writes that verify an address, because the user has received the code there. Empty if the address cannot be
/// verified.
async fn verify_by_code(cx: Context<'_>, user: &mut User, email: &str) -> Result<Vec<Write>, Refusal> {
    let open = user.address(email).is_some_and(|address| !address.verified);
    if let (true, Some((_, claims))) = (open, load(&cx.store, user.id, email).await?)
        && can_own(&claims, user.id, cx.settings.account.unique_email)
    {
        let proof = ProvenEmail { email: email.to_owned(), user: user.clone(), claims };
        return mark_verified(cx, user, &proof).await;
    }
    Ok(Vec::new())
}

/// Sets a new password, and ends all sessions and logins that used the old one.
///
/// # Errors
/// [`Refusal::Conflict`], [`Refusal::Invalid`]; the table is unavailable.
pub async fn reset(
    cx: Context<'_>,
    caller: Caller,
    key: Option<&str>,
    password: Option<String>,
) -> Result<Outcome, Refusal> {
    let by_code = cx.settings.account.password_reset_by_code_enabled;
    let counted = if by_code { Some(codes::count(cx, &caller, KIND).await?) } else { None };
    let found = match &counted {
        Some(session) => find_by_code(cx, session, key).await?,
        None => find_by_link_key(cx, key).await?,
    };
    let (mut problems, user) = match found {
        Ok(user) => (Vec::new(), Some(user)),
        Err(problem) => (vec![problem], None),
    };
    match (Problem::expect_text("password", password.as_deref()), &user) {
        (Err(problem), _) => problems.push(problem),
        (Ok(password), Some(user)) => {
            problems.extend(password_problems(&cx.password_policy, "password", password, user))
        }
        (Ok(_), None) => {}
    }
    let (Some(user), Some(password), true) = (user, password, problems.is_empty()) else {
        // A weak password does not count as an attempt to guess the code.
        if let (Some(session), false) = (counted, problems.iter().any(|problem| problem.param == Some("key"))) {
            codes::give_back(&cx.store, session, KIND).await?;
        }
        return Err(Refusal::Invalid(problems));
    };
    let process = counted.as_ref().and_then(|session| session.code(KIND).cloned());
    let caller = match counted {
        Some(mut session) => {
            session.drop_code(KIND);
            caller.with_session(session)
        }
        None => caller,
    };
    let hash = cx.hash_password(password).await;
    let (caller, process, hash) = (&caller, &process, &hash);
    let decide = |(mut user, mut reservations): (User, Reservations), again: Option<Again>| async move {
        if again.is_some() {
            // The key of a link is bound to the state of the account, so checking it again shows whether another
            // request has changed the account.
            user = match process {
                None => find_by_link_key(cx, key).await??,
                Some(process) => {
                    codes::expect_unchanged(&cx.store, caller).await?;
                    find_recipient(&cx.store, process, user.id).await?.ok_or(Refusal::Conflict)?
                }
            };
        }
        let request = Reset { cx, caller, process: process.as_ref(), hash };
        let (writes, outcome) = request.decide(user.clone(), &mut reservations).await?;
        Ok::<_, Refusal>(Decision::Write(writes, (outcome, user.id), (user, reservations)))
    };
    let (outcome, user) = cx.store.run((user, Reservations::default()), decide).await?;
    forget_failures(cx, user).await;
    Ok(outcome)
}

/// One attempt to reset the password.
struct Reset<'a> {
    cx: Context<'a>,
    caller: &'a Caller,
    process: Option<&'a CodeProcess>,
    hash: &'a str,
}

impl Reset<'_> {
    async fn decide(&self, mut user: User, reservations: &mut Reservations) -> Result<(Vec<Write>, Outcome), Refusal> {
        let (cx, caller) = (self.cx, self.caller);
        let mut writes = Vec::new();
        let email = self.process.and_then(|process| process.email.clone());
        if let Some(email) = &email {
            writes.extend(verify_by_code(cx, &mut user, email).await?);
        }
        let phone = self.process.and_then(|process| process.phone.clone());
        if let Some(own) = user.phone.as_mut().filter(|own| Some(&own.number) == phone.as_ref()) {
            own.verified = true;
        }
        user.password = Some(self.hash.to_owned());
        user.generation += 1;
        writes.extend(notify(cx, &user, None, MailKind::PasswordReset, json!({}))?);
        let outcome = if cx.settings.account.login_on_password_reset && user.is_active {
            let mut record = AuthenticationRecord::new("password_reset", cx.now());
            record.email.clone_from(&email);
            record.phone = phone;
            let methods = with_record(cx, caller, &user, record);
            let login = Login::new(Some(&user), email, false, &cx.settings, cx.now());
            let attempt = LoginAttempt { cx, caller, methods, consumes_session: self.process.is_some() };
            match attempt.proceed(Some(&mut user), login, reservations).await {
                Ok((more, outcome)) => {
                    writes.extend(more);
                    outcome
                }
                // The password is still changed.
                Err(Refusal::StageRefused(_)) => Outcome::unchanged(Caller::Anonymous),
                Err(other) => return Err(other),
            }
        } else if cx.client.is_browser && caller.user().is_some_and(|caller| caller.id == user.id) {
            Outcome { ended: true, ..Outcome::unchanged(Caller::Anonymous) }
        } else {
            // An app of the same user learns with its next request that its session has ended.
            if let (Some(_), Some(session)) = (self.process, caller.session()) {
                writes.push(Write::replace(session)?);
            }
            Outcome::unchanged(caller.clone())
        };
        writes.push(Write::replace(&user)?);
        Ok((writes, outcome))
    }
}

async fn find_by_code(cx: Context<'_>, session: &Session, key: Option<&str>) -> Result<Result<User, Problem>, Refusal> {
    let process = session.code(KIND).ok_or(Refusal::Conflict)?;
    let key = match Problem::expect_text("key", key) {
        Ok(key) => key,
        Err(problem) => return Ok(Err(problem)),
    };
    match process.user.filter(|_| codes::is_right(&cx.keys, KIND, process, key)) {
        Some(user) => Ok(find_recipient(&cx.store, process, user).await?.ok_or_else(|| Problem::incorrect_code("key"))),
        None => Ok(Err(Problem::incorrect_code("key"))),
    }
}

/// Finds the user of a code, if the address or number that the code was sent to still belongs to the user. If it does
/// not, its reader must not get access to the account.
async fn find_recipient(store: &Store, process: &CodeProcess, user: UserId) -> Result<Option<User>, StoreError> {
    let holds = |user: &User| {
        let own_phone = user.phone.as_ref().map(|phone| &phone.number);
        process.email.as_deref().is_none_or(|email| user.address(email).is_some())
            && process.phone.as_ref().is_none_or(|phone| own_phone == Some(phone))
    };
    Ok(store.find::<User>(&user.key()).await?.filter(holds))
}

async fn find_by_link_key(cx: Context<'_>, key: Option<&str>) -> Result<Result<User, Problem>, StoreError> {
    let key = match Problem::expect_text("key", key) {
        Ok(key) => key,
        Err(problem) => return Ok(Err(problem)),
    };
    let wrong = || Problem::field("key", "invalid_password_reset", "The password reset token was invalid.");
    let Some((user, made, digest)) = read_link_key(key) else { return Ok(Err(wrong())) };
    let over = cx.now() > made.plus_seconds(cx.settings.account.password_reset_timeout)
        || cx.settings.service.is_before_restore(made);
    let user = if over { None } else { cx.store.find::<User>(&user.key()).await? };
    let fits = |user: &User| {
        let state = state(user);
        cx.keys.is_digest(digest, LINK, &[user.id.0.as_bytes(), &made.0.to_be_bytes(), state.as_bytes()])
    };
    Ok(user.filter(|user| user.is_active && fits(user)).ok_or_else(wrong))
}

/// The mail with a link. The key is bound to the state of the account: any change of the password, the addresses or the
/// last login makes it invalid.
fn link_mail(cx: Context<'_>, user: &User, email: &str) -> Message {
    reset_mail(cx, MailKind::PasswordResetKey, user, email)
}

/// A mail of this kind with a link to set a password, as in [`request`].
pub(crate) fn reset_mail(cx: Context<'_>, kind: MailKind, user: &User, email: &str) -> Message {
    let made = cx.now();
    let named = [&user.id.0.as_bytes()[..], &made.0.to_be_bytes()].concat();
    let state = state(user);
    let digest = cx.keys.digest(LINK, &[user.id.0.as_bytes(), &made.0.to_be_bytes(), state.as_bytes()]);
    let key = format!("{}.{digest}", encode(&named));
    let url = cx.settings.frontend_url(FrontendPage::RESET_PASSWORD_FROM_KEY, &key);
    let params = json!({"url": url, "username": user.username});
    Message::mail(cx.app, kind, email, params, cx.settings.account.password_reset_timeout)
}

fn read_link_key(key: &str) -> Option<(UserId, Timestamp, &str)> {
    let (named, digest) = key.split_once('.')?;
    let named = decode(named)?;
    let (user, made) = named.split_first_chunk::<16>()?;
    let made = i64::from_be_bytes(made.try_into().ok()?);
    Some((UserId(Uuid::from_bytes(*user)), Timestamp(made), digest))
}

/// The state of the user that a reset link is bound to. The time of the last login counts in whole seconds, as in
/// django-allauth.
fn state(user: &User) -> String {
    let mut emails = user.addresses.iter().map(|address| address.email.as_str()).collect::<Vec<_>>();
    emails.sort_unstable();
    let last_login = user.last_login.map(Timestamp::seconds);
    json!([user.password, last_login, user.generation, user.primary_email(), emails]).to_string()
}
