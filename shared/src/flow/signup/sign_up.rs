//! Signing up.

use crate::account::{
    Address, EmailClaim, IdentityClaim, NameClaim, Phone, PhoneClaim, User, UserId, UsernameProblem, check_username,
    claim_email, find_email_claims, find_name_claims, find_phone_claim, identity_claim_key, is_email, is_same_email,
    own_email, suggestions,
};
use crate::flow::login::engine::LoginAttempt;
use crate::flow::proven_identity::ProvenIdentity;
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Outcome, Problem, Refusal};
use crate::provider;
use crate::session::{Caller, Login};
use crate::settings::{EmailVerification, PreventEnumeration, RateAction, Settings};
use crate::store::{Again, Decision, Store, StoreError, Write};
use crate::throttle::Action;

/// The input of a signup, as far as it is valid. `problems` contains the rest.
#[derive(Default)]
pub struct Form {
    /// The email address, in lower case.
    pub email: Option<String>,
    /// The phone number, in E.164.
    pub phone: Option<String>,
    /// Whether the client filled in the field that is hidden from people.
    pub is_bot: bool,
    /// The username, as typed.
    pub username: Option<String>,
    /// Whether the user signs up with a passkey instead of a password.
    pub by_passkey: bool,
    /// The password, which is strong enough.
    pub password: Option<String>,
    /// The identity that a provider has confirmed, in place of a password.
    pub identity: Option<Box<ProvenIdentity>>,
    /// Whether a trusted provider has verified the address. Then the address is free unless another user has verified
    /// it.
    pub owns_email: bool,
    /// Whether the session is what permits this signup. Then it can be used only once.
    pub consumes_session: bool,
    /// The problems of the fields that can be found without the table.
    pub problems: Vec<Problem>,
}

/// The state of the table that a signup depends on.
struct Known {
    claims: Vec<EmailClaim>,
    /// The other addresses of the identity, with the claims on them.
    others: Vec<(provider::Address, Vec<EmailClaim>)>,
    identity_taken: bool,
    phone_taken: bool,
    username_taken: bool,
    /// A free username, if the user chose none and accounts have usernames.
    made: Option<String>,
}

/// The availability of an address.
pub(in crate::flow) enum Availability {
    Free,
    Taken,
    /// The address is in use, but the answer must not reveal this.
    Hidden,
}

/// Creates an account. Continues its first login until it is complete or has to wait.
///
/// # Errors
/// [`Refusal::RateLimited`], [`Refusal::Invalid`], then [`Refusal::Conflict`] for a logged-in caller, and
/// [`Refusal::Forbidden`] if signup is closed; the table is unavailable.
pub async fn signup(cx: Context<'_>, caller: Caller, form: Form) -> Result<Outcome, Refusal> {
    let account = &cx.settings.account;
    let wants_mail = email_verification(&cx.settings, &form) != EmailVerification::None
        && form.identity.is_none()
        && form.phone.is_none() // the login stops at the phone first; the mail is sent later
        && form.problems.is_empty()
        && caller.user().is_none()
        && account.signup_open;
    let mut reservations = Reservations::default();
    let actions = if form.identity.is_none() { vec![Action::new(RateAction::Signup)] } else { Vec::new() };
    let (limit, known, _) = futures_util::try_join!(
        cx.consume(cx.client.ip, &actions),
        look_up(cx, &form),
        ask_for_mail(cx, &form, wants_mail, &mut reservations),
    )?;
    let refusal = match limit {
        Err(limited) => Some(limited.into()),
        Ok(_) => refuse(&cx.settings, &caller, &form, &known),
    };
    if let Some(refusal) = refusal {
        reservations.give_back(cx).await;
        return Err(refusal);
    }
    if form.is_bot {
        // The answer does not reveal that the bot was noticed.
        reservations.give_back(cx).await;
        return Ok(Outcome::unchanged(caller));
    }
    let hash = match form.password.clone() {
        Some(password) => Some(cx.hash_password(password).await),
        None => None,
    };
    let (caller, form, hash) = (&caller, &form, &hash);
    let attempt = |(mut known, mut reservations): (Known, Reservations), again: Option<Again>| async move {
        if let Some(Again::Refused(_)) = again {
            // Another request has claimed the address or the name in the meantime.
            known = look_up(cx, form).await?;
            if let Some(refusal) = refuse(&cx.settings, caller, form, &known) {
                return Err(refusal);
            }
        }
        let (writes, outcome) = decide(cx, caller, form, &known, hash.clone(), &mut reservations).await?;
        Ok(Decision::Write(writes, outcome, (known, reservations)))
    };
    cx.store.run((known, reservations), attempt).await
}

fn email_verification(settings: &Settings, form: &Form) -> EmailVerification {
    match form.identity {
        Some(_) => settings.social_email_verification(),
        None => settings.account.email_verification,
    }
}

/// Reserves the mail that a valid form causes, in parallel with the other requests.
async fn ask_for_mail(
    cx: Context<'_>,
    form: &Form,
    wanted: bool,
    reservations: &mut Reservations,
) -> Result<(), StoreError> {
    if let (true, Some(email)) = (wanted, &form.email) {
        reservations.reserve(cx, RateAction::ConfirmEmail, email).await?;
    }
    Ok(())
}

async fn look_up(cx: Context<'_>, form: &Form) -> Result<Known, StoreError> {
    let claims = async {
        match &form.email {
            Some(email) => find_email_claims(&cx.store, email).await,
            None => Ok(Vec::new()),
        }
    };
    let phone = async {
        match &form.phone {
            Some(phone) => find_phone_claim(&cx.store, phone).await,
            None => Ok(None),
        }
    };
    let (claims, phone, (username_taken, made), (others, identity_taken)) =
        futures_util::try_join!(claims, phone, look_up_name(cx, form), look_up_identity(&cx.store, form))?;
    Ok(Known { claims, others, identity_taken, phone_taken: phone.is_some(), username_taken, made })
}

/// Reads the claims on the other addresses of the identity, and whether an account has the identity.
async fn look_up_identity(
    store: &Store,
    form: &Form,
) -> Result<(Vec<(provider::Address, Vec<EmailClaim>)>, bool), StoreError> {
    let Some(who) = &form.identity else { return Ok((Vec::new(), false)) };
    let mut own = form.email.iter().collect::<Vec<_>>();
    let mut others = who.identity.emails.iter().collect::<Vec<_>>();
    others.retain(|address| {
        let is_other = is_email(&address.email) && !own.iter().any(|known| is_same_email(known, &address.email));
        own.push(&address.email);
        is_other
    });
    let others = others.into_iter().take(User::MOST_ADDRESSES - 1);
    let others = others.map(|address| async move {
        find_email_claims(store, &address.email).await.map(|claims| (address.clone(), claims))
    });
    let key = identity_claim_key(&who.provider, &who.identity.subject);
    let taken = store.find::<IdentityClaim>(&key);
    let (others, taken) = futures_util::try_join!(futures_util::future::try_join_all(others), taken)?;
    Ok((others, taken.is_some()))
}

async fn look_up_name(cx: Context<'_>, form: &Form) -> Result<(bool, Option<String>), StoreError> {
    let account = &cx.settings.account;
    if let Some(username) = &form.username {
        let claims = find_name_claims(&cx.store, &[username]).await?;
        return Ok((claims.iter().any(|claims| !claims.is_empty()), None));
    }
    if account.username_field.is_none() || !form.problems.is_empty() {
        return Ok((false, None));
    }
    let names = form.identity.as_ref().map(|who| (who.identity.names(), who.identity.username.clone()));
    let ((first, last), username) = names.unwrap_or_default();
    let (username, email) = (username.unwrap_or_default(), form.email.clone().unwrap_or_default());
    let candidates = suggestions(&[&first, &last, &email, &username], account, &*cx.random);
    let names = candidates.iter().map(String::as_str).collect::<Vec<_>>();
    let taken = find_name_claims(&cx.store, &names).await?;
    let free = names.iter().zip(taken).find(|(_, claims)| claims.is_empty()).map(|(name, _)| (*name).to_owned());
    Ok((false, free))
}

/// Whether the address is available, as far as enumeration prevention allows the answer to reveal it.
pub(in crate::flow) fn assess(settings: &Settings, claims: &[EmailClaim]) -> Availability {
    let account = &settings.account;
    if claims.is_empty() || !account.unique_email {
        return Availability::Free;
    }
    match account.prevent_enumeration {
        PreventEnumeration::No => Availability::Taken,
        _ if account.email_verification == EmailVerification::Mandatory => Availability::Hidden,
        PreventEnumeration::Strict => Availability::Free,
        PreventEnumeration::Yes => Availability::Taken,
    }
}

fn availability(settings: &Settings, form: &Form, known: &Known) -> Availability {
    let verified = known.claims.iter().any(|claim| claim.verified);
    if form.owns_email && !verified { Availability::Free } else { assess(settings, &known.claims) }
}

fn refuse(settings: &Settings, caller: &Caller, form: &Form, known: &Known) -> Option<Refusal> {
    if known.identity_taken {
        return Some(Refusal::Conflict);
    }
    let mut problems = form.problems.clone();
    if matches!(availability(settings, form, known), Availability::Taken) {
        problems.push(match &form.identity {
            Some(who) => taken_elsewhere(who),
            None => Problem::email_taken("email"),
        });
    }
    let tells = settings.account.prevent_enumeration == PreventEnumeration::No;
    if known.phone_taken && tells {
        problems.push(Problem::field("phone", "", "A user is already registered with this phone number."));
    }
    if known.username_taken {
        problems.push(Problem::field("username", "username_taken", "A user with that username already exists."));
    }
    if !problems.is_empty() {
        Some(Refusal::Invalid(problems))
    } else if caller.user().is_some() && form.identity.is_none() {
        Some(Refusal::Conflict)
    } else if !settings.account.signup_open {
        Some(Refusal::Forbidden)
    } else {
        None
    }
}

fn taken_elsewhere(who: &ProvenIdentity) -> Problem {
    let message = format!(
        "An account already exists with this email address. Please sign in to that account first, then connect your {} \
         account.",
        who.provider_name
    );
    Problem::field("email", "email_taken", message)
}

/// The writes and the outcome of one attempt.
async fn decide(
    cx: Context<'_>,
    caller: &Caller,
    form: &Form,
    known: &Known,
    hash: Option<String>,
    reservations: &mut Reservations,
) -> Result<(Vec<Write>, Outcome), Refusal> {
    let hidden = matches!(availability(&cx.settings, form, known), Availability::Hidden) || known.phone_taken;
    let mut user = (!hidden).then(|| new_user(cx, form, known, hash));
    // The login of a new user waits for any of the user's addresses. A login that only imitates one has only this
    // address.
    let named = form.email.clone().filter(|_| user.is_none());
    let mut login = Login::new(user.as_ref(), named, true, &cx.settings, cx.now());
    login.phone.clone_from(&form.phone);
    login.by_passkey = form.by_passkey;
    login.email_verification = email_verification(&cx.settings, form).into();
    let methods = form.identity.as_ref().filter(|_| user.is_some()).map(|who| who.record(cx.now()));
    let methods = methods.into_iter().collect();
    let attempt = LoginAttempt { cx, caller, methods, consumes_session: form.consumes_session };
    let (mut writes, outcome) = attempt.proceed(user.as_mut(), login, reservations).await?;
    if let Some(user) = &user {
        writes.push(Write::create(user)?);
        for address in &user.addresses {
            writes.extend(hold(&cx.settings, user, address, known)?);
        }
        if let Some(who) = &form.identity {
            writes.push(Write::create(&who.claim(user))?);
        }
        if let Some(phone) = &user.phone {
            writes.push(Write::create(&PhoneClaim::new(&phone.number, user.id))?);
        }
        if let Some(name) = &user.username {
            writes.push(Write::create(&NameClaim::new(name, user.id))?);
        }
    }
    Ok((writes, outcome))
}

/// The writes of claiming a new user's address. If a provider has verified the address, the user becomes its owner.
fn hold(settings: &Settings, user: &User, address: &Address, known: &Known) -> Result<Vec<Write>, StoreError> {
    let others = known.others.iter().find(|(other, _)| other.email == address.email);
    let claims = others.map_or(&known.claims, |(_, claims)| claims);
    if address.verified
        && let Ok(writes) = own_email(claims, &address.email, user.id, settings.account.unique_email)?
    {
        return Ok(writes);
    }
    Ok(vec![claim_email(claims, &address.email, user.id)?])
}

/// The addresses of a new user, including those of the identity that are free. A verified address is the primary one.
fn addresses(cx: Context<'_>, form: &Form, known: &Known) -> Vec<Address> {
    let account = &cx.settings.account;
    let mut all = Vec::<Address>::new();
    if let Some(email) = &form.email {
        let mut address = Address::new(email, true, cx.random());
        let own =
            form.identity.iter().flat_map(|who| &who.identity.emails).find(|known| is_same_email(&known.email, email));
        let taken = account.unique_email && known.claims.iter().any(|claim| claim.verified);
        address.verified = own.is_some_and(|own| own.verified) && !taken;
        all.push(address);
    }
    for (other, claims) in &known.others {
        let strict = account.prevent_enumeration == PreventEnumeration::Strict;
        let conflicts = |claim: &EmailClaim| !strict || (other.verified && claim.verified);
        if !(account.unique_email && claims.iter().any(conflicts)) {
            let mut address = Address::new(&other.email, other.primary && all.is_empty(), cx.random());
            address.verified = other.verified;
            all.push(address);
        }
    }
    let rank = |address: &Address| (address.verified && address.primary, address.verified, address.primary);
    let first = all.iter().enumerate().max_by_key(|(place, address)| (rank(address), std::cmp::Reverse(*place)));
    if let Some(email) = first.map(|(_, address)| address.email.clone()) {
        for address in &mut all {
            address.primary = address.email == email;
        }
    }
    all
}

fn new_user(cx: Context<'_>, form: &Form, known: &Known, password: Option<String>) -> User {
    let mut user = User::new(UserId::new(cx.random()), cx.now());
    user.password = password;
    let name = form.username.clone().or_else(|| known.made.clone());
    let keep = cx.settings.account.preserve_username_casing;
    user.username = name.map(|name| if keep { name } else { name.to_lowercase() });
    user.addresses = addresses(cx, form, known);
    if let Some(who) = &form.identity {
        (user.first_name, user.last_name) = who.identity.names();
        who.add_to(&mut user);
    }
    user.phone = form.phone.as_deref().map(|number| Phone::new(number, false));
    user
}

/// The problems of a username, with the codes and messages of the API.
pub fn username_problems(settings: &Settings, username: &str) -> Vec<Problem> {
    let (minimum, length) = (settings.account.username_min_length, username.chars().count());
    let bounds =
        |which: &str, bound: usize| format!("Ensure this value has at {which} {bound} characters (it has {length}).");
    let say = |problem| match problem {
        UsernameProblem::Invalid => Problem::field(
            "username",
            "invalid",
            "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
        ),
        UsernameProblem::Blacklisted => {
            Problem::field("username", "username_blacklisted", "Username can not be used. Please use other username.")
        }
        UsernameProblem::TooShort => Problem::field("username", "min_length", bounds("least", minimum)),
        UsernameProblem::TooLong => Problem::field("username", "max_length", bounds("most", 150)),
    };
    check_username(username, &settings.account).into_iter().map(say).collect()
}
