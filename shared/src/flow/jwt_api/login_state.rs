//! Where a login of the JWT API has led: the login engine decides, and this module keeps what it decided as a session or as
//! a challenge.

use crate::account::User;
use crate::flow::login::engine::{Progress, advance};
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Refusal};
use crate::session::{AuthenticationRecord, Login, Session, StageKey};
use crate::store::{StoreError, Write};
use crate::ticket::{Purpose, Ticket};

/// Seconds that a challenge lives, and the secret of an authenticator app that is being set up.
pub(super) const CHALLENGE: i64 = 300;

/// Where somebody stands who has shown who they are.
#[derive(Debug)]
pub enum LoginState {
    /// In: the session whose tokens they get.
    LoggedIn(Box<(User, Session)>),
    /// They have to show a second factor; this names the challenge.
    SecondFactor(String),
    /// They have to set up a second factor; this names the challenge.
    Setup(String),
    /// They have to verify their address. The tokens of the session are worth nothing before that.
    Verification(Box<(User, Session)>),
    /// Not in: the login needs a step that this API does not have. What else was asked for is done.
    NotLoggedIn,
}

/// A login of the JWT API that the engine takes as far as it goes.
pub(super) struct JwtLogin<'a> {
    pub cx: Context<'a>,
    /// How the person showed who they are, as `amr` names it.
    pub method: &'a str,
    /// Stages that what they showed has taken them past.
    pub completed: &'a [StageKey],
    /// Whether this is a registration.
    pub signup: bool,
}

impl JwtLogin<'_> {
    /// The writes of the login, and where it leads.
    ///
    /// # Errors
    /// [`Refusal::StageRefused`]; the table is unavailable.
    pub async fn proceed(
        &self,
        user: &User,
        reservations: &mut Reservations,
    ) -> Result<(Vec<Write>, LoginState), Refusal> {
        let cx = self.cx;
        let mut login = Login::new(Some(user), None, self.signup, &cx.settings, cx.now());
        self.completed.iter().for_each(|stage| login.complete(*stage));
        // No session waits here: what a stage would keep in it is kept by a challenge, or not at all.
        let (mut scratch, _) = Session::pending(cx.app, cx.client);
        if !self.signup {
            // Whoever signs up has shown nothing yet.
            scratch.methods.push(AuthenticationRecord::new(self.method, cx.now()));
        }
        let mut messages = Vec::new();
        let progress = advance(cx, Some(user), &mut login, &mut scratch, &mut messages, reservations).await?;
        let (mut writes, state) = match progress {
            Progress::LoggedIn => {
                let (session, write) = open(cx, user, self.method, false)?;
                (vec![write], LoginState::LoggedIn(Box::new((user.clone(), session))))
            }
            Progress::Waiting(StageKey::MfaAuthenticate) => {
                let (ticket, text) = Ticket::new(cx.app, Purpose::LoginChallenge, user, CHALLENGE);
                (vec![Write::create(&ticket)?], LoginState::SecondFactor(text))
            }
            Progress::Waiting(StageKey::MfaSetup) => {
                let (ticket, text) = Ticket::new(cx.app, Purpose::SetupChallenge, user, CHALLENGE);
                (vec![Write::create(&ticket)?], LoginState::Setup(text))
            }
            Progress::Waiting(StageKey::VerifyEmail) => {
                let (session, write) = open(cx, user, self.method, true)?;
                (vec![write], LoginState::Verification(Box::new((user.clone(), session))))
            }
            Progress::Waiting(
                stage @ (StageKey::LoginByCode
                | StageKey::VerifyPhone
                | StageKey::MfaTrust
                | StageKey::MfaSignupWebauthn),
            ) => return Err(Refusal::StageRefused(stage)),
            Progress::Aborted => return Err(login.stage().map_or(Refusal::Inactive, Refusal::StageRefused)),
        };
        for message in &messages {
            writes.push(Write::create(message)?);
        }
        Ok((writes, state))
    }

    /// The same for what is done whether or not the person is in afterwards, such as a new password.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn proceed_if_possible(&self, user: &User) -> Result<(Vec<Write>, LoginState), Refusal> {
        match self.proceed(user, &mut Reservations::default()).await {
            Err(Refusal::StageRefused(_) | Refusal::Inactive | Refusal::RateLimited(_)) => {
                Ok((Vec::new(), LoginState::NotLoggedIn))
            }
            entered => entered,
        }
    }
}

/// A new session, and its write.
pub(super) fn open(
    cx: Context<'_>,
    user: &User,
    method: &str,
    waits_for_email: bool,
) -> Result<(Session, Write), StoreError> {
    let mut session = Session::of_bearer(cx.app, user, cx.client, waits_for_email);
    session.methods.push(AuthenticationRecord::new(method, cx.now()));
    let write = Write::create(&session)?;
    session.version = 1;
    Ok((session, write))
}
