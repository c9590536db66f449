//! The login pipeline: the stages between having shown who one is and being in.

use super::permit::Permits;
use super::verify_email::VerifyEmail;
use super::{Outcome, Refusal};
use crate::account::User;
use crate::app::App;
use crate::outbox::Message;
use crate::session::{Caller, ClientInfo, Login, Session, StageKey};
use crate::store::{Item, StoreError, Write};

/// Whether a stage lets a login through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// On to the next.
    Pass,
    /// The person has something to do first.
    Halt,
}

/// What a stage works with. It decides without I/O, but for the permits that it asks for.
pub(super) struct Passage<'a> {
    pub app: &'a App,
    pub client: &'a ClientInfo,
    /// Who logs in; none where it only looks so.
    pub user: Option<&'a User>,
    pub login: &'a Login,
    /// The session that will hold the login, should it halt.
    pub session: &'a mut Session,
    /// What is sent, should the commit succeed.
    pub messages: &'a mut Vec<Message>,
    pub permits: &'a mut Permits,
}

/// A login that went as far as it can.
pub(super) enum Advance {
    /// Past every stage.
    Complete(Vec<Message>),
    /// Waiting at a stage.
    Halted(Box<Session>, Vec<Message>),
}

/// The stages, in the order of the reference.
const STAGES: [StageKey; 1] = [StageKey::VerifyEmail];

async fn enter(stage: StageKey, passage: &mut Passage<'_>) -> Result<Verdict, Refusal> {
    match stage {
        StageKey::VerifyEmail => VerifyEmail::enter(passage).await,
    }
}

/// Takes a login through the stages that it is not past yet. `session` is what holds it if it halts.
pub(super) async fn advance(
    app: &App,
    client: &ClientInfo,
    user: Option<&User>,
    mut login: Login,
    mut session: Session,
    permits: &mut Permits,
) -> Result<Advance, Refusal> {
    let mut messages = Vec::new();
    for stage in STAGES {
        if login.handled.contains(&stage) {
            continue;
        }
        login.current = Some(stage);
        let mut passage =
            Passage { app, client, user, login: &login, session: &mut session, messages: &mut messages, permits };
        match enter(stage, &mut passage).await? {
            Verdict::Pass => login.handled.push(stage),
            Verdict::Halt => {
                session.login = Some(login);
                return Ok(Advance::Halted(Box::new(session), messages));
            }
        }
    }
    Ok(Advance::Complete(messages))
}

/// The writes that make a halted login wait, and where that leaves the caller.
pub(super) fn wait(
    halted: Session,
    messages: &[Message],
    issued: Option<crate::session::Token>,
    before: &Caller,
) -> Result<(Vec<Write>, Outcome), StoreError> {
    let mut writes = vec![Write::save(&halted)?];
    for message in messages {
        writes.push(Write::create(message)?);
    }
    if let (Some(_), Caller::Pending(old)) = (&issued, before) {
        writes.push(Write::discard(old.key()));
    }
    let outcome = Outcome { caller: Caller::Pending(Box::new(halted)), issued, logged_in: false, ended: false };
    Ok((writes, outcome))
}
