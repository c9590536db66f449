//! The service that routes requests to endpoints.

use super::body::drain;
use super::csrf::is_cross_site;
use super::dialect::Dialect;
use super::error::ApiError;
use super::event::Malformed;
use super::headless::respond;
use super::request::ApiRequest;
use super::response::{ApiResponse, plain};
use super::route::{Endpoint, Handler, HandlerFn, PageRequest};
use super::security::SecurityHeaders;
use crate::app::App;
use crate::envelope::Bare;
use crate::flow::{Problem, Refusal};
use crate::metrics::Metric;
use crate::settings::{ClientKind, Problems};
use crate::store::counted;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use futures_util::future::BoxFuture;
use std::convert::Infallible;
use std::sync::Arc;
use tower::{Service, ServiceBuilder, service_fn};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Creates a service with these endpoints.
///
/// # Errors
/// Two endpoints have the same path, because a setting moved an API to the path of another.
pub fn service(
    app: &Arc<App>,
    endpoints: Vec<Endpoint>,
) -> Result<
    impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
    Problems,
> {
    let routes = Arc::new(Routes::new(app, endpoints)?);
    let answer = service_fn(move |request| {
        let routes = routes.clone();
        // The future passes through several layers. Boxed, it is cheaper to move.
        let answer: BoxFuture<'static, _> = Box::pin(async move { Ok::<_, Infallible>(routes.answer(request).await) });
        answer
    });
    let security = Arc::new(SecurityHeaders::new(&app.settings));
    let layers = ServiceBuilder::new().map_response(move |response| security.add_to(response));
    Ok(layers.option_layer(cors(app)).service(answer))
}

/// The endpoints, by path. The functions do not use axum's router, which supports much more than these exact paths and
/// takes twice as long to build.
struct Routes {
    app: Arc<App>,
    /// The path of the public URL. A gateway or CDN in front of the service can forward it or strip it.
    prefix: String,
    paths: matchit::Router<(Option<ClientKind>, Endpoint)>,
}

impl Routes {
    fn new(app: &Arc<App>, endpoints: Vec<Endpoint>) -> Result<Self, Problems> {
        let mut paths = matchit::Router::new();
        for endpoint in endpoints.into_iter().filter(|endpoint| endpoint.is_served(&app.settings)) {
            for (kind, path) in endpoint.paths_with(&app.settings) {
                let conflict = |error| {
                    Problems(vec![format!(
                        "{path}: two endpoints have this path, check the prefixes of the APIs: {error}"
                    )])
                };
                paths.insert(path.as_str(), (kind, endpoint.clone())).map_err(conflict)?;
            }
        }
        let prefix = app.settings.service.public_url.path().trim_end_matches('/').to_owned();
        Ok(Self { app: app.clone(), prefix, paths })
    }

    async fn answer(&self, mut request: Request<Body>) -> Response<Body> {
        let is_head = request.method() == Method::HEAD;
        let malformed = request.extensions().get::<Malformed>().copied();
        let mut response = match (self.find(request.uri()), malformed) {
            (found, Some(malformed)) => refuse(&self.app, found.map(|(_, endpoint, _)| endpoint), malformed),
            (Some((kind, endpoint, uri)), None) => {
                *request.uri_mut() = uri;
                serve(&self.app, kind, endpoint, request).await
            }
            (None, None) => {
                drain(request.into_body()).await;
                plain(Bare::<404>::default())
            }
        };
        if is_head {
            let length = response.body().size_hint().exact().unwrap_or_default();
            response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
            *response.body_mut() = Body::empty();
        }
        response
    }

    /// Returns the endpoint for this address, and the address without the path of the public URL. The address can lack
    /// that path: API Gateway strips the path of a domain mapping, and a CDN can be configured to strip it.
    fn find(&self, uri: &Uri) -> Option<(Option<ClientKind>, &Endpoint, Uri)> {
        let candidates = [below(uri, &self.prefix), Some(uri.clone())];
        candidates.into_iter().flatten().find_map(|uri| {
            let (kind, endpoint) = self.paths.at(uri.path()).ok()?.value;
            Some((*kind, endpoint, uri))
        })
    }
}

/// Returns the address without this prefix, if it starts with it.
fn below(uri: &Uri, prefix: &str) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(prefix).filter(|rest| rest.starts_with('/'))?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rest.parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// Returns the response to a request that is not valid HTTP, in the format of the API that the path belongs to.
fn refuse(app: &App, endpoint: Option<&Endpoint>, Malformed(reason): Malformed) -> Response<Body> {
    tracing::info!(operation = endpoint.map(|endpoint| endpoint.path), status = 400, outcome = reason, "request");
    match endpoint.map(|endpoint| (endpoint, &endpoint.handler)) {
        Some((endpoint, Handler::Other(dialect, _))) => {
            let response = dialect.of_error(ApiError::MalformedRequest);
            dialect.finish(app, &endpoint.allow(), response).into_response()
        }
        _ => plain(Bare::<400>::default()),
    }
}

async fn serve(
    app: &Arc<App>,
    kind: Option<ClientKind>,
    endpoint: &Endpoint,
    request: Request<Body>,
) -> Response<Body> {
    let started = app.now();
    let method = request.method().clone();
    let is_page = matches!(endpoint.handler, Handler::Page(_));
    // No endpoint accepts TRACE and CONNECT.
    let other_method = (is_page && !endpoint.takes(&method)) || matches!(method, Method::TRACE | Method::CONNECT);
    if method == Method::OPTIONS || other_method {
        drain(request.into_body()).await;
        let (mut response, allow) = if method == Method::OPTIONS {
            (plain(Bare::<200>::default()), endpoint.options())
        } else {
            (plain(Bare::<405>::default()), endpoint.allow())
        };
        if let Ok(allow) = HeaderValue::from_str(&allow) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        return response;
    }
    // Boxed, because each layer that the future passes through would store it again.
    let answer = Box::pin(async {
        match (&endpoint.handler, kind) {
            (Handler::Headless(handler), Some(kind)) => answer(app, kind, endpoint, handler, request).await,
            (Handler::Headless(_), None) => (plain(Bare::<404>::default()), "not found".to_owned()),
            (Handler::Other(dialect, handler), _) => answer_in(app, &**dialect, endpoint, handler, request).await,
            (Handler::Page(show), _) => {
                (show(PageRequest { app: app.clone(), http: request }).await, "shown".to_owned())
            }
        }
    });
    let ((response, outcome), round_trips) = counted(answer).await;
    tracing::info!(
        operation = endpoint.path,
        client = kind.map(ClientKind::as_str),
        %method,
        status = response.status().as_u16(),
        outcome,
        trips = round_trips.round_trips,
        requests = round_trips.requests,
        milliseconds = app.now().since(started).as_secs_f64() * 1e3,
        "request"
    );
    response
}

/// Returns the response of the headless API, and the outcome for the log.
async fn answer(
    app: &Arc<App>,
    kind: ClientKind,
    endpoint: &Endpoint,
    handler: &HandlerFn,
    request: Request<Body>,
) -> (Response<Body>, String) {
    let headers = request.headers().clone();
    let exempt = endpoint.is_from_anywhere;
    // A form that a page of another site posts arrives without our cookies. The response must not overwrite them.
    let keeps_cookies = exempt && is_cross_site(request.method(), &headers, &app.settings);
    let answered = async {
        let request = ApiRequest::read(app.clone(), kind, exempt, request).await?;
        if !endpoint.takes(&request.method) {
            return Err(refuse_method(endpoint, &request).await);
        }
        handler(request).await
    }
    .await;
    let outcome = count(app, endpoint, &answered);
    let headers = if keeps_cookies { None } else { Some(&headers) };
    (respond(app, kind, headers, &endpoint.allow(), answered), outcome)
}

/// Returns the reason why the headless API refuses a method. An app with an invalid token gets 410 at every endpoint.
async fn refuse_method(endpoint: &Endpoint, request: &ApiRequest) -> ApiError {
    if let Err(error) = request.caller_of_app().await {
        return error;
    }
    if endpoint.body_first.is_empty() || request.method == Method::GET {
        return ApiError::MethodNotAllowed;
    }
    let input = match request.input() {
        Ok(input) => input,
        Err(malformed) => return malformed,
    };
    let missing = endpoint.body_first.iter().filter(|name| input.text(name).is_none());
    let problems = missing.map(|name| Problem::required(name)).collect::<Vec<_>>();
    if problems.is_empty() { ApiError::MethodNotAllowed } else { Refusal::Invalid(problems).into() }
}

/// Returns the response of another API, and the outcome for the log.
async fn answer_in(
    app: &Arc<App>,
    dialect: &dyn Dialect,
    endpoint: &Endpoint,
    handler: &HandlerFn,
    request: Request<Body>,
) -> (Response<Body>, String) {
    let answered = async {
        let mut request = ApiRequest::read(app.clone(), ClientKind::App, true, request).await?;
        request.client.api = dialect.api();
        if !endpoint.takes(&request.method) {
            return Err(dialect.refuse_method(&request).await);
        }
        dialect.admit(&mut request).await?;
        handler(request).await
    }
    .await;
    let outcome = count(app, endpoint, &answered);
    let response = answered.unwrap_or_else(|error| dialect.of_error(error));
    (dialect.finish(app, &endpoint.allow(), response).into_response(), outcome)
}

/// Counts successful and refused logins. Returns the outcome for the log.
fn count(app: &App, endpoint: &Endpoint, answered: &Result<ApiResponse, ApiError>) -> String {
    let outcome = match answered {
        Ok(_) => "answered".to_owned(),
        Err(error) => error.reason(),
    };
    match answered {
        Ok(response) if response.logged_in_user.is_some() => app.metrics.record(app.now(), Metric::Logins),
        Err(error) if endpoint.is_login_endpoint => {
            app.metrics.record(app.now(), Metric::LoginRefusals(error.metric_reason()))
        }
        _ => {}
    }
    outcome
}

/// Returns the CORS layer for the origins in the settings. Without origins, no response has CORS headers.
fn cors(app: &App) -> Option<CorsLayer> {
    let service = &app.settings.service;
    let origins = &service.cors_allowed_origins;
    if origins.is_empty() {
        return None;
    }
    let csrf = app.settings.csrf_header();
    let names = [
        "accept",
        "authorization",
        "content-type",
        "user-agent",
        "x-email-verification-key",
        "x-password-reset-key",
        "x-requested-with",
        "x-session-token",
    ];
    let more = service.cors_allow_headers.iter().map(String::as_str);
    let names = names.into_iter().chain([csrf.as_str()]).chain(more);
    let headers = names.filter_map(|name| name.parse::<HeaderName>().ok()).collect::<Vec<_>>();
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins.iter().filter_map(|origin| origin.parse().ok())))
            .allow_credentials(service.cors_allow_credentials)
            .allow_methods(methods)
            .allow_headers(headers)
            .expose_headers([header::RETRY_AFTER])
            .max_age(std::time::Duration::from_secs(86_400)),
    )
}

#[cfg(test)]
mod tests {
    use super::super::route::{handler, page};
    use super::*;
    use crate::clock::SystemClock;
    use crate::random::SystemRandom;
    use crate::settings::{Settings, Source};
    use crate::store::Store;

    fn app() -> Arc<App> {
        app_with(&[])
    }

    fn app_with(more: &[(&str, &str)]) -> Arc<App> {
        let urls = r#"{"account_confirm_email": "https://app.example/verify/{key}"}"#;
        let given = [("SECRET_KEY", "0123456789abcdef0123456789abcdef"), ("HEADLESS_FRONTEND_URLS", urls)];
        let given = given.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = Arc::new(Settings::load(&Source::new(given)).unwrap());
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        let store = Store::with_lazy_client(|| unreachable!(), String::new(), clock.clone(), random.clone());
        Arc::new(App::new(settings, store, clock, random))
    }

    #[test]
    fn a_path_has_one_endpoint() {
        let shown = |path| page(path, &[], async |_| Response::new(Body::empty()));
        assert!(service(&app(), vec![shown("/a/{b}/"), shown("/a/b/"), shown("/{*c}")]).is_ok());
        let Err(Problems(problems)) = service(&app(), vec![shown("/a/b/"), shown("/a/b/")]) else { panic!("two") };
        assert!(problems[0].starts_with("/a/b/: "), "{problems:?}");
    }

    #[tokio::test]
    async fn an_endpoint_below_latchkey_follows_the_rules_of_the_headless_api() {
        let methods = &[Method::GET, Method::POST];
        let own = handler("account", methods, async |_| Ok(Bare::<200>::default().into())).own();
        let service = service(&app(), vec![own]).unwrap();
        let expected = [
            ("GET", "/_latchkey/browser/v1/account", 200),
            ("POST", "/_latchkey/browser/v1/account", 403),
            ("POST", "/_latchkey/app/v1/account", 200),
            ("PUT", "/_latchkey/app/v1/account", 405),
            ("GET", "/_allauth/app/v1/account", 404),
        ];
        for (method, path, status) in expected {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            let response = tower::ServiceExt::oneshot(service.clone(), request).await.unwrap();
            assert_eq!(response.status(), status, "{method} {path}");
        }
    }

    #[tokio::test]
    async fn the_path_of_the_public_url_is_optional() {
        let shown =
            |path, answer: &'static str| page(path, &[Method::GET], async move |_| Response::new(answer.into()));
        let endpoints = || vec![shown("/a/", "a"), shown("/people/b/", "b"), shown("/people/{*rest}", "rest")];
        let app = app_with(&[("PUBLIC_URL", "https://x.example/people")]);
        let service = service(&app, endpoints()).unwrap();
        // The path of the public URL is removed first, because the path of an endpoint can begin in the same way.
        let expected =
            [("/a/", "a"), ("/people/a/", "a"), ("/people/people/b/", "b"), ("/people/b/", "b"), ("/b/", "")];
        for (path, answer) in expected {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = tower::ServiceExt::oneshot(service.clone(), request).await.unwrap();
            let status = response.status();
            let body = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
            if answer.is_empty() {
                assert_eq!(status, 404, "{path}");
            } else {
                assert_eq!(body, answer, "{path}");
            }
        }
    }

    #[test]
    fn a_prefix_consists_of_whole_segments() {
        let of = |uri: &'static str, prefix| below(&Uri::from_static(uri), prefix).map(|uri| uri.to_string());
        assert_eq!(of("/people/a?b=/people", "/people").as_deref(), Some("/a?b=/people"));
        assert_eq!(of("https://x.example/people/a", "/people").as_deref(), Some("https://x.example/a"));
        assert_eq!(of("/people/a", "").as_deref(), Some("/people/a"));
        for elsewhere in ["/peoples/a", "/people", "/a", "/", "*"] {
            assert_eq!(of(elsewhere, "/people"), None, "{elsewhere}");
        }
    }
}
