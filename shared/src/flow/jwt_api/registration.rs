//! Registering.

use super::{Denied, Entry, Passage, address_taken_mail, link, open, passage};
use crate::account::{
    Address, EmailClaim, NameClaim, PhoneClaim, User, UserId, claim_email, find_email_claims, fold_username,
    release_email,
};
use crate::app::App;
use crate::flow::permit::Permits;
use crate::flow::stage::verify_email::{confirmation_mail, link_key};
use crate::session::{ClientInfo, Session};
use crate::settings::{EmailVerification, PreventEnumeration, TotpMode};
use crate::store::{Committed, Item, StoreError, Write};
use crate::throttle::{Action, Limit};
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
    /// They are in, or have to set a second factor up first.
    Entered(Entry),
    /// They have to verify the address first, and to set a second factor up, where the challenge is given. The session
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
    claims: Vec<EmailClaim>,
    users: Vec<User>,
    is_taken: bool,
}

impl Holders {
    /// Whether somebody has it, and the caller may be told so.
    pub fn is_visibly_taken(&self, app: &App) -> bool {
        self.is_taken && !hides(app)
    }

    /// Whether somebody has it.
    pub fn is_taken(&self) -> bool {
        self.is_taken
    }
}

/// Whether answers hide that an account exists: that takes a mail that nobody but its reader knows of.
fn hides(app: &App) -> bool {
    let mandatory = app.settings.jwt_api.verification() == EmailVerification::Mandatory;
    mandatory && app.settings.account.prevent_enumeration != PreventEnumeration::No
}

/// Who holds an address that somebody wants to register with, within the limits of that.
///
/// # Errors
/// [`Denied::RateLimited`]; the table is unavailable.
pub async fn look_up(app: &App, client: &ClientInfo, email: &str) -> Result<Holders, Denied> {
    let actions = [Action::new("signup")];
    let (limit, holders) = futures_util::try_join!(app.consume(client.ip, &actions), find_holders(app, email, true))?;
    limit.map_err(|limited| Denied::RateLimited(limited.seconds))?;
    Ok(holders)
}

/// Who holds an address. It is taken once anybody has verified it, has been in, is staff, has come by way of a provider or
/// with a passkey, or is `invited`, where that counts; until then a registration takes the place of the one before.
pub(super) async fn find_holders(app: &App, email: &str, invited: bool) -> Result<Holders, StoreError> {
    let claims = find_email_claims(&app.store, email).await?;
    let mut ids = claims.iter().map(|claim| claim.user).collect::<Vec<_>>();
    if ids.is_empty() {
        ids.push(UserId::NOBODY); // the way is as long
    }
    let find = |id: UserId| async move {
        app.store.find_two::<Ticket, User>(&Ticket::key_of(id, Purpose::Invitation), &id.key()).await
    };
    let found = futures_util::future::try_join_all(ids.into_iter().map(find)).await?;
    let flag = |user: &User, name: &str| user.attributes.get(name).is_some_and(|value| value == true);
    let is_claimed = |(ticket, user): &(Option<Ticket>, Option<User>)| {
        user.as_ref().is_some_and(|user| {
            let waits = ticket.as_ref().is_some_and(|ticket| ticket.fits(user));
            user.last_login.is_some()
                || user.has_verified_email(None)
                || flag(user, "is_staff")
                || flag(user, "is_superuser")
                || !user.identities.is_empty()
                || user.credentials().next().is_some()
                || (invited && waits && !user.has_usable_password())
        })
    };
    let unique = app.settings.account.unique_email;
    let is_taken = unique && (claims.iter().any(|claim| claim.verified) || found.iter().any(is_claimed));
    let users = found.into_iter().filter_map(|(_, user)| user).collect();
    Ok(Holders { claims, users, is_taken })
}

/// What a new account writes, in place of those that never came to be used.
pub(super) async fn create(app: &App, user: &User, email: &str, holders: &Holders) -> Result<Vec<Write>, StoreError> {
    let mut writes = vec![Write::create(user)?];
    if !app.settings.account.unique_email {
        writes.push(claim_email(&holders.claims, email, user.id)?);
        return Ok(writes);
    }
    for old in &holders.users {
        writes.push(Write::delete(old));
        for address in old.addresses.iter().filter(|address| address.email != email) {
            writes.extend(release_email(&find_email_claims(&app.store, &address.email).await?, old.id)?);
        }
        if let Some(name) = &old.username {
            let claim = NameClaim { name: fold_username(name), user: old.id, version: 0 };
            writes.push(Write::discard(claim.key()));
        }
        if let Some(phone) = &old.phone {
            let claim = PhoneClaim { phone: phone.number.clone(), user: old.id, version: 0 };
            writes.push(Write::discard(claim.key()));
        }
    }
    match holders.claims.iter().find(|claim| claim.owner) {
        Some(old) => {
            let claim = EmailClaim { version: old.version, ..EmailClaim::owner(email, user.id, false) };
            writes.push(Write::replace(&claim)?);
        }
        None => writes.push(Write::create(&EmailClaim::owner(email, user.id, false))?),
    }
    writes.extend(holders.claims.iter().filter(|claim| !claim.owner).map(Write::delete));
    Ok(writes)
}

/// Makes an account. A registration that nobody ever used gives way to the next with the same address.
///
/// # Errors
/// [`Denied::AddressTaken`]; the table is unavailable.
pub async fn register(app: &App, client: &ClientInfo, form: Form, holders: Holders) -> Result<Registered, Denied> {
    let hash = app.hash_password(form.password.clone()).await;
    let mut holders = holders;
    let mut permits = Permits::default();
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let (writes, registered) = if holders.is_taken {
            if !hides(app) {
                return Err(Denied::AddressTaken);
            }
            pretend(app, &form.email).await?
        } else {
            decide(app, client, &form, &hash, &holders, &mut permits).await?
        };
        if let Committed::Done = app.store.commit(writes).await? {
            return Ok(registered);
        }
        holders = find_holders(app, &form.email, true).await?;
    }
}

/// The answer for an address that is free, and a mail to its owner in place of an account: one in three minutes.
async fn pretend(app: &App, email: &str) -> Result<(Vec<Write>, Registered), Denied> {
    let limit = Limit { name: "address_taken_mail", key: email, amount: 1, seconds: 180 };
    let mut writes = Vec::new();
    if app.consume_of(&limit).await? {
        writes.push(Write::create(&address_taken_mail(app, email))?);
    }
    let required = app.settings.jwt_api.mfa_totp_mode == TotpMode::Required;
    let setup = required.then(|| Ticket::lookalike(app, Purpose::SetupChallenge, 0).1);
    Ok((writes, Registered::Waits { setup, session: None }))
}

async fn decide(
    app: &App,
    client: &ClientInfo,
    form: &Form,
    hash: &str,
    holders: &Holders,
    permits: &mut Permits,
) -> Result<(Vec<Write>, Registered), Denied> {
    let verification = app.settings.jwt_api.verification();
    let mut user = User::new(UserId::new(app.random()), app.now());
    user.password = Some(hash.to_owned());
    user.first_name.clone_from(&form.first_name);
    user.last_name.clone_from(&form.last_name);
    let on_trust = verification == EmailVerification::None;
    let address = Address { on_trust, ..Address::new(&form.email, true, app.random()) };
    user.addresses.push(address.clone());
    let waits = verification == EmailVerification::Mandatory;
    if !waits {
        user.last_login = Some(app.now());
    }
    let mut writes = create(app, &user, &form.email, holders).await?;
    let wants_mail = verification != EmailVerification::None;
    if wants_mail && permits.ask(app, client, "confirm_email", &form.email).await? {
        let key = link_key(app, &user, &address);
        let url = link(app, &format!("/registration/verification/{key}/"));
        writes.push(Write::create(&confirmation_mail(app, &user, &address, &url))?);
    }
    let registered = match passage(app, &user) {
        Passage::Waits(ticket, entry) => {
            writes.push(Write::create(&*ticket)?);
            match entry {
                Entry::Setup(text) if waits => Registered::Waits { setup: Some(text), session: None },
                entry => Registered::Entered(entry),
            }
        }
        Passage::Free if hides(app) => Registered::Waits { setup: None, session: None },
        Passage::Free => {
            let (session, write) = open(app, client, &user, "password", waits)?;
            writes.push(write);
            user.version = 1;
            let parts = Box::new((user, session));
            match waits {
                true => Registered::Waits { setup: None, session: Some(parts) },
                false => Registered::Entered(Entry::In(parts)),
            }
        }
    };
    Ok((writes, registered))
}
