//! Logging in with a password.

use super::permit::Permits;
use super::pipeline::{Entrance, with_record};
use super::{Outcome, Problem, Refusal};
use crate::account::{NameClaim, User, UserId, find_email_claims, find_phone_claim, name_key};
use crate::app::App;
use crate::secret::password::Verdict;
use crate::session::{AuthenticationRecord, Caller, ClientInfo, Login};
use crate::settings::LoginMethod;
use crate::store::{Committed, Patch, StoreError, Write};
use crate::throttle::{Action, Usage};

/// What somebody logs in with. The identifier is cleaned (an address in lower case), the password is not empty.
pub struct Credentials {
    /// What the identifier is.
    pub method: LoginMethod,
    /// Address, username or phone number.
    pub identifier: String,
    /// The password.
    pub password: String,
}

/// Counts a login that will not be tried, because its input will not do.
///
/// # Errors
/// [`Refusal::RateLimited`]; the table is unavailable.
pub async fn count(app: &App, client: &ClientInfo) -> Result<(), Refusal> {
    app.consume(client.ip, &[Action::new("login")]).await?.map(|_| ()).map_err(Refusal::from)
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
    let Proven { user, rehash, usage } = prove(app, client, &credentials).await?;
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

/// Somebody who has shown a password.
pub(super) struct Proven {
    pub user: User,
    /// Whether the password's hash is out of date.
    pub rehash: bool,
    /// What that used of the limits: a good login gives its part of `login_failed` back.
    pub usage: Usage,
}

/// Checks the credentials, within the limits.
///
/// # Errors
/// [`Refusal::RateLimited`]; [`Refusal::Invalid`] for wrong credentials, whatever is wrong with them, and after
/// too many failures; the table is unavailable.
pub(super) async fn prove(app: &App, client: &ClientInfo, credentials: &Credentials) -> Result<Proven, Refusal> {
    let key = credentials.identifier.to_lowercase();
    let actions = [Action::new("login"), Action::about("login_failed", &key)];
    let (usage, candidates) = futures_util::try_join!(app.consume(client.ip, &actions), candidates(app, credentials))?;
    let usage = usage.map_err(|limited| match limited.action {
        "login" => Refusal::from(limited),
        _ => Problem::too_many_login_attempts().into(),
    })?;
    let Some((user, rehash)) = find_by_password(app, candidates, &credentials.password).await? else {
        let method = credentials.method.as_str();
        let message = format!("The {} and/or password you specified are not correct.", noun(credentials.method));
        return Err(Problem::field("password", format!("{method}_password_mismatch"), message).into());
    };
    Ok(Proven { user, rehash, usage })
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
        LoginMethod::Email => users_by_email(app, &credentials.identifier).await,
        LoginMethod::Username => {
            let claim = app.store.find::<NameClaim>(&name_key(&credentials.identifier)).await?;
            Ok(claim.into_iter().map(|claim| claim.user).collect())
        }
        LoginMethod::Phone => {
            let claim = find_phone_claim(&app.store, &credentials.identifier).await?;
            Ok(claim.into_iter().map(|claim| claim.user).collect())
        }
    }
}

/// Who an address may name: the account that verified it, or else all that hold it.
pub(super) async fn users_by_email(app: &App, email: &str) -> Result<Vec<UserId>, StoreError> {
    let claims = find_email_claims(&app.store, email).await?;
    let verified = claims.iter().any(|claim| claim.verified);
    Ok(claims.iter().filter(|claim| claim.verified || !verified).map(|claim| claim.user).collect())
}

/// The candidate whose password it is, and whether its hash is out of date. Where there is no candidate, one
/// that does not exist is read and hashed for, so that the way is as long (ASVS 5.0 6.3.8).
async fn find_by_password(
    app: &App,
    candidates: Vec<UserId>,
    password: &str,
) -> Result<Option<(User, bool)>, StoreError> {
    for user in find_users(app, candidates).await? {
        let encoded = user.as_ref().and_then(|user| user.password.clone());
        let verdict = app.verify_password(password.to_owned(), encoded).await;
        if let (Some(user), Verdict::Right { rehash }) = (user, verdict) {
            return Ok(Some((user, rehash)));
        }
    }
    Ok(None)
}

/// The users; where there are none, the answer of one that does not exist.
pub(super) async fn find_users(app: &App, mut ids: Vec<UserId>) -> Result<Vec<Option<User>>, StoreError> {
    if ids.is_empty() {
        ids.push(UserId::NOBODY);
    }
    if let [only] = ids[..] {
        return Ok(vec![app.store.find::<User>(&only.key()).await?]);
    }
    let keys = ids.iter().map(|id| id.key()).collect::<Vec<_>>();
    app.store.find_all(&keys).await
}

async fn proceed(
    app: &App,
    client: &ClientInfo,
    caller: Caller,
    mut user: User,
    credentials: Credentials,
    rehash: bool,
    usage: &Usage,
) -> Result<Outcome, Refusal> {
    let given = |method| (credentials.method == method).then(|| credentials.identifier.clone());
    let mut record = AuthenticationRecord::new("password", app.now());
    record.email = given(LoginMethod::Email);
    record.username = given(LoginMethod::Username);
    let login = Login::new(Some(&user), given(LoginMethod::Email), false, &app.settings, app.now());
    let before = user.clone();
    let methods = with_record(app, &caller, &user, record);
    let entrance = Entrance { app, client, caller: &caller, methods, spends_session: false };
    let went = entrance.proceed(Some(&mut user), login, &mut Permits::default()).await;
    let give_back = app.give_back(usage, Some("login_failed"));
    match went {
        Ok((writes, outcome)) => {
            // No transaction with the user: a session born while the user changes carries the generation that
            // was read, and is dead if that is over.
            let outdated = rehash.then_some(credentials.password);
            let note = note_login(app, &before, outcome.logged_in, outdated);
            let (committed, noted, ()) = futures_util::join!(app.store.insist(writes), note, give_back);
            noted?;
            if matches!(committed?, Committed::Done) { Ok(outcome) } else { Err(StoreError::Busy.into()) }
        }
        Err(refusal) => {
            give_back.await;
            Err(match refusal {
                // No code can be sent so soon after another: the reference calls that a login too many.
                Refusal::RateLimited(_) => Problem::too_many_login_attempts().into(),
                other => other,
            })
        }
    }
}

/// Notes the moment with the user who is in, and a new hash where the old one is out of date.
pub(super) async fn note_login(
    app: &App,
    user: &User,
    is_in: bool,
    outdated: Option<String>,
) -> Result<(), StoreError> {
    let now = Patch::default();
    let generation = i64::try_from(user.generation).unwrap_or(i64::MAX);
    let now = if is_in { now.number("last_login", app.now().0).number("login_generation", generation) } else { now };
    let write = match (outdated, &user.password) {
        (Some(password), Some(old)) => {
            let new = app.hash_password(password).await;
            Write::patch_if(user.id.key(), now.text("password", &new), "password", old)
        }
        _ if is_in => Write::patch(user.id.key(), now),
        _ => return Ok(()),
    };
    // Refused: the user is gone or has another password by now, and the session is dead with that.
    app.store.insist(vec![write]).await.map(|_| ())
}
