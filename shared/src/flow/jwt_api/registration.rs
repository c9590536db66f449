//! Registering.

use super::LoginState;
use super::links::{address_taken, address_taken_mail};
use super::login_state::{CHALLENGE, JwtLogin};
use crate::account::{Address, EmailClaim, User, UserId, claim_email, find_email_claims};
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Refusal};
use crate::outbox::Message;
use crate::session::Session;
use crate::settings::{EmailVerification, PreventEnumeration, RateAction, Settings, TotpMode};
use crate::store::{Again, Decision, StoreError, Write};
use crate::throttle::Action;
use crate::ticket::{Purpose, Ticket};

/// What somebody registers with.
pub struct Form {
    /// In lower case.
    pub email: String,
    /// Strong enough.
    pub password: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
}

/// How a registration ended.
#[derive(Debug)]
pub enum Registered {
    /// They are in, or have to set up a second factor first.
    Entered(LoginState),
    /// They have to verify the address first, and to set up a second factor, where the challenge is given. The session
    /// is worth nothing before the address is verified; there is none where the answer hides whether there is an account.
    Waits {
        /// The challenge.
        setup: Option<String>,
        /// The session.
        session: Option<Box<(User, Session)>>,
    },
}

/// Who holds an address.
pub struct Holders {
    pub(super) claims: Vec<EmailClaim>,
    /// Accounts that an earlier invitation made and that nobody has opened.
    pub(super) invitations: Vec<User>,
    is_taken: bool,
}

impl Holders {
    /// Whether somebody has it, and the caller may be told so.
    pub fn is_visibly_taken(&self, settings: &Settings) -> bool {
        self.is_taken && !hides(settings)
    }

    /// Whether somebody has it.
    pub fn is_taken(&self) -> bool {
        self.is_taken
    }
}

/// Whether answers hide that an account exists: that takes a mail that nobody but its reader knows of.
fn hides(settings: &Settings) -> bool {
    let mandatory = settings.account.email_verification == EmailVerification::Mandatory;
    mandatory && settings.account.prevent_enumeration != PreventEnumeration::No
}

/// Who holds an address that somebody wants to register with, within the limits of that.
///
/// # Errors
/// [`Refusal::Forbidden`] where sign-up is closed; [`Refusal::RateLimited`]; the table is unavailable.
pub async fn look_up(cx: Context<'_>, email: &str) -> Result<Holders, Refusal> {
    let actions = [Action::new(RateAction::Signup)];
    let (limit, holders) = futures_util::try_join!(cx.consume(cx.client.ip, &actions), find_holders(cx, email, true))?;
    limit.map_err(Refusal::from)?;
    Ok(holders)
}

/// Who holds an address. It is taken once anybody has verified it, has been in, is staff, has come by way of a provider or
/// with a passkey, or is `invited`, where that counts. An account that only waits for its verification does not take it: a
/// registration makes another account beside it, and whoever verifies the address first owns it.
pub(super) async fn find_holders(cx: Context<'_>, email: &str, invited: bool) -> Result<Holders, StoreError> {
    let claims = find_email_claims(&cx.store, email).await?;
    let mut ids = claims.iter().map(|claim| claim.user).collect::<Vec<_>>();
    if ids.is_empty() {
        ids.push(UserId::DUMMY); // the way is as long
    }
    let find = |id: UserId| async move {
        cx.store.find_two::<Ticket, User>(&Ticket::key_of(id, Purpose::Invitation), &id.key()).await
    };
    let found = futures_util::future::try_join_all(ids.into_iter().map(find)).await?;
    let flag = |user: &User, name: &str| user.attributes.get(name).is_some_and(|value| value == true);
    let waits = |ticket: &Option<Ticket>, user: &User| {
        ticket.as_ref().is_some_and(|ticket| ticket.fits(user)) && !user.has_usable_password()
    };
    let is_claimed = |(ticket, user): &(Option<Ticket>, Option<User>)| {
        user.as_ref().is_some_and(|user| {
            user.last_login.is_some()
                || user.has_verified_email(None)
                || flag(user, "is_staff")
                || flag(user, "is_superuser")
                || !user.identities.is_empty()
                || user.credentials().next().is_some()
                || (invited && waits(ticket, user))
        })
    };
    let unique = cx.settings.account.unique_email;
    let verified = claims.iter().any(|claim| claim.verified);
    let is_full = claims.len() >= EmailClaim::MOST_READ;
    let is_taken = unique && (verified || is_full || found.iter().any(is_claimed));
    let invitations = found.into_iter().filter_map(|(ticket, user)| user.filter(|user| waits(&ticket, user)));
    let invitations = invitations.collect();
    Ok(Holders { claims, invitations, is_taken })
}

/// What a new account writes. It holds the address beside those that wait for its verification.
pub(super) fn create(user: &User, email: &str, holders: &Holders) -> Result<Vec<Write>, StoreError> {
    Ok(vec![Write::create(user)?, claim_email(&holders.claims, email, user.id)?])
}

/// Makes an account.
///
/// # Errors
/// [`Refusal::Forbidden`] where sign-up is closed; [`Refusal::Invalid`] where somebody has the address;
/// [`Refusal::StageRefused`] where nobody can register here; the table is unavailable.
pub async fn register(cx: Context<'_>, form: Form, holders: Holders) -> Result<Registered, Refusal> {
    check_open(&cx.settings)?;
    let hash = cx.hash_password(form.password.clone()).await;
    let (form, hash) = (&form, &hash);
    let attempt = |(mut holders, mut reservations): (Holders, Reservations), again: Option<Again>| async move {
        if again.is_some() {
            holders = find_holders(cx, &form.email, true).await?;
        }
        if holders.is_taken && !hides(&cx.settings) {
            return Err(address_taken().into());
        }
        // What a taken address would lead to if it were free is decided too, and dropped: the answer and the way are the same.
        let decided = decide(cx, form, hash, &holders, &mut reservations).await?;
        let (writes, registered) =
            if holders.is_taken { pretend(cx, &form.email, &mut reservations).await? } else { decided };
        Ok(Decision::Write(writes, registered, (holders, reservations)))
    };
    cx.store.run((holders, Reservations::default()), attempt).await
}

/// Whether people may register themselves (`ACCOUNT_SIGNUP_OPEN`).
///
/// # Errors
/// [`Refusal::Forbidden`].
pub fn check_open(settings: &Settings) -> Result<(), Refusal> {
    if settings.account.signup_open { Ok(()) } else { Err(Refusal::Forbidden) }
}

/// The answer for an address that is free, and a mail to its owner in place of an account, within the limit of
/// verification mails.
async fn pretend(
    cx: Context<'_>,
    email: &str,
    reservations: &mut Reservations,
) -> Result<(Vec<Write>, Registered), Refusal> {
    let granted = reservations.reserve(cx, RateAction::ConfirmEmail, email).await?;
    let mail = if granted { address_taken_mail(cx, email) } else { Message::decoy(cx.app) };
    let writes = vec![Write::create(&mail)?];
    let required = cx.settings.jwt_api.mfa_totp_mode == TotpMode::Required;
    let setup = required.then(|| Ticket::dummy(cx.app, Purpose::SetupChallenge, 0).1);
    Ok((writes, Registered::Waits { setup, session: None }))
}

async fn decide(
    cx: Context<'_>,
    form: &Form,
    hash: &str,
    holders: &Holders,
    reservations: &mut Reservations,
) -> Result<(Vec<Write>, Registered), Refusal> {
    let mut user = User::new(UserId::new(cx.random()), cx.now());
    user.password = Some(hash.to_owned());
    user.first_name.clone_from(&form.first_name);
    user.last_name.clone_from(&form.last_name);
    let on_trust = cx.settings.account.email_verification == EmailVerification::None;
    user.addresses.push(Address { on_trust, ..Address::new(&form.email, true, cx.random()) });
    let attempt = JwtLogin { cx, method: "password", completed: &[], signup: true };
    let (mut writes, state) = attempt.proceed(&user, reservations).await?;
    let registered = match state {
        LoginState::Verification(_) if cx.settings.jwt_api.mfa_totp_mode == TotpMode::Required => {
            // No session yet: the challenge, which counts once the address is verified.
            let (ticket, text) = Ticket::new(cx.app, Purpose::SetupChallenge, &user, CHALLENGE);
            writes.remove(0);
            writes.push(Write::create(&ticket)?);
            Registered::Waits { setup: Some(text), session: None }
        }
        LoginState::Verification(_) if hides(&cx.settings) => {
            writes.remove(0);
            Registered::Waits { setup: None, session: None }
        }
        LoginState::Verification(parts) => Registered::Waits { setup: None, session: Some(parts) },
        state => {
            user.last_login = Some(cx.now());
            Registered::Entered(state)
        }
    };
    writes.extend(create(&user, &form.email, holders)?);
    Ok((writes, registered))
}
