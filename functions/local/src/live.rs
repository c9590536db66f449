//! The running service, whose settings can be changed without a restart.

use crate::switches::Switches;
use crate::{Error, Parts};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use shared::settings::{Settings, Source};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, PoisonError, RwLock};
use tower::ServiceExt;

/// The service's endpoints with the current settings.
pub(crate) struct Live {
    parts: Parts,
    source: Source,
    current: RwLock<Current>,
}

struct Current {
    switches: Switches,
    settings: Arc<Settings>,
    router: Router,
}

impl Live {
    /// Creates the service with these settings.
    ///
    /// # Errors
    /// The settings put two endpoints at the same path.
    pub(crate) fn new(parts: Parts, source: Source, settings: Arc<Settings>) -> Result<Self, Error> {
        let router = parts.router(&settings)?;
        let current = RwLock::new(Current { switches: Switches::default(), settings, router });
        Ok(Self { parts, source, current })
    }

    /// Replaces the endpoints with those of other settings: the settings at startup, overridden by the settings of the
    /// switches. Requests in progress keep the settings with which they started.
    ///
    /// # Errors
    /// The settings contradict each other. Nothing changes.
    pub(crate) fn switch(&self, switches: Switches) -> Result<(), Error> {
        let source = switches
            .settings()
            .into_iter()
            .fold(self.source.clone(), |source, (name, value)| source.with_override(name, value));
        let settings = Arc::new(Settings::load(&source)?);
        let router = self.parts.router(&settings)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Current { switches, settings, router };
        Ok(())
    }

    /// Returns the positions of the switches.
    pub(crate) fn switches(&self) -> Switches {
        self.read(|current| current.switches.clone())
    }

    /// Returns the settings that were switched.
    pub(crate) fn overrides(&self) -> BTreeMap<&'static str, &'static str> {
        self.read(|current| current.switches.settings())
    }

    /// Returns `PUBLIC_URL`, without a slash at its end.
    pub(crate) fn url(&self) -> String {
        self.read(|current| current.settings.service.public_url.as_str().trim_end_matches('/').to_owned())
    }

    /// Answers a request with the current settings.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, Infallible> {
        self.read(|current| current.router.clone()).oneshot(request).await
    }

    fn read<T>(&self, read: impl FnOnce(&Current) -> T) -> T {
        read(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}
