//! Endpoints: their paths, methods and handlers.

use super::dialect::Dialect;
use super::error::ApiError;
use super::request::ApiRequest;
use super::response::ApiResponse;
use crate::app::App;
use crate::settings::{ClientKind, Condition, Mount, Settings};
use axum::body::Body;
use axum::http::{Method, Request, Response};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// The future of a handler.
pub type HandlerFuture = Pin<Box<dyn Future<Output = Result<ApiResponse, ApiError>> + Send>>;

/// The future of a page.
pub type PageFuture = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// An endpoint of the headless API, for both kinds of client; or of another API; or a page, for all callers.
#[derive(Clone)]
pub struct Endpoint {
    /// The path below `/_allauth/{client}/v1/` or `/_latchkey/{client}/v1/`. The path of a page begins with `/` and is complete.
    pub path: &'static str,
    /// The methods that the handler accepts. HEAD counts as GET.
    pub methods: &'static [Method],
    /// Fields that a body with another method must contain. If one is missing, the answer is 400 instead of 405.
    pub body_first: &'static [&'static str],
    announced: Option<&'static [Method]>,
    is_for_any_method: bool,
    condition: Option<Condition>,
    mount: Option<Mount>,
    base: Base,
    kinds: &'static [ClientKind],
    pub(super) is_login_endpoint: bool,
    pub(super) is_from_anywhere: bool,
    pub(super) handler: Handler,
}

/// The start of a path that contains the kind of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The headless API of django-allauth.
    Headless,
    /// Endpoints that django-allauth does not have. They follow the rules of the headless API.
    Own,
}

/// The API that an endpoint belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The headless API or the endpoints beside it, for these kinds of client.
    Clients(Base, &'static [ClientKind]),
    /// An API whose path is a setting.
    Mounted(Mount),
    /// None. The path of the endpoint is complete.
    Root,
}

/// A handler of any API.
pub(super) type HandlerFn = Arc<dyn Fn(ApiRequest) -> HandlerFuture + Send + Sync>;

#[derive(Clone)]
pub(super) enum Handler {
    Headless(HandlerFn),
    Other(Arc<dyn Dialect>, HandlerFn),
    Page(Arc<dyn Fn(PageRequest) -> PageFuture + Send + Sync>),
}

/// A request for a page.
pub struct PageRequest {
    /// The parts of the service.
    pub app: Arc<App>,
    /// The request.
    pub http: Request<Body>,
}

/// Creates an endpoint of the headless API from an async function.
pub fn handler<F, R>(path: &'static str, methods: &'static [Method], handler: F) -> Endpoint
where
    F: Fn(ApiRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Result<ApiResponse, ApiError>> + Send + 'static,
{
    let handler = Handler::Headless(Arc::new(move |exchange| Box::pin(handler(exchange))));
    Endpoint { kinds: &[ClientKind::Browser, ClientKind::App], ..Endpoint::new(path, methods, handler) }
}

/// Creates a page from an async function. It is not part of the headless API and writes its own response.
pub fn page<F, R>(path: &'static str, methods: &'static [Method], show: F) -> Endpoint
where
    F: Fn(PageRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    Endpoint::new(path, methods, Handler::Page(Arc::new(move |request| Box::pin(show(request)))))
}

/// Creates an endpoint of another API from an async function.
pub fn endpoint<F, R>(
    dialect: impl Dialect + 'static,
    mount: Mount,
    path: &'static str,
    methods: &'static [Method],
    handler: F,
) -> Endpoint
where
    F: Fn(ApiRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Result<ApiResponse, ApiError>> + Send + 'static,
{
    let handler = Handler::Other(Arc::new(dialect), Arc::new(move |request| Box::pin(handler(request))));
    Endpoint { mount: Some(mount), ..Endpoint::new(path, methods, handler) }
}

fn allow(methods: &[Method]) -> String {
    methods.iter().map(Method::as_str).chain(["OPTIONS"]).collect::<Vec<_>>().join(", ")
}

impl Base {
    /// Returns the start of a full path. `client` is the kind of client, or a variable for it.
    pub fn before(self, client: &str) -> String {
        let api = match self {
            Self::Headless => "_allauth",
            Self::Own => "_latchkey",
        };
        format!("/{api}/{client}/v1/")
    }
}

impl Endpoint {
    fn new(path: &'static str, methods: &'static [Method], handler: Handler) -> Self {
        Self {
            path,
            methods,
            body_first: &[],
            announced: None,
            is_for_any_method: false,
            condition: None,
            mount: None,
            base: Base::Headless,
            kinds: &[],
            is_login_endpoint: false,
            is_from_anywhere: false,
            handler,
        }
    }

    /// Serves the endpoint only if the settings meet this condition.
    pub fn only_if(self, condition: Condition) -> Self {
        Self { condition: Some(condition), ..self }
    }

    /// Checks the body before the method, as the reference does at this endpoint. A request with another method and a
    /// malformed body, or one that lacks these fields, gets the error of the body.
    pub fn body_first(self, body_first: &'static [&'static str]) -> Self {
        Self { body_first, ..self }
    }

    /// Lists these methods in `Allow` with 405. The reference lists some that it does not support.
    pub fn announcing(self, methods: &'static [Method]) -> Self {
        Self { announced: Some(methods), ..self }
    }

    /// Calls the handler for every method. For the endpoint that answers unknown paths.
    pub fn for_any_method(self) -> Self {
        Self { is_for_any_method: true, ..self }
    }

    /// Moves the endpoint below `/_latchkey/`, because django-allauth does not have it. Credentials, CSRF checks, envelopes and
    /// errors are those of the headless API.
    pub fn own(self) -> Self {
        Self { base: Base::Own, ..self }
    }

    /// Counts the refusals of the endpoint as refused logins.
    pub fn login_endpoint(self) -> Self {
        Self { is_login_endpoint: true, ..self }
    }

    /// Serves the endpoint to browsers only.
    pub fn for_browsers(self) -> Self {
        Self { kinds: &[ClientKind::Browser], ..self }
    }

    /// Allows requests from pages of other sites, including forms, without a CSRF check. Such requests have another
    /// proof.
    pub fn from_anywhere(self) -> Self {
        Self { is_from_anywhere: true, ..self }
    }

    /// Serves the endpoint to apps only.
    pub fn for_apps(self) -> Self {
        Self { kinds: &[ClientKind::App], ..self }
    }

    /// Returns the full paths of the endpoint for these kinds of client, or for all callers, without settings that move
    /// it.
    pub fn paths(&self, kinds: &[ClientKind]) -> Vec<(Option<ClientKind>, String)> {
        self.paths_below(self.mount.map_or("", Mount::default_prefix), kinds)
    }

    /// Returns the full paths of the endpoint with these settings.
    pub fn paths_with(&self, settings: &Settings) -> Vec<(Option<ClientKind>, String)> {
        let prefix = self.mount.map_or("", |mount| mount.configured_prefix(settings));
        self.paths_below(prefix, &settings.headless.clients)
    }

    fn paths_below(&self, prefix: &str, kinds: &[ClientKind]) -> Vec<(Option<ClientKind>, String)> {
        if let Handler::Page(_) | Handler::Other(..) = self.handler {
            return vec![(None, format!("{prefix}{}", self.path))];
        }
        if self.path.starts_with('/') {
            return vec![(Some(ClientKind::Browser), self.path.to_owned())];
        }
        let kinds = kinds.iter().filter(|kind| self.kinds.contains(kind));
        kinds.map(|kind| (Some(*kind), format!("{}{}", self.base.before(kind.as_str()), self.path))).collect()
    }

    /// Returns whether the endpoint is served with these settings.
    pub fn is_served(&self, settings: &Settings) -> bool {
        self.condition.is_none_or(|condition| condition.holds(settings))
    }

    /// Returns the condition under which the endpoint is served.
    pub fn condition(&self) -> Option<Condition> {
        self.condition
    }

    /// Returns the API that the endpoint belongs to.
    pub fn place(&self) -> Place {
        match (&self.handler, self.mount) {
            (_, Some(mount)) => Place::Mounted(mount),
            (Handler::Headless(_), None) if !self.path.starts_with('/') => Place::Clients(self.base, self.kinds),
            _ => Place::Root,
        }
    }

    /// Returns whether the handler accepts this method.
    pub(super) fn takes(&self, method: &Method) -> bool {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.is_for_any_method || self.methods.contains(method)
    }

    /// Returns the value of the header `Allow` for a refused method.
    pub(super) fn allow(&self) -> String {
        allow(self.announced.unwrap_or(self.methods))
    }

    /// Returns the value of the header `Allow` for an `OPTIONS` request.
    pub(super) fn options(&self) -> String {
        allow(self.methods)
    }
}
