//! The email addresses of an account: adding them, verifying them again, choosing the primary one and removing them.

use crate::account::{
    Address, EmailClaim, User, claim_email, find_email_claims, is_email, is_same_email, release_email,
};
use crate::flow::codes::{self, Recipient};
use crate::flow::login::reauthentication::require_recent;
use crate::flow::login::stage::verify_email::{account_exists_mail, code_mail, link_mail};
use crate::flow::notify::notify;
use crate::flow::reservations::Reservations;
use crate::flow::signup::sign_up::{Availability, assess};
use crate::flow::{Context, Problem, Refusal};
use crate::outbox::MailKind;
use crate::session::{Caller, CodeKind, Session, refresh_again};
use crate::settings::{LoginMethod, PreventEnumeration, RateAction, Settings};
use crate::store::{Again, Committed, Decision, Store, Write};
use serde_json::json;

const KIND: CodeKind = CodeKind::EmailVerification;

/// An address in the user's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The address.
    pub email: String,
    /// Whether it is verified.
    pub verified: bool,
    /// Whether it is the primary address.
    pub primary: bool,
}

/// Returns the user's addresses, including the one that waits for its code.
pub fn list(cx: Context<'_>, user: &User, session: Option<&Session>) -> Vec<Listed> {
    let listed = |address: &Address| Listed {
        email: address.email.clone(),
        verified: address.verified,
        primary: address.primary,
    };
    let mut all = user.addresses.iter().map(listed).collect::<Vec<_>>();
    if let Some(email) = session.and_then(|session| waiting_address(cx, user, session)) {
        let waiting = user.address(&email).map_or(Listed { email, verified: false, primary: false }, listed);
        all.push(waiting);
    }
    all
}

/// The address that the session waits to verify with a code.
fn waiting_address(cx: Context<'_>, user: &User, session: &Session) -> Option<String> {
    let process = session.code(KIND).filter(|process| process.user == Some(user.id))?;
    let live = process.has_attempts(KIND, &cx.settings) && !process.is_expired(KIND, &cx.settings, cx.now());
    process.email.clone().filter(|_| live)
}

/// A change of one of the user's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Send the verification again.
    Resend,
    /// Make it the primary address.
    MakePrimary,
    /// Remove it.
    Remove,
}

/// The context of changing a user's addresses, with the reserved uses of rate limits.
struct AddressEditor<'a> {
    cx: Context<'a>,
    reservations: Reservations,
}

/// The result of a request to send a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendResult {
    /// The mail was sent, or none was necessary.
    Sent,
    /// It is too soon after the last mail.
    TooSoon,
}

/// Adds an address to verify. If verification is by code, the address becomes part of the user only when it is
/// verified.
///
/// # Errors
/// [`Refusal::Invalid`], [`Refusal::ReauthenticationRequired`], [`Refusal::RateLimited`]; the table is unavailable.
pub async fn add(cx: Context<'_>, user: User, session: Session, email: &str) -> Result<(User, Session), Refusal> {
    let decide = |(parts, reservations): ((User, Session), Reservations), again: Option<Again>| async move {
        let mut editor = AddressEditor { cx, reservations };
        let parts = refresh_again(&cx.store, parts, again).await?;
        let (user, session) = parts.ok_or(Refusal::NotAuthenticated(Caller::Anonymous))?;
        let claims = find_email_claims(&cx.store, email).await?;
        may_add(&cx.settings, &user, &claims, email)?;
        require_recent(cx, &user, &session, cx.settings.account.reauthentication_required)?;
        let (mut changed, mut waiting) = (user.clone(), session.clone());
        let writes = editor.add(&mut changed, &mut waiting, &claims, email).await?;
        Ok(Decision::Write(writes, (changed, waiting), ((user, session), editor.reservations)))
    };
    cx.store.run(((user, session), Reservations::default()), decide).await
}

fn may_add(settings: &Settings, user: &User, claims: &[EmailClaim], email: &str) -> Result<(), Problem> {
    let account = &settings.account;
    if user.address(email).is_some() {
        let message = "This email address is already associated with this account.";
        return Err(Problem::field("email", "duplicate_email", message));
    }
    let by_code = account.email_verification_by_code_enabled;
    if user.has_second_factor() && !settings.mfa.allow_unverified_email && !by_code {
        let message = "You cannot add an email address to an account protected by two-factor authentication.";
        return Err(Problem::field("email", "add_email_blocked", message));
    }
    let others = claims.iter().any(|claim| claim.user != user.id);
    if others && account.unique_email && account.prevent_enumeration == PreventEnumeration::No {
        return Err(Problem::email_taken("email"));
    }
    let most = account.max_email_addresses.filter(|_| !account.change_email).unwrap_or(User::MOST_ADDRESSES);
    let most = most.min(User::MOST_ADDRESSES);
    if user.addresses.len() >= most {
        let message = format!("You cannot add more than {most} email addresses.");
        return Err(Problem::field("email", "max_email_addresses", message));
    }
    Ok(())
}

impl AddressEditor<'_> {
    async fn may_send(&mut self, email: &str) -> Result<bool, Refusal> {
        Ok(self.reservations.reserve(self.cx, RateAction::ConfirmEmail, email).await?)
    }

    async fn add(
        &mut self,
        user: &mut User,
        session: &mut Session,
        claims: &[EmailClaim],
        email: &str,
    ) -> Result<Vec<Write>, Refusal> {
        let cx = self.cx;
        if cx.settings.account.email_verification_by_code_enabled {
            return self.send_code(user, session, email).await;
        }
        let mut writes = Vec::new();
        if cx.settings.account.change_email {
            writes.extend(drop_unverified(&cx.store, user).await?);
        }
        let address = Address::new(email, false, cx.random());
        if self.may_send(email).await? {
            writes.push(Write::create(&link_mail(cx, user, &address))?);
        }
        user.addresses.push(address);
        writes.push(Write::replace(user)?);
        user.version += 1;
        writes.push(claim_email(claims, email, user.id)?);
        Ok(writes)
    }

    /// Sends a code to an address, and stores in the session that it waits for the code.
    async fn send_code(&mut self, user: &User, session: &mut Session, email: &str) -> Result<Vec<Write>, Refusal> {
        if !self.may_send(email).await? {
            return Err(self.reservations.refusal());
        }
        let (process, code) = codes::begin(self.cx, KIND, Some(user.id), &Recipient::Email(email));
        session.set_code(KIND, process);
        let writes = vec![Write::replace(session)?, Write::create(&code_mail(self.cx, user, email, &code))?];
        session.version += 1;
        Ok(writes)
    }

    async fn resend(&mut self, user: &User, session: &mut Session, email: &str) -> Result<Option<Vec<Write>>, Refusal> {
        let cx = self.cx;
        let Some(address) = user.address(email) else {
            let mut process = session.code(KIND).cloned().ok_or(Refusal::Conflict)?;
            if process.resends >= KIND.max_resends(&cx.settings) {
                return Ok(None);
            }
            if !self.may_send(email).await? {
                return Err(self.reservations.refusal());
            }
            let code = codes::renew(cx, KIND, &mut process);
            process.resends += 1;
            session.set_code(KIND, process);
            let writes = vec![Write::replace(session)?, Write::create(&code_mail(cx, user, email, &code))?];
            session.version += 1;
            return Ok(Some(writes));
        };
        if cx.settings.account.email_verification_by_code_enabled {
            return self.send_code(user, session, email).await.map(Some);
        }
        if !self.may_send(email).await? {
            return Ok(None);
        }
        Ok(Some(vec![Write::create(&link_mail(cx, user, address))?]))
    }

    async fn make_primary(&self, user: &mut User, email: &str) -> Result<Vec<Write>, Refusal> {
        let old = user.addresses.iter().find(|address| address.primary).map(|address| address.email.clone());
        user.make_primary(email);
        let mut writes = vec![Write::replace(user)?];
        user.version += 1;
        if let Some(old) = old {
            let params = json!({"from_email": old, "to_email": email});
            writes.extend(notify(self.cx, user, Some(&old), MailKind::EmailChanged, params)?);
        }
        Ok(writes)
    }

    async fn remove(&self, user: &mut User, session: &mut Session, email: &str) -> Result<Vec<Write>, Refusal> {
        if user.address(email).is_none() {
            session.drop_code(KIND);
            let writes = vec![Write::replace(session)?];
            session.version += 1;
            return Ok(writes);
        }
        let claims = find_email_claims(&self.cx.store, email).await?;
        user.addresses.retain(|address| address.email != email);
        let mut writes = vec![Write::replace(user)?];
        user.version += 1;
        writes.extend(release_email(&claims, user.id)?);
        let params = json!({"deleted_email": email});
        writes.extend(notify(self.cx, user, None, MailKind::EmailDeleted, params)?);
        Ok(writes)
    }
}

/// Removes the unverified address that the user was changing to, so that there is at most one.
async fn drop_unverified(store: &Store, user: &mut User) -> Result<Vec<Write>, Refusal> {
    let Some(place) = user.addresses.iter().rposition(|address| !address.verified) else { return Ok(Vec::new()) };
    let old = user.addresses.remove(place);
    Ok(release_email(&find_email_claims(store, &old.email).await?, user.id)?)
}

/// Changes an address that the user has, or that waits for its code.
///
/// # Errors
/// [`Refusal::Invalid`], [`Refusal::ReauthenticationRequired`], [`Refusal::RateLimited`]; the table is unavailable.
pub async fn change(
    cx: Context<'_>,
    user: User,
    session: Session,
    change: Change,
    email: &str,
) -> Result<(User, Session, SendResult), Refusal> {
    let decide = |(parts, reservations): ((User, Session), Reservations), again: Option<Again>| async move {
        let mut editor = AddressEditor { cx, reservations };
        let parts = refresh_again(&cx.store, parts, again).await?;
        let (user, session) = parts.ok_or(Refusal::NotAuthenticated(Caller::Anonymous))?;
        let email = check(cx, &user, &session, change, email)?;
        if change != Change::Resend {
            require_recent(cx, &user, &session, cx.settings.account.reauthentication_required)?;
        }
        let (mut changed, mut waiting) = (user.clone(), session.clone());
        let writes = match change {
            Change::Resend => match editor.resend(&user, &mut waiting, &email).await? {
                Some(writes) => writes,
                None => return Ok(Decision::Settled((user, session, SendResult::TooSoon))),
            },
            Change::MakePrimary => editor.make_primary(&mut changed, &email).await?,
            Change::Remove => editor.remove(&mut changed, &mut waiting, &email).await?,
        };
        Ok(Decision::Write(writes, (changed, waiting, SendResult::Sent), ((user, session), editor.reservations)))
    };
    cx.store.run(((user, session), Reservations::default()), decide).await
}

/// Checks that the change is allowed. Returns the address in the spelling of the account.
///
/// # Errors
/// Why the change is not allowed.
pub fn check(cx: Context<'_>, user: &User, session: &Session, change: Change, email: &str) -> Result<String, Problem> {
    let email = select(cx, user, session, email)?;
    may_change(&cx.settings, user, change, &email)?;
    Ok(email)
}

fn select(cx: Context<'_>, user: &User, session: &Session, email: &str) -> Result<String, Problem> {
    let waiting = || waiting_address(cx, user, session).filter(|waiting| is_same_email(waiting, email));
    if let Some(own) = user.address(email).map(|address| address.email.clone()).or_else(waiting) {
        return Ok(own);
    }
    if !is_email(email) {
        return Err(Problem::field("email", "invalid", "Enter a valid email address."));
    }
    Err(Problem::field("email", "unknown_email", "Unknown email address."))
}

/// Checks that the account keeps a login method, and that its primary address is verified.
fn may_change(settings: &Settings, user: &User, change: Change, email: &str) -> Result<(), Problem> {
    let address = user.address(email);
    match change {
        Change::Resend => Ok(()),
        Change::MakePrimary => {
            let fits = address.is_some_and(|address| address.verified || !user.has_verified_email(None));
            let message = "Your primary email address must be verified.";
            if fits { Ok(()) } else { Err(Problem::field("email", "unverified_primary_email", message)) }
        }
        Change::Remove => {
            let others = user.addresses.len() > 1;
            let only_by_email = settings.account.login_methods == [LoginMethod::Email];
            let fits =
                address.is_none_or(
                    |address| if address.primary { !others && !only_by_email } else { others || !only_by_email },
                );
            let message = "You cannot remove your primary email address.";
            if fits { Ok(()) } else { Err(Problem::field("email", "cannot_remove_primary_email", message)) }
        }
    }
}

/// Finds the user whose address waits for verification during a signup, if the address can still be changed.
///
/// # Errors
/// [`Refusal::Conflict`] if it cannot be changed; the table is unavailable.
pub async fn find_changeable(cx: Context<'_>, caller: &Caller) -> Result<User, Refusal> {
    if !cx.settings.account.email_verification_by_code_enabled {
        return Err(Refusal::Conflict);
    }
    codes::find_changer(cx, caller, KIND).await
}

/// Changes the address of a user who has just signed up and waits for the code. An address of another account gets the
/// same answer.
///
/// # Errors
/// [`Refusal::Conflict`], [`Refusal::Invalid`], [`Refusal::RateLimited`]; the table is unavailable.
pub async fn change_pending(
    cx: Context<'_>,
    caller: &Caller,
    mut user: User,
    email: &str,
) -> Result<Vec<Listed>, Refusal> {
    let mut process = codes::expect(cx, caller, KIND).await?.clone();
    let Some(session) = caller.session() else { return Err(Refusal::Conflict) };
    if process.email.as_deref().is_some_and(|waiting| is_same_email(waiting, email)) {
        let message = "The new value must be different from the current one.";
        return Err(Problem::field("email", "same_as_current", message).into());
    }
    let claims = find_email_claims(&cx.store, email).await?;
    let hidden = match assess(&cx.settings, &claims) {
        Availability::Taken => return Err(Problem::email_taken("email").into()),
        Availability::Hidden => true,
        Availability::Free => false,
    };
    let mut reservations = Reservations::default();
    if !reservations.reserve(cx, RateAction::ConfirmEmail, email).await? {
        return Err(reservations.refusal());
    }
    let code = codes::renew(cx, KIND, &mut process);
    process.email = Some(email.to_owned());
    process.changes += 1;
    process.is_decoy = hidden;
    let mut writes = Vec::new();
    let message = if hidden {
        writes.push(Write::check(&user));
        account_exists_mail(cx, email)
    } else {
        writes.extend(drop_unverified(&cx.store, &mut user).await?);
        user.addresses.push(Address::new(email, false, cx.random()));
        writes.push(Write::replace(&user)?);
        writes.push(claim_email(&claims, email, user.id)?);
        code_mail(cx, &user, email, &code)
    };
    writes.push(Write::create(&message)?);
    let mut session = session.clone();
    session.set_code(KIND, process);
    writes.push(Write::replace(&session)?);
    match cx.store.commit(writes).await? {
        Committed::Done => {}
        Committed::Refused(_) | Committed::Contended => return Err(Refusal::Conflict),
    }
    // The list is the same, regardless of whether another account has the address.
    let others = user.addresses.iter().filter(|address| address.verified && address.email != email);
    let others =
        others.map(|address| Listed { email: address.email.clone(), verified: true, primary: address.primary });
    Ok(others.chain([Listed { email: email.to_owned(), verified: false, primary: false }]).collect())
}
