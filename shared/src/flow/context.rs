//! The context of an operation.

use crate::app::App;
use crate::session::ClientInfo;
use std::ops::Deref;

/// The context of an operation: the service's parts, and the client that sent the request. It dereferences to the
/// parts, so `cx.settings` and `cx.now()` work.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The service's parts.
    pub app: &'a App,
    /// The client that sent the request.
    pub client: &'a ClientInfo,
}

impl Deref for Context<'_> {
    type Target = App;

    fn deref(&self) -> &App {
        self.app
    }
}
