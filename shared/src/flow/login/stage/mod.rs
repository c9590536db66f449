//! The stages that a login may have to stop at, one file each: whether it has to stop, and what it sends when it does.
//!
//! A stage knows nothing of the engine that runs it or of the other stages' rules. The mails and text messages that it sends are
//! built here, and the operations that send them again use these builders. What gets a login past a stage is the operation of the folder that the stage is about, such as `addresses` or
//! `mfa`.

pub(in crate::flow) mod login_by_code;
pub(in crate::flow) mod mfa_authenticate;
pub(in crate::flow) mod mfa_setup;
pub(in crate::flow) mod mfa_signup_webauthn;
pub(in crate::flow) mod mfa_trust;
pub(in crate::flow) mod verify_email;
pub(in crate::flow) mod verify_phone;

use crate::account::User;
use crate::flow::Context;
use crate::flow::reservations::Reservations;
use crate::outbox::Message;
use crate::session::{Login, Session};

/// What a stage asks of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow) enum Need {
    /// Nothing: on to the next stage.
    Nothing,
    /// Nothing, but a message goes out.
    Message,
    /// The person has to do something first.
    Stop,
    /// What nobody can do: the login cannot go on.
    Impossible,
}

/// What a stage works with. It decides without I/O, apart from the rate limits that it asks for.
pub(in crate::flow) struct StageContext<'a> {
    pub cx: Context<'a>,
    /// Who logs in; `None` where the login only looks like one.
    pub user: Option<&'a User>,
    pub login: &'a Login,
    /// The session that will hold the login if it has to wait.
    pub session: &'a mut Session,
    /// What is sent if the commit succeeds.
    pub messages: &'a mut Vec<Message>,
    pub reservations: &'a mut Reservations,
}
