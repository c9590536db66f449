//! Signing up.

use super::permit::Permits;
use super::pipeline::Entrance;
use super::{Outcome, Problem, Refusal};
use crate::account::{
    Address, EmailClaim, NameClaim, Phone, PhoneClaim, User, UserId, UsernameProblem, check_username, claim_email,
    find_email_claims, find_phone_claim, fold_username, name_key, suggestions,
};
use crate::app::App;
use crate::session::{Caller, ClientInfo, Login};
use crate::settings::{EmailVerification, PreventEnumeration};
use crate::store::{Committed, StoreError, Write};
use crate::throttle::Action;

/// What somebody signs up with, as far as it could be read; what could not is among the problems.
#[derive(Default)]
pub struct Form {
    /// In lower case.
    pub email: Option<String>,
    /// In E.164.
    pub phone: Option<String>,
    /// Whether a field was filled in that people do not see.
    pub is_bot: bool,
    /// As typed.
    pub username: Option<String>,
    /// Whether a passkey is to take the place of a password.
    pub by_passkey: bool,
    /// Strong enough.
    pub password: Option<String>,
    /// What is wrong with the fields, without a look at the table.
    pub problems: Vec<Problem>,
}

/// What the table says about a form.
struct Known {
    claims: Vec<EmailClaim>,
    phone_taken: bool,
    username_taken: bool,
    /// A free username, where one has to be made.
    made: Option<String>,
}

/// What becomes of an address that others hold.
pub(super) enum Availability {
    Free,
    Taken,
    /// Taken, and nobody may notice.
    Hidden,
}

/// Makes an account and takes its first login as far as it goes.
///
/// # Errors
/// [`Refusal::RateLimited`], [`Refusal::Invalid`], then [`Refusal::Conflict`] for those who are logged in, and
/// [`Refusal::Forbidden`] where signup is closed; the table is unavailable.
pub async fn signup(app: &App, client: &ClientInfo, caller: Caller, form: Form) -> Result<Outcome, Refusal> {
    let account = &app.settings.account;
    let wants_mail = account.email_verification != EmailVerification::None
        && form.problems.is_empty()
        && caller.user().is_none()
        && account.signup_open;
    let mut permits = Permits::default();
    let actions = [Action::new("signup")];
    let (limit, mut known, _) = futures_util::try_join!(
        app.consume(client.ip, &actions),
        look_up(app, &form),
        ask_for_mail(app, client, &form, wants_mail, &mut permits),
    )?;
    let refusal = match limit {
        Err(_) => Some(Refusal::RateLimited),
        Ok(_) => refuse(app, &caller, &form, &known),
    };
    if let Some(refusal) = refusal {
        permits.give_back(app).await;
        return Err(refusal);
    }
    if form.is_bot {
        // It is not told that it was noticed.
        permits.give_back(app).await;
        return Ok(Outcome::unchanged(caller));
    }
    let hash = match form.password.clone() {
        Some(password) => Some(app.hash_password(password).await),
        None => None,
    };
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let decided = decide(app, client, &caller, &form, &known, hash.clone(), &mut permits).await?;
        match app.store.commit(decided.0).await? {
            Committed::Done => return Ok(decided.1),
            Committed::Contended => {}
            Committed::Refused(_) => {
                // Somebody took the address or the name in the meantime.
                known = look_up(app, &form).await?;
                if let Some(refusal) = refuse(app, &caller, &form, &known) {
                    return Err(refusal);
                }
            }
        }
    }
}

/// The permit for the mail that a good form will cause, beside the other questions.
async fn ask_for_mail(
    app: &App,
    client: &ClientInfo,
    form: &Form,
    wanted: bool,
    permits: &mut Permits,
) -> Result<(), StoreError> {
    if let (true, Some(email)) = (wanted, &form.email) {
        permits.ask(app, client, "confirm_email", email).await?;
    }
    Ok(())
}

async fn look_up(app: &App, form: &Form) -> Result<Known, StoreError> {
    let claims = async {
        match &form.email {
            Some(email) => find_email_claims(&app.store, email).await,
            None => Ok(Vec::new()),
        }
    };
    let phone = async {
        match &form.phone {
            Some(phone) => find_phone_claim(&app.store, phone).await,
            None => Ok(None),
        }
    };
    let (claims, phone, (username_taken, made)) = futures_util::try_join!(claims, phone, look_up_name(app, form))?;
    Ok(Known { claims, phone_taken: phone.is_some(), username_taken, made })
}

async fn look_up_name(app: &App, form: &Form) -> Result<(bool, Option<String>), StoreError> {
    let account = &app.settings.account;
    if let Some(username) = &form.username {
        let claim = app.store.find::<NameClaim>(&name_key(username)).await?;
        return Ok((claim.is_some(), None));
    }
    if account.username_field.is_none() || !form.problems.is_empty() {
        return Ok((false, None));
    }
    let candidates = suggestions(&[form.email.as_deref().unwrap_or_default()], account, &*app.chance);
    let keys = candidates.iter().map(|name| name_key(name)).collect::<Vec<_>>();
    let taken = app.store.find_all::<NameClaim>(&keys).await?;
    Ok((false, candidates.into_iter().zip(taken).find(|(_, claim)| claim.is_none()).map(|(name, _)| name)))
}

/// Whether the address is free, as far as enumeration prevention lets anybody know.
pub(super) fn assess(app: &App, claims: &[EmailClaim]) -> Availability {
    let account = &app.settings.account;
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

fn refuse(app: &App, caller: &Caller, form: &Form, known: &Known) -> Option<Refusal> {
    let mut problems = form.problems.clone();
    if matches!(assess(app, &known.claims), Availability::Taken) {
        problems.push(Problem::email_taken("email"));
    }
    let tells = app.settings.account.prevent_enumeration == PreventEnumeration::No;
    if known.phone_taken && tells {
        problems.push(Problem::field("phone", "", "A user is already registered with this phone number."));
    }
    if known.username_taken {
        problems.push(Problem::field("username", "username_taken", "A user with that username already exists."));
    }
    if !problems.is_empty() {
        Some(Refusal::Invalid(problems))
    } else if caller.user().is_some() {
        Some(Refusal::Conflict)
    } else if !app.settings.account.signup_open {
        Some(Refusal::Forbidden)
    } else {
        None
    }
}

/// The writes of one attempt and where they lead.
async fn decide(
    app: &App,
    client: &ClientInfo,
    caller: &Caller,
    form: &Form,
    known: &Known,
    hash: Option<String>,
    permits: &mut Permits,
) -> Result<(Vec<Write>, Outcome), Refusal> {
    let hidden = matches!(assess(app, &known.claims), Availability::Hidden) || known.phone_taken;
    let mut user = (!hidden).then(|| new_user(app, form, known, hash));
    // A user's login waits for any address of theirs; one that only looks like it has no other than this.
    let named = form.email.clone().filter(|_| user.is_none());
    let mut login = Login::new(user.as_ref(), named, true, &app.settings, app.now());
    login.phone.clone_from(&form.phone);
    login.by_passkey = form.by_passkey;
    let entrance = Entrance { app, client, caller, methods: Vec::new(), spends_session: false };
    let (mut writes, outcome) = entrance.proceed(user.as_mut(), login, permits).await?;
    if let Some(user) = &user {
        writes.push(Write::create(user)?);
        if let Some(email) = &form.email {
            writes.push(claim_email(&known.claims, email, user.id)?);
        }
        if let Some(phone) = &user.phone {
            writes.push(Write::create(&PhoneClaim { phone: phone.number.clone(), user: user.id, version: 0 })?);
        }
        if let Some(name) = &user.username {
            writes.push(Write::create(&NameClaim { name: fold_username(name), user: user.id, version: 0 })?);
        }
    }
    Ok((writes, outcome))
}

fn new_user(app: &App, form: &Form, known: &Known, password: Option<String>) -> User {
    let mut user = User::new(UserId::new(app.random()), app.now());
    user.password = password;
    let name = form.username.clone().or_else(|| known.made.clone());
    let keep = app.settings.account.preserve_username_casing;
    user.username = name.map(|name| if keep { name } else { name.to_lowercase() });
    user.addresses.extend(form.email.iter().map(|email| Address::new(email, true, app.random())));
    user.phone = form.phone.clone().map(|number| Phone { number, verified: false });
    user
}

/// What is wrong with a username, in the words of the API.
pub fn username_problems(app: &App, username: &str) -> Vec<Problem> {
    let minimum = app.settings.account.username_min_length;
    let say = |problem| match problem {
        UsernameProblem::Invalid => Problem::field(
            "username",
            "invalid",
            "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
        ),
        UsernameProblem::Blacklisted => {
            Problem::field("username", "username_blacklisted", "Username can not be used. Please use other username.")
        }
        UsernameProblem::TooShort => {
            Problem::field("username", "min_length", format!("Ensure this value has at least {minimum} characters."))
        }
        UsernameProblem::TooLong => {
            Problem::field("username", "max_length", "Ensure this value has at most 150 characters.")
        }
    };
    check_username(username, &app.settings.account).into_iter().map(say).collect()
}
