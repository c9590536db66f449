//! Inviting a user, and opening an invitation.

use super::links::address_taken;
use super::registration::{Holders, create, find_holders};
use crate::account::{Address, EmailClaim, User, UserId, can_own, replace_email_claims};
use crate::flow::proven_email::{ProvenEmail, load, mark_verified};
use crate::flow::{Context, Problem, Refusal, api_url};
use crate::outbox::{MailKind, Message};
use crate::settings::Settings;
use crate::store::{Again, Decision, StoreError, Write};
use crate::ticket::{Purpose, Ticket, find_ticket};
use serde_json::json;

/// The user to invite.
pub struct Form {
    /// The email address, in lower case.
    pub email: String,
    /// The role that the user will have.
    pub role: u32,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
}

/// Checks that this user is allowed to invite.
///
/// # Errors
/// [`Refusal::Forbidden`].
pub fn may_invite(settings: &Settings, inviter: &User) -> Result<(), Refusal> {
    let roles = &settings.jwt_api.registration_allowed_roles;
    if roles.contains(&inviter.role) { Ok(()) } else { Err(Refusal::Forbidden) }
}

/// Whether the address is in use. Accounts of earlier invitations do not count: a new invitation replaces them.
///
/// # Errors
/// The table is unavailable.
pub async fn is_taken(cx: Context<'_>, email: &str) -> Result<bool, Refusal> {
    Ok(find_holders(cx, email, false).await?.is_taken())
}

/// Creates an account without a password, and mails the link with which the user sets one.
///
/// # Errors
/// [`Refusal::Invalid`] if the address is in use, or if the role is above the inviter's own; the table is unavailable.
pub async fn invite(cx: Context<'_>, inviter: &User, form: Form) -> Result<(), Refusal> {
    if form.role > inviter.role {
        let message = "You cannot give a role above your own.";
        return Err(Problem::field("role", "role_above_own", message).into());
    }
    let form = &form;
    let decide = |(), _: Option<Again>| async move {
        let holders = find_holders(cx, &form.email, false).await?;
        if holders.is_taken() {
            return Err(address_taken().into());
        }
        let mut user = User::new(UserId::new(cx.random()), cx.now());
        user.role = form.role;
        user.first_name.clone_from(&form.first_name);
        user.last_name.clone_from(&form.last_name);
        user.addresses.push(Address::new(&form.email, true, cx.random()));
        let lifetime = (cx.settings.account.email_confirmation_expire_days * 86_400.0) as i64;
        let (ticket, key) = Ticket::new(cx.app, Purpose::Invitation, &user, lifetime);
        let url = api_url(&cx.settings, &format!("/registration/verification/{key}/"));
        // An invitation replaces an earlier one that was not opened.
        let mut writes = replace(&user, &form.email, &holders)?;
        writes.push(Write::create(&ticket)?);
        writes.push(Write::create(&Message::mail(
            cx.app,
            MailKind::Invitation,
            &form.email,
            json!({"url": url}),
            lifetime,
        ))?);
        Ok(Decision::Write(writes, (), ()))
    };
    cx.store.run((), decide).await
}

/// The writes of a new account, which replaces accounts of earlier invitations to the same address that were not
/// opened.
fn replace(user: &User, email: &str, holders: &Holders) -> Result<Vec<Write>, StoreError> {
    let is_replaced = |claim: &&EmailClaim| holders.invitations.iter().any(|old| old.id == claim.user);
    let replaced = holders.claims.iter().filter(is_replaced).cloned().collect::<Vec<_>>();
    let mut writes = if replaced.iter().any(|claim| claim.owner) {
        [vec![Write::create(user)?], replace_email_claims(&replaced, email, user.id)?].concat()
    } else {
        let held = create(user, email, holders)?;
        held.into_iter().chain(replaced.iter().map(Write::delete)).collect()
    };
    writes.extend(holders.invitations.iter().map(Write::delete));
    Ok(writes)
}

/// The result of opening an invitation.
pub enum Opened {
    /// The capability to set a first password. It replaces the capability of an earlier click.
    Capability {
        /// The user who was invited.
        user: Box<User>,
        /// The text of the capability.
        text: String,
    },
    /// The account already has a password. Only the address was verified.
    Confirmed,
}

/// Opens an invitation: verifies its address, and returns a capability to set a password. It can be opened several
/// times until a password is set. Returns `None` if the key does not belong to an invitation.
///
/// # Errors
/// [`Refusal::InvalidToken`] if another user owns the address in the meantime; the table is unavailable.
pub async fn open(cx: Context<'_>, key: &str) -> Result<Option<Opened>, Refusal> {
    let decide = |(), _: Option<Again>| async move {
        let found = find_ticket(&cx.store, Purpose::Invitation, key).await?;
        let Some((ticket, mut user)) = found else { return Ok(Decision::Settled(None)) };
        let mut writes = vec![Write::check(&ticket)];
        if let Some(email) = user.primary_email().filter(|_| !user.has_verified_email(None)).map(str::to_owned) {
            let found = load(&cx.store, user.id, &email).await?;
            let (now, claims) = found.ok_or(Refusal::InvalidToken)?;
            if !can_own(&claims, now.id, cx.settings.account.unique_email) {
                return Err(Refusal::InvalidToken);
            }
            user = now.clone();
            let proof = ProvenEmail { email, user: now, claims };
            writes.extend(mark_verified(cx, &mut user, &proof).await?);
            writes.push(Write::replace(&user)?);
        }
        let opened = if user.has_usable_password() {
            Opened::Confirmed
        } else {
            let lifetime = cx.settings.jwt_api.access_token_lifetime;
            let (capability, text) = Ticket::new(cx.app, Purpose::SetCapability, &user, lifetime);
            writes.push(Write::overwrite(&capability)?);
            Opened::Capability { user: Box::new(user), text }
        };
        Ok(Decision::Write(writes, Some(opened), ()))
    };
    cx.store.run((), decide).await
}
