//! Second factors: showing one at login or again, setting up and removing them.

use crate::account::{Authenticator, Factor, TotpSecret, User};
use crate::app::App;
use crate::flow::addresses::trust::are_all_verified;
use crate::flow::login::engine::{Entrance, with_record};
use crate::flow::login::known_password::FAILED;
use crate::flow::login::reauthentication::{Recent, require, require_recent};
use crate::flow::login::stage::mfa_trust;
use crate::flow::mfa::webauthn;
use crate::flow::notify::notify;
use crate::flow::permits::Permits;
use crate::flow::{Outcome, Problem, Refusal};
use crate::secret::same;
use crate::session::{AuthenticationRecord, Caller, ClientInfo, Login, Session, StageKey, refresh};
use crate::store::{Committed, Item, Write};
use crate::throttle::Action;
use serde_json::{Value as Json, json};

/// The login that waits at a stage, and whose it is.
///
/// # Errors
/// [`Refusal::NotAuthenticated`] where none does; the table is unavailable.
pub async fn find_waiting(app: &App, caller: &Caller, stage: StageKey) -> Result<User, Refusal> {
    // Whoever is in already is told what anybody is.
    let told = if caller.user().is_some() { Caller::Anonymous } else { caller.clone() };
    let none = || Refusal::NotAuthenticated(told.clone());
    let Caller::Pending(session) = caller else { return Err(none()) };
    if session.pending_stage(&app.settings, app.now()) != Some(stage) {
        return Err(none());
    }
    let login = session.login.as_ref().ok_or_else(none)?;
    let id = login.user.ok_or_else(none)?;
    let user = app.store.find::<User>(&id.key()).await?;
    user.filter(|user| user.is_active && user.generation == login.generation).ok_or_else(none)
}

/// A caller who waits for a second factor, with the factors that they have now.
///
/// # Errors
/// The table is unavailable.
pub async fn with_factors(app: &App, caller: Caller) -> Result<Caller, Refusal> {
    let Caller::Pending(mut session) = caller else { return Ok(caller) };
    if session.pending_stage(&app.settings, app.now()) == Some(StageKey::MfaAuthenticate)
        && let Some(login) = session.login.as_mut()
        && let Some(id) = login.user
        && let Some(user) = app.store.find::<User>(&id.key()).await?
    {
        login.factors = user.factor_kinds();
    }
    Ok(Caller::Pending(session))
}

/// What somebody shows as second factor.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'a> {
    /// A code of an authenticator app, or a recovery code.
    Code(&'a str),
    /// The answer of a security key or a passkey.
    Credential(&'a Json),
}

impl Proof<'_> {
    /// The field that it came in.
    fn param(self) -> &'static str {
        match self {
            Self::Code(_) => "code",
            Self::Credential(_) => "credential",
        }
    }

    /// What can be said before it is counted as an attempt.
    fn check(self) -> Result<(), Refusal> {
        match self {
            Self::Code(_) => Ok(()),
            Self::Credential(response) => webauthn::check(response),
        }
    }

    /// Uses it up, with any of the user's authenticators that it is good for: which one that was.
    fn use_up(self, app: &App, session: &Session, user: &mut User) -> Result<AuthenticationRecord, Refusal> {
        match self {
            Self::Code(code) => {
                let used =
                    user.authenticators.iter_mut().find_map(|it| it.use_code(app, code).then(|| record(app, it)));
                Ok(used.ok_or_else(|| Problem::incorrect_code("code"))?)
            }
            Self::Credential(response) => webauthn::use_credential(app, session, user, response),
        }
    }
}

/// That this authenticator was shown now.
pub(in crate::flow) fn record(app: &App, used: &Authenticator) -> AuthenticationRecord {
    let mut record = AuthenticationRecord::new("mfa", app.now());
    (record.id, record.kind) = (Some(used.id), Some(used.factor.kind().to_owned()));
    record
}

/// What attempts are counted by. Each has a log of its own: no operation clears what another has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempts {
    /// Showing a second factor that the account has.
    Showing,
    /// Setting up an authenticator app.
    SettingUp,
}

/// Counts an attempt of a user, before it is compared.
async fn count(
    app: &App,
    client: &ClientInfo,
    user: &User,
    attempts: Attempts,
    param: &'static str,
) -> Result<String, Refusal> {
    let (key, code) = match attempts {
        Attempts::Showing => (format!("mfa-auth-user-{}", user.id), "too_many_login_attempts"),
        Attempts::SettingUp => (format!("mfa-setup-user-{}", user.id), "rate_limited"),
    };
    let consumed = app.consume(client.ip, &[Action::about(FAILED, &key)]).await?;
    consumed.map_err(|_| Problem { param: Some(param), code: code.into(), ..Problem::too_many_login_attempts() })?;
    Ok(key)
}

/// A good proof forgets the bad ones of the same user.
async fn forget(app: &App, key: &str) {
    if let Err(error) = app.forget(&Action::about(FAILED, key)).await {
        tracing::warn!(%error, "failed attempts stay counted");
    }
}

/// Shows a second factor at login. Each works once, whoever else shows it at the same moment.
///
/// # Errors
/// [`Refusal::Invalid`], [`Refusal::NotAuthenticated`]; the table is unavailable.
pub async fn authenticate(
    app: &App,
    client: &ClientInfo,
    caller: Caller,
    user: User,
    proof: Proof<'_>,
) -> Result<Outcome, Refusal> {
    proof.check()?;
    let key = count(app, client, &user, Attempts::Showing, proof.param()).await?;
    let mut user = user;
    let mut permits = Permits::default();
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let session = caller.session().ok_or_else(|| Refusal::NotAuthenticated(caller.clone()))?;
        let record = proof.use_up(app, session, &mut user)?;
        let waiting = session.login.clone().ok_or_else(|| Refusal::NotAuthenticated(caller.clone()))?;
        let login = past(waiting, StageKey::MfaAuthenticate);
        let entrance = Entrance {
            app,
            client,
            caller: &caller,
            methods: with_record(app, &caller, &user, record),
            spends_session: true,
        };
        let (mut writes, outcome) = entrance.proceed(Some(&mut user), login, &mut permits).await?;
        writes.push(Write::replace(&user)?);
        match app.store.commit(writes).await? {
            Committed::Done => {
                forget(app, &key).await;
                return Ok(outcome);
            }
            Committed::Refused(_) | Committed::Contended => user = reload(app, &caller, &user).await?,
        }
    }
}

pub(in crate::flow) fn past(mut login: Login, stage: StageKey) -> Login {
    login.handled.push(stage);
    login
}

/// The user as they are now, if the caller's session still stands as it was read.
pub(in crate::flow) async fn reload(app: &App, caller: &Caller, user: &User) -> Result<User, Refusal> {
    let gone = || Refusal::NotAuthenticated(Caller::Anonymous);
    let Some(session) = caller.session() else { return Err(gone()) };
    let (now, user) = app.store.find_two::<Session, User>(&session.key(), &user.key()).await?;
    now.filter(|now| now.version == session.version).ok_or_else(gone)?;
    // Whoever has changed their password meanwhile has shut this login out.
    let stands = |user: &User| session.login.as_ref().is_some_and(|login| login.generation == user.generation);
    user.filter(|user| user.is_active && stands(user)).ok_or_else(gone)
}

/// Says whether this browser is let off the second factor from now on: the outcome, and the cookie's value.
///
/// # Errors
/// [`Refusal::NotAuthenticated`]; the table is unavailable.
pub async fn trust(
    app: &App,
    client: &ClientInfo,
    caller: Caller,
    user: User,
    trusts: bool,
) -> Result<(Outcome, Option<String>), Refusal> {
    let mut user = user;
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let Some(session) = caller.session() else { return Err(Refusal::NotAuthenticated(caller)) };
        let waiting = session.login.clone().ok_or_else(|| Refusal::NotAuthenticated(caller.clone()))?;
        let login = past(waiting, StageKey::MfaTrust);
        let entrance =
            Entrance { app, client, caller: &caller, methods: session.methods.clone(), spends_session: true };
        let (mut writes, outcome) = entrance.proceed(Some(&mut user), login, &mut Permits::default()).await?;
        writes.push(Write::replace(&user)?);
        if let Committed::Done = app.store.commit(writes).await? {
            return Ok((outcome, trusts.then(|| mfa_trust::trust(app, client, &user))));
        }
        user = reload(app, &caller, &user).await?;
    }
}

/// Shows a second factor again, by somebody who is in.
///
/// # Errors
/// [`Refusal::Invalid`], [`Refusal::NotAuthenticated`]; the table is unavailable.
pub async fn reauthenticate(
    app: &App,
    client: &ClientInfo,
    user: User,
    session: Session,
    proof: Proof<'_>,
) -> Result<Outcome, Refusal> {
    proof.check()?;
    let key = count(app, client, &user, Attempts::Showing, proof.param()).await?;
    let mut at_work = Work { app, client, user, session };
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let (mut user, mut session) = (at_work.user.clone(), at_work.session.clone());
        let mut record = proof.use_up(app, &session, &mut user)?;
        record.reauthenticated = true;
        session.methods.push(record);
        session.ceremony = None;
        if at_work.commit(&user, &session, Vec::new()).await? {
            forget(app, &key).await;
            return Ok(at_work.outcome());
        }
    }
}

/// A user who changes their authenticators.
pub(in crate::flow) struct Work<'a> {
    pub app: &'a App,
    pub client: &'a ClientInfo,
    pub user: User,
    pub session: Session,
}

impl Work<'_> {
    /// Writes both, if they stand as they were read; otherwise reads them anew, for another attempt.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] where something else that is to be made is there already; the table is unavailable.
    pub async fn commit(&mut self, user: &User, session: &Session, more: Vec<Write>) -> Result<bool, Refusal> {
        let mut writes = vec![Write::replace(user)?, Write::replace(session)?];
        writes.extend(more);
        match self.app.store.commit(writes).await? {
            Committed::Done => {
                (self.user, self.session) = (user.clone(), session.clone());
                self.user.version += 1;
                self.session.version += 1;
                return Ok(true);
            }
            Committed::Refused(_) => return Err(Refusal::Conflict),
            Committed::Contended => {}
        }
        let now = refresh(self.app, &self.user, &self.session).await?;
        (self.user, self.session) = now.ok_or(Refusal::NotAuthenticated(Caller::Anonymous))?;
        Ok(false)
    }

    /// The same for a change of what the user's second factors are: every other session and login of the account ends.
    pub async fn commit_change(&mut self, user: &User, session: &Session, more: Vec<Write>) -> Result<bool, Refusal> {
        let mut user = user.clone();
        end_other_sessions(self.app, &mut user);
        let session = Session { generation: user.generation, ..session.clone() };
        self.commit(&user, &session, more).await
    }

    fn caller(&self) -> Caller {
        Caller::User(Box::new((self.user.clone(), self.session.clone())))
    }

    fn outcome(&self) -> Outcome {
        Outcome::unchanged(self.caller())
    }

    pub fn require_recent(&self) -> Result<(), Refusal> {
        require_recent(self.app, &self.user, &self.session, self.app.settings.mfa.reauthentication_required)
    }

    pub fn tell(&self, kind: &str) -> Result<Vec<Write>, Refusal> {
        Ok(notify(self.app, self.client, &self.user, None, kind, json!({}))?.into_iter().collect())
    }
}

/// Whether the user may set a second factor up: not before their addresses are verified, lest somebody who signed up
/// with another's address shuts the owner out.
///
/// # Errors
/// What stands against it.
pub fn may_add(app: &App, user: &User) -> Result<(), Problem> {
    if are_all_verified(app, user) || app.settings.mfa.allow_unverified_email {
        return Ok(());
    }
    let message = "You cannot activate two-factor authentication until you have verified your email address.";
    Err(Problem::general("unverified_email", message))
}

/// A secret for an authenticator app, which the session keeps until a code of it is shown, and its `otpauth` URL.
///
/// # Errors
/// [`Refusal::NotAuthenticated`]; the table is unavailable.
pub async fn begin_totp(app: &App, user: User, session: Session) -> Result<(TotpSecret, String), Refusal> {
    let secret = TotpSecret::new(app);
    let (mut user, mut session) = (user, session);
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        session.totp_setup = secret.seal(app);
        if let Committed::Done = app.store.commit(vec![Write::replace(&session)?]).await? {
            let url = totp_url(app, &user, &secret);
            return Ok((secret, url));
        }
        let now = refresh(app, &user, &session).await?;
        (user, session) = now.ok_or(Refusal::NotAuthenticated(Caller::Anonymous))?;
    }
}

/// What the authenticator app reads: for whom the code is, and with whom.
fn totp_url(app: &App, user: &User, secret: &TotpSecret) -> String {
    let settings = &app.settings;
    let label = user.primary_email().unwrap_or_else(|| user.display(settings));
    let issuer = match settings.mfa.totp_issuer.as_str() {
        "" => settings.site_name(),
        issuer => issuer,
    };
    secret.url(label, issuer, &settings.mfa)
}

/// Whether this is the secret of the authenticator app that the session sets up.
pub fn is_setting_up(app: &App, session: &Session, secret: &str) -> bool {
    let own = session.totp_setup.as_deref().and_then(|sealed| TotpSecret::open(app, sealed));
    own.is_some_and(|own| same(own.as_str().as_bytes(), secret.as_bytes()))
}

/// How an authenticator app is set up.
#[derive(Debug, Clone, Copy)]
pub struct Activation<'a> {
    /// A code that shows that it has the secret.
    pub code: &'a str,
    /// What shows that its owner asks.
    pub recent: Recent,
    /// Whether recovery codes that come with it are shown at once.
    pub shows_codes: bool,
}

/// Sets an authenticator app up. Recovery codes come with the first authenticator.
///
/// # Errors
/// [`Refusal::Invalid`], [`Refusal::ReauthenticationRequired`], [`Refusal::Conflict`] where there is one; the table is
/// unavailable.
pub async fn activate_totp(
    app: &App,
    client: &ClientInfo,
    user: User,
    session: Session,
    activation: Activation<'_>,
) -> Result<(Authenticator, Option<Authenticator>), Refusal> {
    let Activation { code, recent, shows_codes } = activation;
    may_add(app, &user).map_err(|problem| Problem { param: Some("code"), ..problem })?;
    if user.authenticator("totp").is_some() {
        return Err(Refusal::Conflict);
    }
    let key = count(app, client, &user, Attempts::SettingUp, "code").await?;
    let secret = session.totp_setup.as_deref().and_then(|sealed| TotpSecret::open(app, sealed));
    let secret = secret.filter(|secret| secret.step_of(app, code).is_some());
    let secret = secret.ok_or_else(|| Problem::incorrect_code("code"))?;
    let mut at_work = Work { app, client, user, session };
    require(app, &at_work.user, &at_work.session, app.settings.mfa.reauthentication_required, recent)?;
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let (mut user, mut session) = (at_work.user.clone(), at_work.session.clone());
        if user.authenticator("totp").is_some() || user.authenticators.len() >= Authenticator::MOST {
            return Err(Refusal::Conflict);
        }
        let totp = Authenticator::totp(app, &secret).ok_or(Refusal::Conflict)?;
        user.authenticators.push(totp.clone());
        let has_codes = add_recovery_codes(app, &mut user);
        if has_codes && shows_codes {
            mark_viewed(&mut user);
        }
        session.totp_setup = None;
        let told = at_work.tell("totp_activated")?;
        if at_work.commit_change(&user, &session, told).await? {
            forget(app, &key).await;
            let codes = user.authenticator("recovery_codes").filter(|_| has_codes).cloned();
            return Ok((totp, codes));
        }
    }
}

/// Ends every session and login of a user whose second factors change, but for the one that changes them, which is written
/// with the new generation (ASVS 5.0 7.4.3; `LATCHKEY_MFA_CHANGE_ENDS_SESSIONS`).
pub(in crate::flow) fn end_other_sessions(app: &App, user: &mut User) {
    user.generation += u64::from(app.settings.mfa.change_ends_sessions);
}

/// Recovery codes, where there are none yet: whether they were made.
pub(in crate::flow) fn add_recovery_codes(app: &App, user: &mut User) -> bool {
    let wanted = app.settings.mfa.supports("recovery_codes") && user.authenticator("recovery_codes").is_none();
    if wanted {
        user.authenticators.extend(Authenticator::recovery_codes(app));
    }
    wanted
}

/// Removes the authenticator app, if there is one.
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`]; the table is unavailable.
pub async fn deactivate_totp(app: &App, client: &ClientInfo, user: User, session: Session) -> Result<(), Refusal> {
    let mut at_work = Work { app, client, user, session };
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        if at_work.user.authenticator("totp").is_none() {
            return Ok(());
        }
        at_work.require_recent()?;
        let (mut user, session) = (at_work.user.clone(), at_work.session.clone());
        user.remove_authenticators(|it| it.factor.kind() == "totp");
        let told = at_work.tell("totp_deactivated")?;
        if at_work.commit_change(&user, &session, told).await? {
            return Ok(());
        }
    }
}

/// The user's recovery codes, and whether they may be seen (again).
///
/// # Errors
/// [`Refusal::ReauthenticationRequired`]; the table is unavailable.
pub async fn view_recovery_codes(
    app: &App,
    client: &ClientInfo,
    user: User,
    session: Session,
) -> Result<Option<(Authenticator, bool)>, Refusal> {
    let mut at_work = Work { app, client, user, session };
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        let Some(codes) = at_work.user.authenticator("recovery_codes").cloned() else { return Ok(None) };
        at_work.require_recent()?;
        let Factor::RecoveryCodes { viewed, .. } = codes.factor else { return Ok(None) };
        if viewed {
            return Ok(Some((codes, !app.settings.mfa.recovery_codes_show_once)));
        }
        let (mut user, session) = (at_work.user.clone(), at_work.session.clone());
        mark_viewed(&mut user);
        if at_work.commit(&user, &session, Vec::new()).await? {
            return Ok(Some((codes, true)));
        }
    }
}

fn mark_viewed(user: &mut User) {
    for it in &mut user.authenticators {
        if let Factor::RecoveryCodes { viewed, .. } = &mut it.factor {
            *viewed = true;
        }
    }
}

/// Whether there is something to recover for.
///
/// # Errors
/// What stands against it.
pub fn may_generate_recovery_codes(user: &User) -> Result<(), Problem> {
    if user.has_second_factor() {
        return Ok(());
    }
    let message = "You cannot generate recovery codes without having two-factor authentication enabled.";
    Err(Problem::general("cannot_generate_recovery_codes", message))
}

/// New recovery codes in place of the old ones.
///
/// # Errors
/// [`Refusal::Invalid`] where there is nothing to recover for, [`Refusal::ReauthenticationRequired`]; the table is
/// unavailable.
pub async fn generate_recovery_codes(
    app: &App,
    client: &ClientInfo,
    user: User,
    session: Session,
) -> Result<Authenticator, Refusal> {
    let mut at_work = Work { app, client, user, session };
    let mut attempts = app.store.attempts();
    loop {
        attempts.next().await?;
        may_generate_recovery_codes(&at_work.user)?;
        at_work.require_recent()?;
        let (mut user, session) = (at_work.user.clone(), at_work.session.clone());
        user.authenticators.retain(|it| it.factor.kind() != "recovery_codes");
        add_recovery_codes(app, &mut user);
        mark_viewed(&mut user);
        let told = at_work.tell("recovery_codes_generated")?;
        if at_work.commit(&user, &session, told).await? {
            return at_work.user.authenticator("recovery_codes").cloned().ok_or(Refusal::Conflict);
        }
    }
}
