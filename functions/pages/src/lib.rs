//! The hosted pages: everything that people do with their account, at django-allauth's paths.
//!
//! The pages are a program of the browser, in `web/`, that calls the headless API. This crate serves what its build leaves in
//! `dist/`: one document for every page, with what the pages have to know of the settings, and the files that it loads.

mod assets;
mod boot;
mod document;

use assets::{ROUTES, asset};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use document::{brand, document};
use shared::http::{Endpoint, Visit, page};
use shared::settings::Condition;

const GET: &[Method] = &[Method::GET];

/// This function's endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let pages = ROUTES.iter().map(|route| page(route.path, GET, async move |visit| document(&visit, Some(route))));
    let rest = [
        page("/", GET, home),
        page("/accounts/{*path}", GET, async |visit| document(&visit, None)),
        page("/_latchkey/pages/brand.css", GET, async |visit| brand(&visit)),
        page("/_latchkey/pages/{*file}", GET, async |visit| asset(&visit)),
    ];
    pages.chain(rest).map(|endpoint| endpoint.only_if(Condition::Pages)).collect()
}

/// `GET /` leads to the account.
async fn home(visit: Visit) -> Response<Body> {
    let prefix = visit.app.settings.service.public_url.path().trim_end_matches('/');
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(location) = HeaderValue::try_from(format!("{prefix}/accounts/")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
