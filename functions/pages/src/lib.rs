//! The hosted pages: all account tasks of a user in a browser, at django-allauth's paths.
//!
//! The pages are a browser program in `web/` that calls the headless API. This crate serves the built files of `dist/`:
//! one document for every page, with the boot data, and the files that it loads.

mod assets;
mod boot;
mod color;
mod document;

use assets::{ROUTES, asset};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use document::{brand, document};
use shared::http::{ApiRequest, Endpoint, PageRequest, handler, page};
use shared::settings::Condition;

const GET: &[Method] = &[Method::GET];

/// Returns the endpoints of this function.
pub fn endpoints() -> Vec<Endpoint> {
    let pages = ROUTES.iter().flat_map(|route| {
        let show = async |request: ApiRequest| document(&request, Some(route));
        [handler(route.path, GET, show), page(route.bare, GET, append_slash)]
    });
    let rest = [
        page("/", GET, home),
        unknown("/accounts/{a}/"),
        unknown("/accounts/{a}/{b}/"),
        unknown("/accounts/{a}/{b}/{c}/"),
        page("/_latchkey/pages/brand.css", GET, async |request| brand(&request)),
        page("/_latchkey/pages/{*file}", GET, async |request| asset(&request)),
    ];
    pages.chain(rest).map(|endpoint| endpoint.only_if(Condition::Pages)).collect()
}

/// Redirects to the account page. If an API is at the root, the gateway sends `/accounts/` to that API, so this
/// redirects to the page's other path.
async fn home(request: PageRequest) -> Response<Body> {
    let is_taken = request.app.settings.has_api_at_root();
    redirect(StatusCode::FOUND, &request, if is_taken { "/accounts/profile/" } else { "/accounts/" })
}

/// Answers 404 with a document at paths that no other endpoint has. A single pattern for all paths would conflict with
/// the callback paths of identity providers, so there is one pattern for each number of segments.
fn unknown(path: &'static str) -> Endpoint {
    handler(path, GET, async |request: ApiRequest| document(&request, None))
}

/// Redirects to the same page with a slash at the end, as Django does (`APPEND_SLASH`).
async fn append_slash(request: PageRequest) -> Response<Body> {
    let uri = request.http.uri();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    redirect(StatusCode::MOVED_PERMANENTLY, &request, &format!("{}/{query}", uri.path()))
}

/// Redirects to a path below `PUBLIC_URL`.
fn redirect(status: StatusCode, request: &PageRequest, path: &str) -> Response<Body> {
    let prefix = request.app.settings.service.public_url.path().trim_end_matches('/');
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let location = HeaderValue::try_from(format!("{prefix}{path}")).ok();
    response.headers_mut().extend(location.map(|location| (header::LOCATION, location)));
    response
}
