//! Registration in the JWT API.

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

/// The input of a registration.
pub struct Form {
    /// The email address, in lower case.
    pub email: String,
    /// The password, which is strong enough.
    pub password: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
}

/// The result of a registration.
#[derive(Debug)]
pub enum Registered {
    /// The user is logged in, or has to set up a second factor first.
    Entered(LoginState),
    /// The user has to verify the address first. If there is a challenge, the user also has to set up a second factor.
    /// The session is invalid until the address is verified. There is none if the answer must not reveal whether an
    /// account exists.
    Waits {
        /// The challenge.
        setup: Option<String>,
        /// The session.
        session: Option<Box<(User, Session)>>,
    },
}

/// The holders of an address.
pub struct Holders {
    pub(super) claims: Vec<EmailClaim>,
    /// Accounts of earlier invitations that were not opened.
    pub(super) invitations: Vec<User>,
    is_taken: bool,
}

impl Holders {
    /// Whether the address is in use, and the answer is allowed to reveal this.
    pub fn is_visibly_taken(&self, settings: &Settings) -> bool {
        self.is_taken && !hides(settings)
    }

    /// Whether the address is in use.
    pub fn is_taken(&self) -> bool {
        self.is_taken
    }
}

/// Whether answers hide that an account exists. This requires that a mail decides how the registration continues.
fn hides(settings: &Settings) -> bool {
    let mandatory = settings.account.email_verification == EmailVerification::Mandatory;
    mandatory && settings.account.prevent_enumeration != PreventEnumeration::No
}

/// Finds the holders of an address for a registration, within the rate limits.
///
/// # Errors
/// [`Refusal::RateLimited`]; the table is unavailable.
pub async fn look_up(cx: Context<'_>, email: &str) -> Result<Holders, Refusal> {
    let actions = [Action::new(RateAction::Signup)];
    let (limit, holders) = futures_util::try_join!(cx.consume(cx.client.ip, &actions), find_holders(cx, email, true))?;
    limit.map_err(Refusal::from)?;
    Ok(holders)
}

/// Finds the holders of an address. The address is in use if one of them has verified an address, has logged in, is
/// staff, has an identity of a provider or a passkey, or, with `invited`, has an open invitation. An account that only
/// waits for its verification does not count. A registration creates another account beside it, and the user who
/// verifies the address first owns it.
pub(super) async fn find_holders(cx: Context<'_>, email: &str, invited: bool) -> Result<Holders, StoreError> {
    let claims = find_email_claims(&cx.store, email).await?;
    let mut ids = claims.iter().map(|claim| claim.user).collect::<Vec<_>>();
    if ids.is_empty() {
        ids.push(UserId::DUMMY); // so that the answer takes the same time
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

/// The writes of a new account. It holds the address beside the accounts that wait for its verification.
pub(super) fn create(user: &User, email: &str, holders: &Holders) -> Result<Vec<Write>, StoreError> {
    Ok(vec![Write::create(user)?, claim_email(&holders.claims, email, user.id)?])
}

/// Creates an account.
///
/// # Errors
/// [`Refusal::Forbidden`] if signup is closed; [`Refusal::Invalid`] if the address is in use; [`Refusal::StageRefused`]
/// if the login needs a stage that this API does not support; the table is unavailable.
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
        // For an address in use, the result for a free address is computed too and dropped, so that answer and duration
        // are the same.
        let decided = decide(cx, form, hash, &holders, &mut reservations).await?;
        let (writes, registered) =
            if holders.is_taken { pretend(cx, &form.email, &mut reservations).await? } else { decided };
        Ok(Decision::Write(writes, registered, (holders, reservations)))
    };
    cx.store.run((holders, Reservations::default()), attempt).await
}

/// Checks that users are allowed to register (`ACCOUNT_SIGNUP_OPEN`).
///
/// # Errors
/// [`Refusal::Forbidden`].
pub fn check_open(settings: &Settings) -> Result<(), Refusal> {
    if settings.account.signup_open { Ok(()) } else { Err(Refusal::Forbidden) }
}

/// Returns the answer for a free address, and sends a mail to the owner of the address instead of creating an account.
/// The mail counts in the limit of verification mails.
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
            // There is no session yet, only a challenge, which becomes valid when the address is verified.
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
