//! Third-party identities: logging in, signing up, connecting and disconnecting with an identity that a provider has
//! confirmed.

use crate::account::{CredentialClaim, PhoneClaim};
use crate::account::{
    IdentityClaim, User, check_username, find_email_claims, find_name_claims, identity_claim_key, is_email, own_email,
    release_email,
};
use crate::flow::login::engine::{LoginAttempt, with_record};
use crate::flow::login::password::users_by_email;
use crate::flow::login::reauthentication::require_recent;
use crate::flow::notify::notify;
use crate::flow::proven_identity::{ProvenIdentity, pending};
use crate::flow::reservations::Reservations;
use crate::flow::signup::sign_up::{Form, signup};
use crate::flow::{Context, Outcome, Problem, Refusal};
use crate::outbox::MailKind;
use crate::provider::AppConfig;
use crate::secret;
use crate::session::{Caller, Login, Session, refresh, refresh_again};
use crate::settings::Settings;
use crate::store::{Again, Decision, Item, Key, Write};
use crate::versions::Unknown;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The purpose for which a user is redirected to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename_all = "snake_case")]
pub enum Process {
    /// Logging in or signing up.
    Login,
    /// Connecting the identity to the account of the logged-in user.
    Connect,
}

impl Process {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Connect => "connect",
        }
    }

    /// Returns the process with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Login, Self::Connect].into_iter().find(|process| process.as_str() == text)
    }
}

/// A token of a provider that can be used once, identified by its claim `jti`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UsedToken {
    key: String,
    ends: i64,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Item for UsedToken {
    fn key(&self) -> Key {
        Key::new(format!("USED#{}", self.key), "TOKEN")
    }

    fn version(&self) -> u64 {
        0
    }

    fn expires_at(&self) -> Option<crate::clock::Timestamp> {
        Some(crate::clock::Timestamp::from_seconds(self.ends))
    }
}

/// Completes the process for which the user was redirected to the provider.
///
/// # Errors
/// [`Refusal::Forbidden`] if a caller who is not logged in wants to connect, or if signup is closed;
/// [`Refusal::Invalid`] if the identity belongs to another account; [`Refusal::ReauthenticationRequired`]; the table is
/// unavailable.
pub async fn complete(
    cx: Context<'_>,
    caller: Caller,
    process: Process,
    who: ProvenIdentity,
) -> Result<Outcome, Refusal> {
    if let Some(replay) = &who.identity.replay
        && !cx
            .store
            .create(&UsedToken { key: replay.key.clone(), ends: replay.expires, unknown: Unknown::default() })
            .await?
    {
        return Err(invalid_token());
    }
    let (caller, who) = (&caller, &who);
    let decide = |(), _: Option<Again>| async move {
        let claim = cx.store.find::<IdentityClaim>(&who.key()).await?;
        let decided = match (process, claim) {
            (Process::Connect, claim) => connect(cx, caller, who, claim).await,
            (Process::Login, Some(claim)) => log_in(cx, caller, who, claim).await,
            (Process::Login, None) => match find_by_email(cx, who).await? {
                Some(found) => log_in_by_email(cx, caller, who, found).await,
                None => sign_up_or_request(cx, caller, who).await,
            },
        };
        match decided {
            Err(Refusal::Conflict) => Ok(Decision::Again(())), // another request was faster
            decided => decided,
        }
    };
    cx.store.run((), decide).await
}

/// The decision of one attempt.
type Decided = Decision<(), Outcome>;

/// The refusal of a provider's token that is invalid or has expired.
pub fn invalid_token() -> Refusal {
    Problem::field("token", "invalid_token", "Invalid token.").into()
}

/// Logs in the user who has the identity.
async fn log_in(
    cx: Context<'_>,
    caller: &Caller,
    who: &ProvenIdentity,
    claim: IdentityClaim,
) -> Result<Decided, Refusal> {
    let Some(mut user) = cx.store.find::<User>(&claim.user.key()).await? else { return Err(Refusal::Conflict) };
    if !user.is_active {
        return Ok(Decision::Settled(Outcome::unchanged(caller.clone())));
    }
    who.refresh_in(&mut user);
    let renewed = Write::replace(&who.renewed(&claim))?;
    enter(cx, caller, who, user, vec![renewed]).await
}

/// Runs a login of the user through the stages, and writes the user.
async fn enter(
    cx: Context<'_>,
    caller: &Caller,
    who: &ProvenIdentity,
    mut user: User,
    more: Vec<Write>,
) -> Result<Decided, Refusal> {
    let mut login = Login::new(Some(&user), None, false, &cx.settings, cx.now());
    login.email_verification = cx.settings.social_email_verification().into();
    // A logged-in user is logged out first, even if the new login has to wait.
    let methods = match caller {
        Caller::User(_) => vec![who.record(cx.now())],
        _ => with_record(cx, caller, &user, who.record(cx.now())),
    };
    let attempt = LoginAttempt { cx, caller, methods, consumes_session: false };
    let (mut writes, outcome) = attempt.proceed(Some(&mut user), login, &mut Reservations::default()).await?;
    if let (Caller::User(parts), false) = (caller, outcome.logged_in) {
        writes.push(Write::discard(parts.1.key()));
    }
    writes.push(Write::replace(&user)?);
    writes.extend(more);
    Ok(Decision::Write(writes, outcome, ()))
}

/// An account that has one of the identity's verified addresses.
struct FoundByEmail {
    user: User,
    email: String,
}

/// Whether addresses that this provider has verified are trusted (`SOCIALACCOUNT_EMAIL_AUTHENTICATION`).
fn trusts_emails(settings: &Settings, who: &ProvenIdentity) -> bool {
    let social = &settings.social;
    let everywhere = social.email_authentication;
    social.providers.named(&who.provider).map_or(everywhere, |config| config.email_authentication(everywhere))
}

/// Finds the account of an address that the provider has verified, if the provider is trusted. An address that the
/// provider has not verified never leads to an account (CVE-2026-47164).
async fn find_by_email(cx: Context<'_>, who: &ProvenIdentity) -> Result<Option<FoundByEmail>, Refusal> {
    if !trusts_emails(&cx.settings, who) {
        return Ok(None);
    }
    for address in who.identity.emails.iter().filter(|address| address.verified) {
        for id in users_by_email(&cx.store, &address.email).await? {
            if let Some(user) = cx.store.find::<User>(&id.key()).await? {
                // An unverified address of an account that has a verified one does not give access to the account.
                if user.is_reached_by(&address.email) {
                    // The spelling of the account. The provider may spell the domain differently.
                    let email = user.address(&address.email).map_or(&address.email, |own| &own.email).clone();
                    return Ok(Some(FoundByEmail { user, email }));
                }
            }
        }
    }
    Ok(None)
}

/// Logs in to the account that has the provider's verified address. If the account has not verified this address,
/// another person may have created the account. Then all their means of access are removed.
async fn log_in_by_email(
    cx: Context<'_>,
    caller: &Caller,
    who: &ProvenIdentity,
    found: FoundByEmail,
) -> Result<Decided, Refusal> {
    let FoundByEmail { mut user, email } = found;
    if !user.is_active {
        return Ok(Decision::Settled(Outcome::unchanged(caller.clone())));
    }
    let mut writes = Vec::new();
    if !user.has_verified_email(Some(&email)) {
        let taken = take_over(cx, &mut user, &email).await?;
        let Some(taken) = taken else { return Ok(Decision::Again(())) };
        writes.extend(taken);
        // The provider has verified the address. If it stayed unverified, the next login would remove the owner's means
        // of access again.
        let claims = find_email_claims(&cx.store, &email).await?;
        if let Ok(own) = own_email(&claims, &email, user.id, cx.settings.account.unique_email)? {
            writes.extend(own);
            user.mark_verified(&email);
        }
    }
    let social = &cx.settings.social;
    let config = social.providers.named(&who.provider);
    let everywhere = social.email_authentication_auto_connect;
    let connects = config.map_or(everywhere, |config| config.email_authentication_auto_connect(everywhere));
    if connects && user.identities.len() < User::MOST_IDENTITIES {
        who.add_to(&mut user);
        writes.push(Write::create(&who.claim(&user))?);
        let params = json!({"provider": who.provider_name});
        writes.extend(notify(cx, &user, None, MailKind::AccountConnected, params)?);
    }
    enter(cx, caller, who, user, writes).await
}

/// Most writes of [`take_over`] that are part of the commit of the login. A transaction allows
/// [`Store::MOST_WRITES`](crate::store::Store::MOST_WRITES), and the login needs some of them.
const MOST_TO_TAKE_OVER: usize = 80;

/// Removes everything from the account that gives access to anyone except the owner of this address. Returns the
/// writes. The new generation ends sessions and everything in them, logins in progress, and the trust in browsers. If
/// the writes do not fit into one commit, the other credentials are removed in a separate commit, and the result is
/// `None`. Then the caller decides again, and the rest fits.
async fn take_over(cx: Context<'_>, user: &mut User, email: &str) -> Result<Option<Vec<Write>>, Refusal> {
    let mut released = Vec::new();
    for address in user.addresses.iter().filter(|address| address.email != email) {
        let claims = find_email_claims(&cx.store, &address.email).await?;
        released.extend(release_email(&claims, user.id)?);
    }
    let mut writes = remove_login_methods(user, cx.random());
    if writes.len() + released.len() > MOST_TO_TAKE_OVER {
        writes.push(Write::replace(user)?);
        cx.store.commit(writes).await?;
        return Ok(None);
    }
    writes.extend(released);
    user.addresses.retain(|address| address.email == email);
    user.make_primary(email);
    Ok(Some(writes))
}

/// Removes all credentials of the account except its addresses. Returns the writes other than that of the user.
fn remove_login_methods(user: &mut User, random: [u8; 24]) -> Vec<Write> {
    let mut writes = Vec::new();
    writes.extend(user.credentials().map(|it| Write::discard(CredentialClaim::new(it, user.id).key())));
    writes.extend(user.identities.iter().map(|link| Write::discard(identity_claim_key(&link.provider, &link.uid))));
    if let Some(phone) = user.phone.take() {
        let claim = PhoneClaim::new(&phone.number, user.id);
        writes.push(Write::discard(claim.key()));
    }
    // The value is not simply "no password", because the account may have had none before. Links and tickets that set a
    // password are bound to the previous value.
    user.password = Some(format!("!{}", secret::encode(&random)));
    user.authenticators.clear();
    user.identities.clear();
    user.generation += 1;
    writes
}

/// Creates an account for the identity, if the provider sent enough data. Otherwise the session waits for the rest.
async fn sign_up_or_request(cx: Context<'_>, caller: &Caller, who: &ProvenIdentity) -> Result<Decided, Refusal> {
    let settings = &cx.settings;
    if !settings.account.signup_open {
        return Err(Refusal::Forbidden);
    }
    let email = who.identity.emails.first().map(|address| address.email.clone());
    let lacks_email = email.is_none() && settings.social_email_required();
    let lacks_phone = settings.account.signup_fields.get("phone").is_some_and(|field| field.required);
    // Mail cannot be sent to such an address, and no endpoint accepts it.
    let is_unfit = email.as_deref().is_some_and(|email| !is_email(email));
    if !settings.social.auto_signup || lacks_email || lacks_phone || is_unfit {
        return request_signup(cx, caller, who).await.map(Decision::Settled);
    }
    let username = good_username(cx, who).await?;
    let is_verified = who.identity.emails.first().is_some_and(|address| address.verified);
    let owns_email = is_verified && trusts_emails(&cx.settings, who);
    let form = Form { email, username, owns_email, identity: Some(Box::new(who.clone())), ..Form::default() };
    match signup(cx, caller.clone(), form).await {
        Ok(outcome) => Ok(Decision::Settled(outcome)),
        // The address may be in use, so the user can enter another one. If another request has just created an account
        // for the same identity, this decides again.
        Err(Refusal::Invalid(_)) => match cx.store.find::<IdentityClaim>(&who.key()).await? {
            Some(_) => Ok(Decision::Again(())),
            None => request_signup(cx, caller, who).await.map(Decision::Settled),
        },
        Err(refusal) => Err(refusal),
    }
}

/// The provider's username, if it is valid and free.
async fn good_username(cx: Context<'_>, who: &ProvenIdentity) -> Result<Option<String>, Refusal> {
    let account = &cx.settings.account;
    let username = who.identity.username.clone().filter(|_| account.username_field.is_some());
    let Some(username) = username.filter(|name| check_username(name, account).is_empty()) else { return Ok(None) };
    let taken = find_name_claims(&cx.store, &[&username]).await?.iter().any(|claims| !claims.is_empty());
    Ok((!taken).then_some(username))
}

/// Stores the identity in a pending session until the client sends the signup form. A logged-in user is logged out.
async fn request_signup(cx: Context<'_>, caller: &Caller, who: &ProvenIdentity) -> Result<Outcome, Refusal> {
    let (mut session, issued) = match caller {
        Caller::Pending(session) => ((**session).clone(), None),
        _ => {
            let (session, token) = Session::pending(cx.app, cx.client);
            (session, Some(token))
        }
    };
    session.clear_login();
    session.identity = Some(json!(who).to_string());
    let mut writes = vec![Write::overwrite(&session)?];
    if let Caller::User(parts) = caller {
        writes.push(Write::discard(parts.1.key()));
    }
    cx.store.commit_with_retries(writes).await?;
    Ok(Outcome { issued, ..Outcome::unchanged(Caller::Pending(Box::new(session))) })
}

/// Returns the identity that the caller is about to sign up with.
///
/// # Errors
/// [`Refusal::Conflict`] if there is none; [`Refusal::Forbidden`] if signup is closed.
pub fn expect_pending(settings: &Settings, caller: &Caller) -> Result<ProvenIdentity, Refusal> {
    let pending = caller.session().and_then(pending).ok_or(Refusal::Conflict)?;
    if settings.account.signup_open { Ok(pending) } else { Err(Refusal::Forbidden) }
}

/// Signs up with the identity that the session waits with, and the data of the form. If two requests do this at once,
/// only one of them succeeds.
///
/// # Errors
/// As [`signup`]; [`Refusal::Conflict`] if an account has the identity in the meantime.
pub async fn sign_up(cx: Context<'_>, caller: Caller, who: ProvenIdentity, mut form: Form) -> Result<Outcome, Refusal> {
    form.identity = Some(Box::new(who));
    form.consumes_session = true;
    signup(cx, caller, form).await
}

/// Connects the identity to the caller's account.
async fn connect(
    cx: Context<'_>,
    caller: &Caller,
    who: &ProvenIdentity,
    claim: Option<IdentityClaim>,
) -> Result<Decided, Refusal> {
    let Caller::User(parts) = caller else { return Err(Refusal::Forbidden) };
    let now = refresh(&cx.store, &parts.0, &parts.1).await?;
    let (mut user, session) = now.ok_or(Refusal::NotAuthenticated(Caller::Anonymous))?;
    require_recent(cx, &user, &session, cx.settings.social_reauthentication_required())?;
    let mut writes = Vec::new();
    match claim {
        Some(claim) if claim.user != user.id => return Err(connected_other()),
        Some(claim) => {
            who.refresh_in(&mut user);
            writes.extend([Write::replace(&who.renewed(&claim))?, Write::replace(&user)?]);
        }
        None => {
            if find_by_email(cx, who).await?.is_some_and(|found| found.user.id != user.id) {
                return Err(connected_other());
            }
            if user.identities.len() >= User::MOST_IDENTITIES {
                let message = "There are too many third-party accounts.";
                return Err(Problem::general("too_many_identities", message).into());
            }
            who.add_to(&mut user);
            writes.push(Write::create(&who.claim(&user))?);
            writes.push(Write::replace(&user)?);
            let params = json!({"provider": who.provider_name});
            writes.extend(notify(cx, &user, None, MailKind::AccountConnected, params)?);
        }
    }
    Ok(Decision::Write(writes, Outcome::unchanged(Caller::User(Box::new((user, session)))), ()))
}

fn connected_other() -> Refusal {
    let message = "The third-party account is already connected to a different account.";
    Problem::general("connected_other", message).into()
}

/// Checks that the identity can be disconnected. Users must keep a credential, because otherwise they would lose access
/// to their account.
///
/// # Errors
/// Why it cannot be disconnected.
pub fn may_disconnect(settings: &Settings, user: &User, provider: &str, uid: &str) -> Result<(), Problem> {
    use crate::settings::EmailVerification::Mandatory;
    if user.identity(provider, uid).is_none() {
        return Err(Problem::general("account_not_found", "Unknown account."));
    }
    if user.identities.len() > 1 {
        return Ok(());
    }
    if settings.social.only {
        let message = "You cannot disconnect your last remaining third-party account.";
        return Err(Problem::general("disconnect_last", message));
    }
    if !user.has_usable_password() {
        return Err(Problem::general("no_password", "Your account has no password set up."));
    }
    if settings.account.email_verification == Mandatory && !user.has_verified_email(None) {
        return Err(Problem::general("no_verified_email", "Your account has no verified email address."));
    }
    Ok(())
}

/// Disconnects an identity from the user. Each request decides on the current user, so two concurrent requests cannot
/// remove the last credential.
///
/// # Errors
/// [`Refusal::Invalid`], [`Refusal::ReauthenticationRequired`]; the table is unavailable.
pub async fn disconnect(
    cx: Context<'_>,
    user: User,
    session: Session,
    provider: &str,
    uid: &str,
) -> Result<User, Refusal> {
    let decide = |parts: (User, Session), again: Option<Again>| async move {
        let parts = refresh_again(&cx.store, parts, again).await?;
        let (user, session) = parts.ok_or(Refusal::NotAuthenticated(Caller::Anonymous))?;
        may_disconnect(&cx.settings, &user, provider, uid)?;
        require_recent(cx, &user, &session, cx.settings.social_reauthentication_required())?;
        let mut changed = user.clone();
        changed.identities.retain(|link| !(link.provider == provider && link.uid == uid));
        let name = cx.settings.social.providers.named(provider).map_or(provider, AppConfig::name);
        let mut writes = vec![Write::replace(&changed)?, Write::discard(identity_claim_key(provider, uid))];
        let params = json!({"provider": name});
        writes.extend(notify(cx, &changed, None, MailKind::AccountDisconnected, params)?);
        Ok(Decision::Write(writes, changed, (user, session)))
    };
    cx.store.run((user, session), decide).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Authenticator, IdentityLink, UserId};
    use crate::clock::Timestamp;
    use crate::store::Store;

    #[test]
    fn the_writes_of_an_account_that_is_taken_over_fit_into_transactions() {
        // If an owner's claim goes to the next holder, that takes two writes.
        const ADDRESSES: usize = 2 * (User::MOST_ADDRESSES - 1);
        const { assert!(User::MOST_IDENTITIES + Authenticator::MOST + 2 <= Store::MOST_WRITES) };
        const { assert!(ADDRESSES < MOST_TO_TAKE_OVER && MOST_TO_TAKE_OVER + 20 <= Store::MOST_WRITES) };
        let mut user = User::new(UserId::new([7; 16]), Timestamp(0));
        for uid in 0..User::MOST_IDENTITIES {
            user.identities.push(IdentityLink::new("p", &uid.to_string(), ""));
        }
        user.password = Some("!".to_owned());
        assert_eq!(remove_login_methods(&mut user, [7; 24]).len(), User::MOST_IDENTITIES);
        assert!(!user.has_usable_password() && user.generation == 1);
        assert!(remove_login_methods(&mut user, [7; 24]).is_empty(), "no credential is left");
    }
}
