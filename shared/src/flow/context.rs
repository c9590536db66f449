//! What an operation works with.

use crate::app::App;
use crate::session::ClientInfo;
use std::ops::Deref;

/// What an operation works with: the service's parts, and the client that asked. The parts are at hand as its own, such as
/// `cx.settings` and `cx.now()`.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The service's parts.
    pub app: &'a App,
    /// Who asks, as far as the network shows.
    pub client: &'a ClientInfo,
}

impl Deref for Context<'_> {
    type Target = App;

    fn deref(&self) -> &App {
        self.app
    }
}
