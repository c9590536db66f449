//! Logging in with a password.

use super::permit::Permits;
use super::pipeline::{Advance, advance, wait};
use super::{Outcome, Problem, Refusal};
use crate::account::{NameClaim, User, UserId, find_email_claims, name_key};
use crate::app::App;
use crate::outbox::Message;
use crate::secret::password::Verdict;
use crate::session::{AuthenticationRecord, Caller, ClientInfo, Login, Session};
use crate::settings::LoginMethod;
use crate::store::{Committed, Item, Patch, StoreError, Write};
use crate::throttle::{Action, Usage};

/// What somebody logs in with. The identifier is cleaned (an address in lower case), the password is not empty.
pub struct Credentials {
    /// What the identifier is.
    pub method: LoginMethod,
    /// Address or username.
    pub identifier: String,
    /// The password.
    pub password: String,
}

/// Counts a login that will not be tried, because its input will not do.
///
/// # Errors
/// [`Refusal::RateLimited`]; the table is unavailable.
pub async fn count(app: &App, client: &ClientInfo) -> Result<(), Refusal> {
    app.consume(client.ip, &[Action::new("login")]).await?.map(|_| ()).map_err(|_| Refusal::RateLimited)
}

/// Checks the credentials and takes the login as far as it goes. `may` says whether it may go on at all: some
/// answers come only after the credentials were found right.
///
/// # Errors
/// [`Refusal::RateLimited`]; [`Refusal::Invalid`] for wrong credentials, whatever is wrong with them, and after
/// too many failures; what `may` refuses; the table is unavailable.
pub async fn login(
    app: &App,
    client: &ClientInfo,
    caller: Caller,
    credentials: Credentials,
    may: Result<(), Refusal>,
) -> Result<Outcome, Refusal> {
    let key = credentials.identifier.to_lowercase();
    let actions = [Action::new("login"), Action::about("login_failed", &key)];
    let (usage, candidates) = futures_util::try_join!(app.consume(client.ip, &actions), candidates(app, &credentials))?;
    let usage = usage.map_err(|limited| match limited.0 {
        "login" => Refusal::RateLimited,
        _ => Problem::too_many_login_attempts().into(),
    })?;
    let Some((user, rehash)) = find_by_password(app, candidates, &credentials.password).await? else {
        let method = credentials.method.as_str();
        let message = format!("The {} and/or password you specified are not correct.", noun(credentials.method));
        return Err(Problem::field("password", format!("{method}_password_mismatch"), message).into());
    };
    // A good login takes back its own use and nothing else: earlier failures stay counted.
    if let Err(refusal) = may {
        app.give_back(&usage, Some("login_failed")).await;
        return Err(refusal);
    }
    if !user.is_active {
        app.give_back(&usage, Some("login_failed")).await;
        return Ok(Outcome::unchanged(caller));
    }
    proceed(app, client, caller, user, credentials, rehash, &usage).await
}

fn noun(method: LoginMethod) -> &'static str {
    match method {
        LoginMethod::Email => "email address",
        LoginMethod::Username => "username",
        LoginMethod::Phone => "phone number",
    }
}

/// Who the identifier may name: those who verified the address, or else all who hold it.
async fn candidates(app: &App, credentials: &Credentials) -> Result<Vec<UserId>, StoreError> {
    match credentials.method {
        LoginMethod::Email => {
            let claims = find_email_claims(&app.store, &credentials.identifier).await?;
            let verified = claims.iter().any(|claim| claim.verified);
            Ok(claims.iter().filter(|claim| claim.verified || !verified).map(|claim| claim.user).collect())
        }
        LoginMethod::Username => {
            let claim = app.store.find::<NameClaim>(&name_key(&credentials.identifier)).await?;
            Ok(claim.into_iter().map(|claim| claim.user).collect())
        }
        LoginMethod::Phone => Ok(Vec::new()),
    }
}

/// The candidate whose password it is, and whether its hash is out of date. Where there is no candidate, one
/// that does not exist is read and hashed for, so that the way is as long (ASVS 5.0 6.3.8).
async fn find_by_password(
    app: &App,
    mut candidates: Vec<UserId>,
    password: &str,
) -> Result<Option<(User, bool)>, StoreError> {
    if candidates.is_empty() {
        candidates.push(UserId::new([0; 16]));
    }
    let users = if let [only] = candidates[..] {
        vec![app.store.find::<User>(&only.key()).await?]
    } else {
        let keys = candidates.iter().map(|id| id.key()).collect::<Vec<_>>();
        app.store.find_all(&keys).await?
    };
    for user in users {
        let encoded = user.as_ref().and_then(|user| user.password.clone());
        let verdict = app.verify_password(password.to_owned(), encoded).await;
        if let (Some(user), Verdict::Right { rehash }) = (user, verdict) {
            return Ok(Some((user, rehash)));
        }
    }
    Ok(None)
}

async fn proceed(
    app: &App,
    client: &ClientInfo,
    caller: Caller,
    user: User,
    credentials: Credentials,
    rehash: bool,
    usage: &Usage,
) -> Result<Outcome, Refusal> {
    let given = |method| (credentials.method == method).then(|| credentials.identifier.clone());
    let record = AuthenticationRecord {
        method: "password".to_owned(),
        at: app.now(),
        email: given(LoginMethod::Email),
        username: given(LoginMethod::Username),
    };
    let new = Login::new(Some(&user), given(LoginMethod::Email), false, &app.settings, app.now());
    let (mut waiting, token) = Session::of_nobody(app, client);
    waiting.methods.push(record.clone());
    let mut permits = Permits::default();
    let advanced =
        advance(app, client, Some(&user), new, waiting, &mut permits).await.map_err(|refusal| match refusal {
            // No code can be sent so soon after another: the reference calls that a login too many.
            Refusal::RateLimited => Problem::too_many_login_attempts().into(),
            other => other,
        });
    let give_back = app.give_back(usage, Some("login_failed"));
    match advanced {
        Err(refusal) => {
            give_back.await;
            Err(refusal)
        }
        Ok(Advance::Halted(session, messages)) => {
            let (writes, outcome) = wait(*session, &messages, Some(token), &caller)?;
            let (committed, ()) = futures_util::join!(app.store.insist(writes), give_back);
            settled(committed?)?;
            Ok(outcome)
        }
        Ok(Advance::Complete(messages)) => {
            let password = if rehash { Some(credentials.password) } else { None };
            let enter = enter(app, client, caller, user, vec![record], &messages, password);
            let (outcome, ()) = futures_util::join!(enter, give_back);
            outcome
        }
    }
}

/// Gives the user a session. No transaction: a session born while the user changes carries the generation
/// that was read, and is dead if that is over.
async fn enter(
    app: &App,
    client: &ClientInfo,
    caller: Caller,
    mut user: User,
    methods: Vec<AuthenticationRecord>,
    messages: &[Message],
    outdated: Option<String>,
) -> Result<Outcome, Refusal> {
    let (mut session, token) = Session::of_user(app, &user, client);
    session.methods = methods;
    let mut writes = vec![Write::create(&session)?];
    for message in messages {
        writes.push(Write::create(message)?);
    }
    if let Caller::Pending(old) = &caller {
        writes.push(Write::discard(old.key()));
    }
    let note = note_login(app, &user, outdated);
    let (committed, noted) = futures_util::join!(app.store.insist(writes), note);
    settled(committed?)?;
    noted?;
    session.version = 1;
    user.last_login = Some(app.now());
    let caller = Caller::User(Box::new((user, session)));
    Ok(Outcome { caller, issued: Some(token), logged_in: true, ended: false })
}

/// Notes the moment with the user, and a new hash where the old one is out of date.
async fn note_login(app: &App, user: &User, outdated: Option<String>) -> Result<(), StoreError> {
    let now = Patch::default().number("last_login", app.now().0);
    let write = match (outdated, &user.password) {
        (Some(password), Some(old)) => {
            let new = app.hash_password(password).await;
            Write::patch_if(user.id.key(), now.text("password", &new), "password", old)
        }
        _ => Write::patch(user.id.key(), now),
    };
    // Refused: the user is gone or has another password by now, and the session is dead with that.
    app.store.insist(vec![write]).await.map(|_| ())
}

/// For commits of items that are new: there is nobody to lose against.
fn settled(committed: Committed) -> Result<(), StoreError> {
    if matches!(committed, Committed::Done) { Ok(()) } else { Err(StoreError::Busy) }
}
