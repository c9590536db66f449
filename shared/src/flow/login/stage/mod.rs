//! The stages at which a login may have to stop, one file each. A stage decides whether the login has to stop, and
//! sends the message that the user then needs.
//!
//! A stage does not depend on the engine that runs it, or on the rules of other stages. It builds the mails and text
//! messages that it sends, and the operations that send them again use the same functions. The operation that completes
//! a stage is in the folder of its topic, such as `addresses` or `mfa`.

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

/// The requirement of a stage for a login to continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow) enum Need {
    /// Nothing. The login continues with the next stage.
    Nothing,
    /// A message. The login then continues with the next stage.
    Message,
    /// An action of the user. The login has to stop.
    Stop,
    /// An action that is impossible for this user. The login cannot continue.
    Impossible,
}

/// The data that a stage works with. A stage decides without I/O, except for rate limits.
pub(in crate::flow) struct StageContext<'a> {
    pub cx: Context<'a>,
    /// The user; `None` for a login that only imitates one.
    pub user: Option<&'a User>,
    pub login: &'a Login,
    /// The session that will hold the login if it has to wait.
    pub session: &'a mut Session,
    /// The messages that are sent if the commit succeeds.
    pub messages: &'a mut Vec<Message>,
    pub reservations: &'a mut Reservations,
}
