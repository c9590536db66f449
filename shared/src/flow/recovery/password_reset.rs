//! Resetting a forgotten password, by a link's key or by a code.

use crate::account::{User, UserId, can_own};
use crate::ambient::Timestamp;
use crate::app::App;
use crate::flow::addresses::email_verification::{Proof, load, mark_verified};
use crate::flow::codes::{self, Recipient};
use crate::flow::login::engine::{Entrance, with_record};
use crate::flow::login::password::{find_users, users_by_email};
use crate::flow::login::stage::login_by_code::unknown_account_mail;
use crate::flow::notify::notify;
use crate::flow::permits::Permits;
use crate::flow::recovery::password_change::password_problems;
use crate::flow::{Outcome, Problem, Refusal, frontend_url};
use crate::outbox::Message;
use crate::secret::{decode, encode};
use crate::session::{AuthenticationRecord, Caller, ClientInfo, CodeKind, CodeProcess, Login, Session};
use crate::settings::PreventEnumeration;
use crate::store::{Committed, Item, StoreError, Write};
use crate::throttle::Action;
use serde_json::json;
use uuid::Uuid;

const KIND: CodeKind = CodeKind::PasswordReset;
/// What digests of reset links are for.
const LINK: &str = "password reset link";

/// Sends a link or a code to whoever holds the address; to nobody's, what says so. `None` where the answer says
/// nothing of the caller.
///
/// # Errors
/// [`Refusal::Invalid`] where the account is unknown and may be told so; [`Refusal::RateLimited`]; the table is
/// unavailable.
pub async fn request(app: &App, client: &ClientInfo, caller: Caller, email: &str) -> Result<Option<Outcome>, Refusal> {
    let mut permits = Permits::default();
    let permit = permits.ask(app, client, "reset_password", email);
    let (granted, users) = futures_util::try_join!(permit, find(app, email))?;
    if users.is_empty() && app.settings.account.prevent_enumeration == PreventEnumeration::No {
        permits.give_back(app).await;
        let message = "The email address is not assigned to any user account.";
        return Err(Problem::field("email", "unknown_email", message).into());
    }
    if !granted {
        return Err(Refusal::RateLimited);
    }
    if app.settings.account.password_reset_by_code_enabled {
        return send_code(app, client, caller, email, users.first()).await.map(Some);
    }
    let mut messages = users.iter().map(|user| link_mail(app, user, email)).collect::<Vec<_>>();
    if messages.is_empty() {
        messages.push(unknown_account_mail(app, email));
    }
    let writes = messages.iter().map(Write::create).collect::<Result<Vec<_>, _>>()?;
    match app.store.insist(writes).await? {
        Committed::Done => Ok(None),
        _ => Err(StoreError::Busy.into()),
    }
}

async fn find(app: &App, email: &str) -> Result<Vec<User>, StoreError> {
    let users = find_users(app, users_by_email(app, email).await?).await?;
    Ok(users.into_iter().flatten().filter(|user| user.is_active && user.is_reached_by(email)).collect())
}

async fn send_code(
    app: &App,
    client: &ClientInfo,
    caller: Caller,
    email: &str,
    user: Option<&User>,
) -> Result<Outcome, Refusal> {
    let (session, issued) = match caller.session() {
        Some(session) => (session.clone(), None),
        None => {
            let (session, token) = Session::of_nobody(app, client);
            (session, Some(token))
        }
    };
    let (process, code) = codes::begin(app, KIND, user.map(|user| user.id), &Recipient::Email(email));
    let message = match user {
        Some(_) => {
            let lifetime = app.settings.account.password_reset_by_code_timeout;
            Message::mail(app, "password_reset_code", email, json!({"code": code}), lifetime)
        }
        None => unknown_account_mail(app, email),
    };
    let mut session = session;
    session.set_code(KIND, process);
    let writes = vec![Write::save(&session)?, Write::create(&message)?];
    let caller = match caller {
        Caller::User(_) | Caller::Pending(_) => caller.with_session(session),
        Caller::Anonymous | Caller::Gone => Caller::Pending(Box::new(session)),
    };
    match app.store.commit(writes).await? {
        Committed::Done => Ok(Outcome { issued, ..Outcome::unchanged(caller) }),
        Committed::Refused(_) | Committed::Contended => Err(Refusal::Conflict),
    }
}

/// Where the caller stands before any key is looked at.
///
/// # Errors
/// [`Refusal::Conflict`] where no code is waited for.
pub async fn enter(app: &App, caller: &Caller) -> Result<(), Refusal> {
    if !app.settings.account.password_reset_by_code_enabled {
        return Ok(());
    }
    codes::expect(app, caller, KIND).await.map(|_| ())
}

/// Counts a request to reset by key.
///
/// # Errors
/// [`Refusal::RateLimited`]; the table is unavailable.
pub async fn count(app: &App, client: &ClientInfo) -> Result<(), Refusal> {
    let consumed = app.consume(client.ip, &[Action::new("reset_password_from_key")]).await?;
    consumed.map(|_| ()).map_err(|_| Refusal::RateLimited)
}

/// Says whose password a key resets. The right code can be used for its whole time from now on, and verifies the
/// address: it counts only in the session that asked for it, so no scanner of mails does this.
///
/// # Errors
/// [`Refusal::Conflict`], [`Refusal::Invalid`]; the table is unavailable.
pub async fn inspect(app: &App, client: &ClientInfo, caller: &Caller, key: Option<&str>) -> Result<User, Refusal> {
    if !app.settings.account.password_reset_by_code_enabled {
        return Ok(find_by_link_key(app, key).await??);
    }
    let mut session = codes::count(app, caller, KIND).await?;
    let mut user = find_by_code(app, &session, key).await??;
    let Some(process) = session.codes.get_mut(KIND.as_str()) else { return Err(Refusal::Conflict) };
    let email = process.email.clone().filter(|_| !process.confirmed);
    process.confirmed = true;
    process.at = app.now();
    codes::give_back(app, session, KIND).await?;
    if let Some(email) = email {
        let writes = verify_by_code(app, client, &mut user, &email).await?;
        if !writes.is_empty() {
            let writes = [writes, vec![Write::replace(&user)?]].concat();
            // Somebody else changed the account: the reset itself verifies the address, too.
            app.store.commit(writes).await?;
        }
    }
    Ok(user)
}

/// Whoever reads the code reads mail to the address: what verifies it, where that can be.
async fn verify_by_code(app: &App, client: &ClientInfo, user: &mut User, email: &str) -> Result<Vec<Write>, Refusal> {
    let open = user.address(email).is_some_and(|address| !address.verified);
    if let (true, Some((_, claims))) = (open, load(app, user.id, email).await?)
        && can_own(&claims, user.id, app.settings.account.unique_email)
    {
        let proof = Proof { email: email.to_owned(), user: user.clone(), claims };
        return mark_verified(app, client, user, &proof).await;
    }
    Ok(Vec::new())
}

/// Gives the account a new password, and ends every session and login by the old one.
///
/// # Errors
/// [`Refusal::Conflict`], [`Refusal::Invalid`]; the table is unavailable.
pub async fn reset(
    app: &App,
    client: &ClientInfo,
    caller: Caller,
    key: Option<&str>,
    password: Option<String>,
) -> Result<Outcome, Refusal> {
    let by_code = app.settings.account.password_reset_by_code_enabled;
    let counted = if by_code { Some(codes::count(app, &caller, KIND).await?) } else { None };
    let found = match &counted {
        Some(session) => find_by_code(app, session, key).await?,
        None => find_by_link_key(app, key).await?,
    };
    let (mut problems, user) = match found {
        Ok(user) => (Vec::new(), Some(user)),
        Err(problem) => (vec![problem], None),
    };
    match (Problem::expect_text("password", password.as_deref()), &user) {
        (Err(problem), _) => problems.push(problem),
        (Ok(password), Some(user)) => problems.extend(password_problems(app, "password", password, user)),
        (Ok(_), None) => {}
    }
    let (Some(mut user), Some(password), true) = (user, password, problems.is_empty()) else {
        // A weak password is no guess at the code.
        if let (Some(session), false) = (counted, problems.iter().any(|problem| problem.param == Some("key"))) {
            codes::give_back(app, session, KIND).await?;
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
    let hash = app.hash_password(password).await;
    let mut permits = Permits::default();
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let emails = own_addresses(&user);
        let request = Reset { app, client, caller: &caller, process: process.as_ref(), hash: &hash };
        let (writes, outcome) = request.decide(user.clone(), &mut permits).await?;
        match app.store.commit(writes).await? {
            Committed::Done => {
                for email in &emails {
                    // The password is changed: a limiter that stays is no reason to say otherwise.
                    if let Err(error) = app.forget(&Action::about("login_failed", email)).await {
                        tracing::warn!(%error, "failed logins stay counted");
                    }
                }
                return Ok(outcome);
            }
            Committed::Refused(_) | Committed::Contended => {
                // By link, the key is for the account as it was: it tells whether another request was faster.
                user = match &process {
                    None => find_by_link_key(app, key).await??,
                    Some(_) => {
                        let Some(session) = caller.session() else { return Err(Refusal::Conflict) };
                        let now = app.store.find::<Session>(&session.key()).await?;
                        if now.is_none_or(|now| now.version != session.version) {
                            return Err(Refusal::Conflict);
                        }
                        app.store.find::<User>(&user.id.key()).await?.ok_or(Refusal::Conflict)?
                    }
                };
            }
        }
    }
}

/// The addresses whose failed logins a reset forgets. One that the user has only claimed may be somebody else's, whose
/// password would be guessed without end.
fn own_addresses(user: &User) -> Vec<String> {
    let is_only = user.addresses.len() == 1;
    let own = user.addresses.iter().filter(|address| address.verified || is_only);
    own.map(|address| address.email.clone()).collect()
}

/// One attempt at a reset.
struct Reset<'a> {
    app: &'a App,
    client: &'a ClientInfo,
    caller: &'a Caller,
    process: Option<&'a CodeProcess>,
    hash: &'a str,
}

impl Reset<'_> {
    async fn decide(&self, mut user: User, permits: &mut Permits) -> Result<(Vec<Write>, Outcome), Refusal> {
        let (app, client, caller) = (self.app, self.client, self.caller);
        let mut writes = Vec::new();
        let email = self.process.and_then(|process| process.email.clone());
        if let Some(email) = &email {
            writes.extend(verify_by_code(app, client, &mut user, email).await?);
        }
        user.password = Some(self.hash.to_owned());
        user.generation += 1;
        writes.extend(notify(app, client, &user, None, "password_reset", json!({}))?);
        let outcome = if app.settings.account.login_on_password_reset && user.is_active {
            let mut record = AuthenticationRecord::new("password_reset", app.now());
            record.email.clone_from(&email);
            let methods = with_record(app, caller, &user, record);
            let login = Login::new(Some(&user), email, false, &app.settings, app.now());
            let entrance = Entrance { app, client, caller, methods, spends_session: self.process.is_some() };
            match entrance.proceed(Some(&mut user), login, permits).await {
                Ok((more, outcome)) => {
                    writes.extend(more);
                    outcome
                }
                // The password is new all the same.
                Err(Refusal::StageRefused(_)) => Outcome::unchanged(Caller::Anonymous),
                Err(other) => return Err(other),
            }
        } else if client.is_browser && caller.user().is_some_and(|caller| caller.id == user.id) {
            Outcome { ended: true, ..Outcome::unchanged(Caller::Anonymous) }
        } else {
            // An app whose own user that is finds out with its next request that its session is over.
            if let (Some(_), Some(session)) = (self.process, caller.session()) {
                writes.push(Write::replace(session)?);
            }
            Outcome::unchanged(caller.clone())
        };
        writes.push(Write::replace(&user)?);
        Ok((writes, outcome))
    }
}

async fn find_by_code(app: &App, session: &Session, key: Option<&str>) -> Result<Result<User, Problem>, Refusal> {
    let process = session.code(KIND).ok_or(Refusal::Conflict)?;
    let key = match Problem::expect_text("key", key) {
        Ok(key) => key,
        Err(problem) => return Ok(Err(problem)),
    };
    match process.user.filter(|_| codes::is_right(app, KIND, process, key)) {
        Some(user) => Ok(app.store.find::<User>(&user.key()).await?.ok_or_else(|| Problem::incorrect_code("key"))),
        None => Ok(Err(Problem::incorrect_code("key"))),
    }
}

async fn find_by_link_key(app: &App, key: Option<&str>) -> Result<Result<User, Problem>, StoreError> {
    let key = match Problem::expect_text("key", key) {
        Ok(key) => key,
        Err(problem) => return Ok(Err(problem)),
    };
    let wrong = || Problem::field("key", "invalid_password_reset", "The password reset token was invalid.");
    let Some((user, made, digest)) = read_link_key(key) else { return Ok(Err(wrong())) };
    let over = app.now() > made.plus_seconds(app.settings.account.password_reset_timeout);
    let user = if over { None } else { app.store.find::<User>(&user.key()).await? };
    let fits = |user: &User| {
        let state = state(user);
        app.keys.is_digest(digest, LINK, &[user.id.0.as_bytes(), &made.0.to_be_bytes(), state.as_bytes()])
    };
    Ok(user.filter(|user| user.is_active && fits(user)).ok_or_else(wrong))
}

/// The mail with a link. Its key fits the account as it is: any change of password, address or last login is the
/// end of it.
fn link_mail(app: &App, user: &User, email: &str) -> Message {
    let made = app.now();
    let named = [&user.id.0.as_bytes()[..], &made.0.to_be_bytes()].concat();
    let state = state(user);
    let digest = app.keys.digest(LINK, &[user.id.0.as_bytes(), &made.0.to_be_bytes(), state.as_bytes()]);
    let key = format!("{}.{digest}", encode(&named));
    let url = frontend_url(app, "account_reset_password_from_key", "/accounts/password/reset/key/{key}/", &key);
    let params = json!({"url": url, "username": user.username});
    Message::mail(app, "password_reset_key", email, params, app.settings.account.password_reset_timeout)
}

fn read_link_key(key: &str) -> Option<(UserId, Timestamp, &str)> {
    let (named, digest) = key.split_once('.')?;
    let named = decode(named)?;
    let (user, made) = named.split_first_chunk::<16>()?;
    let made = i64::from_be_bytes(made.try_into().ok()?);
    Some((UserId(Uuid::from_bytes(*user)), Timestamp(made), digest))
}

/// What a reset link is bound to. Of the last login the second counts, as in the reference.
fn state(user: &User) -> String {
    let mut emails = user.addresses.iter().map(|address| address.email.as_str()).collect::<Vec<_>>();
    emails.sort_unstable();
    let last_login = user.last_login.map(Timestamp::seconds);
    json!([user.password, last_login, user.generation, user.primary_email(), emails]).to_string()
}
