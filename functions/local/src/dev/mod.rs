//! Pages for developers under `/dev/`: the inbox, and switches for common settings.
//!
//! Anyone who can read these pages can read every login link. So the service has them only if it listens on a loopback
//! address, and they answer only programs and pages on this machine. No function depends on this crate.

mod inbox;

use crate::delivery::DeliveryTracker;
use crate::inbox::Inbox;
use crate::live::Live;
use crate::switches::{SWITCHES, Switches};
use crate::this_machine::this_machine_only;
use axum::extract::{RawForm, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use minijinja::{Environment, context};
use std::sync::Arc;

/// The pages run their own scripts and styles, and load nothing from other hosts.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The state of the pages.
struct Dev {
    live: Arc<Live>,
    inbox: Inbox,
    deliveries: Arc<DeliveryTracker>,
}

type Shared = State<Arc<Dev>>;

/// Returns the routes under `/dev/`.
pub(crate) fn routes(live: Arc<Live>, inbox: Inbox, deliveries: Arc<DeliveryTracker>) -> Router {
    let dev = Arc::new(Dev { live, inbox, deliveries });
    let routes = Router::new()
        .route("/dev", get(|| async { Redirect::permanent("/dev/") }))
        .route("/dev/", get(overview))
        .route("/dev/settings", post(change_settings))
        .route("/dev/inbox", get(|| async { Redirect::permanent("/dev/inbox/") }))
        .route("/dev/inbox/", get(|| async { Html(include_str!("inbox.html")) }).delete(inbox::clear))
        .route("/dev/inbox/events", get(inbox::events))
        .route("/dev/inbox/{id}/html", get(inbox::html))
        .route("/dev/inbox/{id}/source", get(inbox::source))
        .route("/dev/dev.css", get(|| async { asset("text/css; charset=utf-8", include_str!("dev.css")) }))
        .route("/dev/inbox.js", get(|| async { asset("text/javascript; charset=utf-8", include_str!("inbox.js")) }))
        .with_state(dev);
    routes.layer(middleware::map_response(with_policy)).layer(middleware::from_fn(this_machine_only))
}

/// Adds the default headers to a page. A header that the page sets itself stays.
async fn with_policy(mut response: Response) -> Response {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

fn asset(kind: &'static str, text: &'static str) -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, kind)], text)
}

async fn overview(State(dev): Shared) -> Response {
    page(&dev, StatusCode::OK, &dev.live.switches(), None)
}

/// Restarts the service's endpoints with other settings. The accounts and sessions stay.
async fn change_settings(State(dev): Shared, RawForm(form): RawForm) -> Response {
    let chosen = Switches::from_form(&form);
    match dev.live.switch(chosen.clone()) {
        Ok(()) => Redirect::to("/dev/").into_response(),
        Err(error) => page(&dev, StatusCode::UNPROCESSABLE_ENTITY, &chosen, Some(error.to_string())),
    }
}

fn page(dev: &Dev, status: StatusCode, chosen: &Switches, problem: Option<String>) -> Response {
    let switches = SWITCHES.iter().map(|switch| {
        let options = switch.options.iter().map(|choice| {
            let is_chosen = chosen.option(switch.name) == Some(choice.value);
            context! { value => choice.value, label => choice.label, is_chosen }
        });
        let is_unchanged = chosen.option(switch.name).is_none();
        context! { name => switch.name, label => switch.label, is_unchanged, options => options.collect::<Vec<_>>() }
    });
    let settings = dev.live.overrides().into_iter().map(|(name, value)| context! { name, value });
    let values = context! {
        url => dev.live.url(),
        switches => switches.collect::<Vec<_>>(),
        settings => settings.collect::<Vec<_>>(),
        problem,
    };
    match Environment::new().render_named_str("overview.html", include_str!("overview.html"), values) {
        Ok(page) => (status, Html(page)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
