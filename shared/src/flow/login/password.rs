//! Logging in with a password.

use crate::account::{User, UserId, find_email_claims, find_name_claims, find_phone_claim, is_email};
use crate::flow::login::engine::{LoginAttempt, with_record};
use crate::flow::login::known_password::failure_keys;
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Outcome, Refusal};
use crate::secret::password::Verdict;
use crate::session::{AuthenticationRecord, Caller, Login};
use crate::settings::{LoginMethod, RateAction};
use crate::store::{Committed, Patch, Store, StoreError, Write};
use crate::throttle::{Action, Usage};

/// The credentials of a login. The identifier is normalized (an address is in lower case). The password is not empty.
pub struct Credentials {
    /// The kind of the identifier.
    pub method: LoginMethod,
    /// Email address, username or phone number.
    pub identifier: String,
    /// The password.
    pub password: String,
}

/// Counts a login that is not tried because its input is invalid.
///
/// # Errors
/// [`Refusal::RateLimited`]; the table is unavailable.
pub async fn count(cx: Context<'_>) -> Result<(), Refusal> {
    cx.consume(cx.client.ip, &[Action::new(RateAction::Login)]).await?.map(|_| ()).map_err(Refusal::from)
}

/// A user who has entered the right password.
pub struct VerifiedCredentials {
    /// The user.
    pub user: User,
    credentials: Credentials,
    /// Whether the password's hash is out of date.
    rehash: bool,
    /// The uses of rate limits that the check reserved.
    usage: Usage,
}

impl VerifiedCredentials {
    /// Gives back the reserved use of the limit of failed logins, because the password was right. Earlier failures stay
    /// counted.
    pub async fn give_back(&self, cx: Context<'_>) {
        cx.give_back(&self.usage, Some(RateAction::LoginFailed)).await;
    }

    /// The password, if its hash is out of date.
    pub(in crate::flow) fn outdated(&self) -> Option<String> {
        self.rehash.then(|| self.credentials.password.clone())
    }
}

/// Checks the credentials, within the rate limits. The password of an inactive account is checked too.
///
/// # Errors
/// [`Refusal::RateLimited`]; [`Refusal::IncorrectCredentials`] if any of the credentials is wrong;
/// [`Refusal::TooManyLoginAttempts`]; the table is unavailable.
pub async fn check(cx: Context<'_>, credentials: Credentials) -> Result<VerifiedCredentials, Refusal> {
    let actions = [Action::new(RateAction::Login), Action::new(RateAction::LoginFailed)];
    let (usage, candidates) =
        futures_util::try_join!(cx.consume(cx.client.ip, &actions), candidates(cx, &credentials))?;
    let mut usage = usage.map_err(|limited| match limited.action {
        RateAction::Login => Refusal::from(limited),
        _ => Refusal::TooManyLoginAttempts,
    })?;
    // The accounts of the identifier are known only now. The failure is counted while the users are read, and before
    // the password is compared.
    let keys = failure_keys(cx, &candidates, &credentials.identifier);
    let actions = keys.iter().map(|key| Action::only_about(RateAction::LoginFailed, key)).collect::<Vec<_>>();
    let (counted, users) =
        futures_util::try_join!(cx.consume(cx.client.ip, &actions), find_users(&cx.store, candidates))?;
    usage.extend(counted.map_err(|_| Refusal::TooManyLoginAttempts)?);
    match find_by_password(cx, users, &credentials.password).await {
        Some((user, rehash)) => Ok(VerifiedCredentials { user, credentials, rehash, usage }),
        None => Err(Refusal::IncorrectCredentials(credentials.method)),
    }
}

/// The users that the identifier can stand for.
async fn candidates(cx: Context<'_>, credentials: &Credentials) -> Result<Vec<UserId>, StoreError> {
    match credentials.method {
        LoginMethod::Email => users_by_email(&cx.store, &credentials.identifier).await,
        LoginMethod::Username => users_by_name(cx, &credentials.identifier).await,
        LoginMethod::Phone => {
            let claim = find_phone_claim(&cx.store, &credentials.identifier).await?;
            Ok(claim.into_iter().map(|claim| claim.user).collect())
        }
    }
}

/// The users that a username can stand for. If users can also log in with an address, an address in the field for the
/// username has precedence, as in django-allauth: many clients have one field for both.
async fn users_by_name(cx: Context<'_>, identifier: &str) -> Result<Vec<UserId>, StoreError> {
    let by_email = async {
        let may_be_email = cx.settings.account.login_methods.contains(&LoginMethod::Email) && is_email(identifier);
        if may_be_email { users_by_email(&cx.store, identifier).await } else { Ok(Vec::new()) }
    };
    let names = [identifier];
    let (mut users, claims) = futures_util::try_join!(by_email, find_name_claims(&cx.store, &names))?;
    for claim in claims.into_iter().flatten() {
        if !users.contains(&claim.user) {
            users.push(claim.user);
        }
    }
    Ok(users)
}

/// The users that an address can stand for: those who verified it, otherwise all who hold it.
pub(in crate::flow) async fn users_by_email(store: &Store, email: &str) -> Result<Vec<UserId>, StoreError> {
    let claims = find_email_claims(store, email).await?;
    let verified = claims.iter().any(|claim| claim.verified);
    Ok(claims.iter().filter(|claim| claim.verified || !verified).map(|claim| claim.user).collect())
}

/// Finds the user with this password. Returns the user, and whether the hash is out of date. For a user who does not
/// exist a hash is computed too, so that the answer takes the same time (ASVS 5.0 6.3.8).
async fn find_by_password(cx: Context<'_>, users: Vec<Option<User>>, password: &str) -> Option<(User, bool)> {
    for user in users {
        let encoded = user.as_ref().and_then(|user| user.password.clone());
        let verdict = cx.verify_password(password.to_owned(), encoded).await;
        if let (Some(user), Verdict::Right { rehash }) = (user, verdict) {
            return Some((user, rehash));
        }
    }
    None
}

/// Reads the users. Without ids it reads a user who does not exist, so that the request takes the same time.
pub(in crate::flow) async fn find_users(store: &Store, mut ids: Vec<UserId>) -> Result<Vec<Option<User>>, StoreError> {
    if ids.is_empty() {
        ids.push(UserId::DUMMY);
    }
    if let [only] = ids[..] {
        return Ok(vec![store.find::<User>(&only.key()).await?]);
    }
    let keys = ids.iter().map(|id| id.key()).collect::<Vec<_>>();
    store.find_all(&keys).await
}

/// Continues the login of a user who has entered the right password, until it is complete or has to wait.
///
/// # Errors
/// [`Refusal::StageRefused`]; [`Refusal::TooManyLoginAttempts`] if a code was sent a moment ago; the table is
/// unavailable.
pub async fn finish(cx: Context<'_>, caller: Caller, verified: VerifiedCredentials) -> Result<Outcome, Refusal> {
    if !verified.user.is_active {
        verified.give_back(cx).await;
        return Ok(Outcome::unchanged(caller));
    }
    let credentials = &verified.credentials;
    let given = |method| (credentials.method == method).then(|| credentials.identifier.clone());
    let mut record = AuthenticationRecord::new("password", cx.now());
    record.email = given(LoginMethod::Email);
    record.username = given(LoginMethod::Username);
    let mut user = verified.user.clone();
    let login = Login::new(Some(&user), given(LoginMethod::Email), false, &cx.settings, cx.now());
    let methods = with_record(cx, &caller, &user, record);
    let attempt = LoginAttempt { cx, caller: &caller, methods, consumes_session: false };
    let proceeded = attempt.proceed(Some(&mut user), login, &mut Reservations::default()).await;
    let (writes, outcome) = match proceeded {
        Ok(proceeded) => proceeded,
        Err(refusal) => {
            verified.give_back(cx).await;
            return Err(match refusal {
                // A second code cannot be sent so soon. django-allauth treats this as too many login attempts.
                Refusal::RateLimited(_) => Refusal::TooManyLoginAttempts,
                other => other,
            });
        }
    };
    // This needs no transaction with the user. If the user changes at the same time, the new session contains the
    // generation that was read. If that generation is outdated, the session is invalid.
    let note = note_login(cx, &verified.user, outcome.logged_in, verified.outdated());
    let (committed, noted, ()) =
        futures_util::join!(cx.store.commit_with_retries(writes), note, verified.give_back(cx));
    noted?;
    if matches!(committed?, Committed::Done) { Ok(outcome) } else { Err(StoreError::Busy.into()) }
}

/// Updates the time of the last login if the user is logged in, and the password's hash if it is out of date.
pub(in crate::flow) async fn note_login(
    cx: Context<'_>,
    user: &User,
    is_in: bool,
    outdated: Option<String>,
) -> Result<(), StoreError> {
    let now = Patch::default();
    let generation = i64::try_from(user.generation).unwrap_or(i64::MAX);
    let now = if is_in { now.number("last_login", cx.now().0).number("login_generation", generation) } else { now };
    let write = match (outdated, &user.password) {
        (Some(password), Some(old)) => {
            let new = cx.hash_password(password).await;
            Write::patch_if(user.id.key(), now.text("password", &new), "password", old)
        }
        _ if is_in => Write::patch(user.id.key(), now),
        _ => return Ok(()),
    };
    // A refused write means that the user was deleted or has a new password. Then the session is invalid anyway.
    cx.store.commit_with_retries(vec![write]).await.map(|_| ())
}
