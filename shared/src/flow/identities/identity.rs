//! Third-party identities: logging in, signing up, connecting and disconnecting by the word of a provider.

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

/// What somebody went to a provider for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename_all = "snake_case")]
pub enum Process {
    /// To log in, or to sign up.
    Login,
    /// To connect the identity to the account that they are logged in to.
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

    /// The process of this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Login, Self::Connect].into_iter().find(|process| process.as_str() == text)
    }
}

/// A token of a provider that counts once (the claim `jti`).
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

/// Does what somebody went to the provider for.
///
/// # Errors
/// [`Refusal::Forbidden`] where nobody is logged in to connect to, or signup is closed; [`Refusal::Invalid`] where the
/// identity is somebody else's; [`Refusal::ReauthenticationRequired`]; the table is unavailable.
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
            Err(Refusal::Conflict) => Ok(Decision::Again(())), // somebody was faster
            decided => decided,
        }
    };
    cx.store.run((), decide).await
}

/// What an attempt at it has decided.
type Decided = Decision<(), Outcome>;

/// A provider's token that proves nothing, or no longer.
pub fn invalid_token() -> Refusal {
    Problem::field("token", "invalid_token", "Invalid token.").into()
}

/// Logs in the user whose identity it is.
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

/// Takes the login of a user through the stages, and writes the user.
async fn enter(
    cx: Context<'_>,
    caller: &Caller,
    who: &ProvenIdentity,
    mut user: User,
    more: Vec<Write>,
) -> Result<Decided, Refusal> {
    let mut login = Login::new(Some(&user), None, false, &cx.settings, cx.now());
    login.email_verification = cx.settings.social_email_verification().into();
    // Whoever was in is logged out first, also where the login has to wait.
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

/// Whether an address that this provider has verified counts (`SOCIALACCOUNT_EMAIL_AUTHENTICATION`).
fn trusts_emails(settings: &Settings, who: &ProvenIdentity) -> bool {
    let social = &settings.social;
    let everywhere = social.email_authentication;
    social.providers.named(&who.provider).map_or(everywhere, |config| config.email_authentication(everywhere))
}

/// The account that an address names which the provider has verified, where that is believed. An address that the
/// provider has not verified never leads to an account (CVE-2026-47164).
async fn find_by_email(cx: Context<'_>, who: &ProvenIdentity) -> Result<Option<FoundByEmail>, Refusal> {
    if !trusts_emails(&cx.settings, who) {
        return Ok(None);
    }
    for address in who.identity.emails.iter().filter(|address| address.verified) {
        for id in users_by_email(&cx.store, &address.email).await? {
            if let Some(user) = cx.store.find::<User>(&id.key()).await? {
                // An address that somebody only wrote beside their verified one is no way to their account.
                if user.is_reached_by(&address.email) {
                    // As the account has it: the provider may spell the domain in another way.
                    let email = user.address(&address.email).map_or(&address.email, |own| &own.email).clone();
                    return Ok(Some(FoundByEmail { user, email }));
                }
            }
        }
    }
    Ok(None)
}

/// Logs in to the account that has the provider's verified address. Where the account never verified it, somebody else
/// may have made it: whatever they could come back with is taken away.
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
        // The provider has verified it. Left as it is, the next login would take the account over again, from its owner.
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

/// Writes that taking an account over may bring into the commit of the login. A transaction takes
/// [`Store::MOST_WRITES`](crate::store::Store::MOST_WRITES), and the login needs a few of them.
const MOST_TO_TAKE_OVER: usize = 80;

/// Leaves the account to whoever owns this address, and to nobody else: what that writes. The new generation ends sessions
/// with all that they hold, logins in progress and trusted browsers. Where it is too much for one
/// commit, the other ways in are taken away in a commit of their own, and the caller looks again: then the rest fits.
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

/// Takes away every way into the account but its addresses: what that writes beside the user.
fn remove_login_methods(user: &mut User, random: [u8; 24]) -> Vec<Write> {
    let mut writes = Vec::new();
    writes.extend(user.credentials().map(|it| Write::discard(CredentialClaim::new(it, user.id).key())));
    writes.extend(user.identities.iter().map(|link| Write::discard(identity_claim_key(&link.provider, &link.uid))));
    if let Some(phone) = user.phone.take() {
        let claim = PhoneClaim::new(&phone.number, user.id);
        writes.push(Write::discard(claim.key()));
    }
    // Not merely none, which it may have been before: what can set a password is bound to the one before.
    user.password = Some(format!("!{}", secret::encode(&random)));
    user.authenticators.clear();
    user.identities.clear();
    user.generation += 1;
    writes
}

/// Makes an account for the identity, where the provider told enough; otherwise the session waits for the rest.
async fn sign_up_or_request(cx: Context<'_>, caller: &Caller, who: &ProvenIdentity) -> Result<Decided, Refusal> {
    let settings = &cx.settings;
    if !settings.account.signup_open {
        return Err(Refusal::Forbidden);
    }
    let email = who.identity.emails.first().map(|address| address.email.clone());
    let lacks_email = email.is_none() && settings.social_email_required();
    let lacks_phone = settings.account.signup_fields.get("phone").is_some_and(|field| field.required);
    // No mail could ever reach it, and no endpoint would take it.
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
        // The address is somebody's: another can be given. Unless it is that of the account that another request has just
        // made for the same identity.
        Err(Refusal::Invalid(_)) => match cx.store.find::<IdentityClaim>(&who.key()).await? {
            Some(_) => Ok(Decision::Again(())),
            None => request_signup(cx, caller, who).await.map(Decision::Settled),
        },
        Err(refusal) => Err(refusal),
    }
}

/// The provider's username, where it can be had here.
async fn good_username(cx: Context<'_>, who: &ProvenIdentity) -> Result<Option<String>, Refusal> {
    let account = &cx.settings.account;
    let username = who.identity.username.clone().filter(|_| account.username_field.is_some());
    let Some(username) = username.filter(|name| check_username(name, account).is_empty()) else { return Ok(None) };
    let taken = find_name_claims(&cx.store, &[&username]).await?.iter().any(|claims| !claims.is_empty());
    Ok((!taken).then_some(username))
}

/// Keeps the identity in a session of nobody, until the form of signup is sent. Whoever was logged in is not any more.
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

/// The identity that the caller is about to sign up with.
///
/// # Errors
/// [`Refusal::Conflict`] where there is none; [`Refusal::Forbidden`] where signup is closed.
pub fn expect_pending(settings: &Settings, caller: &Caller) -> Result<ProvenIdentity, Refusal> {
    let pending = caller.session().and_then(pending).ok_or(Refusal::Conflict)?;
    if settings.account.signup_open { Ok(pending) } else { Err(Refusal::Forbidden) }
}

/// Signs up with the identity that the session waits with, and what the form has. Of two at once, one does.
///
/// # Errors
/// As [`signup`]; [`Refusal::Conflict`] where the identity is somebody's by now.
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

/// Whether the identity can go: somebody who has lost their last way in has lost their account.
///
/// # Errors
/// What stands against it.
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

/// Takes an identity away from the user. Each request decides on the user as they are, so that two at once do not take
/// the last way in.
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
        // An owner's place that goes to the next holder is two writes.
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
        assert!(remove_login_methods(&mut user, [7; 24]).is_empty(), "the second time there is nothing left to take");
    }
}
