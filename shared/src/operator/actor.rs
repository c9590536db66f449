//! The operator who makes changes.

use crate::account::UserId;
use crate::app::App;
use crate::flow::Context;
use crate::session::ClientInfo;
use std::ops::Deref;

/// The person or program that makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// An operator at the command line.
    Command,
    /// A program with an API key.
    Key {
        /// The id of the key.
        id: String,
        /// The name of the key.
        name: String,
    },
    /// A member of the staff.
    Staff {
        /// The member's id.
        id: UserId,
        /// The name that user interfaces show for the member.
        name: String,
    },
}

/// An operator at work. It dereferences to the parts of the service, so `operator.settings` and `operator.now()` work.
#[derive(Clone, Copy)]
pub struct Operator<'a> {
    /// The service's parts.
    pub app: &'a App,
    /// The person or program that makes the changes.
    pub actor: &'a Actor,
    /// The client that sent the request.
    pub client: &'a ClientInfo,
    /// Whether the service's own secret key is known. Without it, users are not notified of changes, because the service
    /// could not open the messages.
    pub has_secret_key: bool,
}

impl Operator<'_> {
    /// The context of the operations that operators share with users.
    pub(super) fn context(&self) -> Context<'_> {
        Context { app: self.app, client: self.client }
    }
}

impl Deref for Operator<'_> {
    type Target = App;

    fn deref(&self) -> &App {
        self.app
    }
}
