//! The state that all providers share, and one application at one of them.

use super::config::AppConfig;
use super::documents::Documents;
use super::net::{Fetch, PlainHttp};
use std::sync::Arc;

/// The state that all providers share: the HTTP client and the cached documents. There is one for each process.
pub struct Engine {
    fetch: Arc<dyn Fetch>,
    plain_http: PlainHttp,
    query_email: bool,
    pub(super) documents: Documents,
}

impl Engine {
    /// Creates an engine. `query_email` is `SOCIALACCOUNT_QUERY_EMAIL`: whether addresses are requested.
    pub fn new(fetch: Arc<dyn Fetch>, plain_http: PlainHttp, query_email: bool) -> Self {
        Self { fetch, plain_http, query_email, documents: Documents::default() }
    }

    /// Returns the provider of an application.
    pub fn provider<'a>(&'a self, app: &'a AppConfig) -> Provider<'a> {
        Provider { engine: self, app }
    }

    pub(super) fn fetch(&self) -> &dyn Fetch {
        &*self.fetch
    }

    pub(super) fn plain_http(&self) -> PlainHttp {
        self.plain_http
    }

    pub(super) fn query_email(&self) -> bool {
        self.query_email
    }
}

/// One application at one provider. Times are in seconds since 1970.
#[derive(Clone, Copy)]
pub struct Provider<'a> {
    pub(super) engine: &'a Engine,
    pub(super) app: &'a AppConfig,
}

impl Provider<'_> {
    /// Returns the application.
    pub fn app(&self) -> &AppConfig {
        self.app
    }

    /// Returns the scopes to request if a request does not set any: `scope`, or `SCOPE`, or the provider's own.
    pub fn scopes(&self) -> Vec<String> {
        self.app.scopes(self.engine.query_email())
    }
}
