//! The result of a login in the JWT API. The login engine decides, and this module stores the result as a session or as
//! a challenge.

use crate::account::User;
use crate::flow::login::engine::{Progress, advance};
use crate::flow::reservations::Reservations;
use crate::flow::{Context, Refusal};
use crate::session::{AuthenticationRecord, Login, Session, StageKey};
use crate::store::{StoreError, Write};
use crate::ticket::{Purpose, Ticket};

/// Seconds for which a challenge is valid, and the secret of an authenticator app that is being set up.
pub(super) const CHALLENGE: i64 = 300;

/// The state of a login after the user has authenticated.
#[derive(Debug)]
pub enum LoginState {
    /// Logged in. The client gets tokens of this session.
    LoggedIn(Box<(User, Session)>),
    /// The user has to use a second factor. This is the text of the challenge.
    SecondFactor(String),
    /// The user has to set up a second factor. This is the text of the challenge.
    Setup(String),
    /// The user has to verify the address. The tokens of the session are invalid until then.
    Verification(Box<(User, Session)>),
    /// Not logged in, because the login needs a stage that this API does not support. The rest of the operation is
    /// done.
    NotLoggedIn,
}

/// A login of the JWT API that the engine runs.
pub(super) struct JwtLogin<'a> {
    pub cx: Context<'a>,
    /// The method of authentication, as the claim `amr` names it.
    pub method: &'a str,
    /// The stages that the authentication has already passed.
    pub completed: &'a [StageKey],
    /// Whether this is a registration.
    pub signup: bool,
}

impl JwtLogin<'_> {
    /// Returns the writes and the result of the login.
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
        // No session waits in this API. A challenge stores what a stage would store in a session, or nothing does.
        let (mut scratch, _) = Session::pending(cx.app, cx.client);
        if !self.signup {
            // A user who signs up has not authenticated yet.
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

    /// The same as [`JwtLogin::proceed`], for operations that are done even if the user is not logged in afterwards, such
    /// as setting a new password.
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

/// Creates a session. Returns it with its write.
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
