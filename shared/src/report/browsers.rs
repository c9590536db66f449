//! Checks that the frontend's pages can call the API from a browser: cookies, CORS and CSRF.

use super::{Check, Level};
use crate::settings::{ClientKind, SameSite, Settings, shared_site, trusted_origin};
use url::Url;

const COOKIES: &str = "cookies";
const CORS: &str = "cors";
const CSRF: &str = "csrf";

pub(super) fn check(settings: &Settings) -> Vec<Check> {
    let own = settings.service.public_url.origin().ascii_serialization();
    let origins = settings.frontend_origins().into_iter().filter(|origin| *origin != own).collect::<Vec<_>>();
    if origins.is_empty() {
        return vec![Check::ok(
            COOKIES,
            "all pages have the origin of PUBLIC_URL, so cookies, CORS and CSRF need nothing",
        )];
    }
    if !settings.headless.clients.contains(&ClientKind::Browser) {
        let cors = origins.iter().filter_map(|origin| cors(settings, origin));
        return report(CORS, "pages of other origins may call the API", cors);
    }
    // A wildcard stands for hosts that are not known here.
    let pages = origins.iter().filter(|origin| !origin.contains('*')).collect::<Vec<_>>();
    let all = pages.len();
    [
        report(
            COOKIES,
            &format!("cookies reach the pages of {all} other origins"),
            pages.iter().filter_map(|origin| cookies(settings, origin)),
        ),
        report(
            CORS,
            &format!("pages of {all} other origins may call the API"),
            pages.iter().filter_map(|origin| cors(settings, origin)),
        ),
        report(
            CSRF,
            &format!("changes by pages of {all} other origins are accepted"),
            pages.iter().filter_map(|origin| csrf(settings, origin)),
        ),
    ]
    .concat()
}

/// Returns the faults, or that there are none.
fn report(name: &'static str, ok: &str, faults: impl Iterator<Item = Check>) -> Vec<Check> {
    let faults = faults.collect::<Vec<_>>();
    if faults.is_empty() { vec![Check::ok(name, ok)] } else { faults }
}

/// Creates a fault of pages that use cookies. Pages can use the client `app` instead, with tokens. So if apps are
/// served, it is only a warning.
fn fault(settings: &Settings, name: &'static str, message: String, advice: String) -> Check {
    let has_app = settings.headless.clients.contains(&ClientKind::App);
    let level = if has_app { Level::Warning } else { Level::Error };
    Check { name, level, message, advice: Some(advice) }
}

/// Checks that browsers send the cookies from the pages of an origin, and that its scripts can read the CSRF token.
fn cookies(settings: &Settings, origin: &str) -> Option<Check> {
    let (public, cookies) = (&settings.service.public_url, &settings.cookies);
    let fault = |message, advice| Some(fault(settings, COOKIES, message, advice));
    let page = Url::parse(origin).ok()?;
    let (host, own) = (page.host_str()?, public.host_str()?);
    let Some(site) = shared_site(host, own).filter(|_| page.scheme() == public.scheme()) else {
        return fault(
            format!("{origin} is another site than {own}: its scripts cannot read the CSRF cookie"),
            "serve pages and API below one domain with one scheme, or let the pages use the client `app`".to_owned(),
        );
    };
    if cookies.csrf_httponly {
        return fault(
            format!("CSRF_COOKIE_HTTPONLY hides the CSRF token from the scripts of {origin}"),
            "set CSRF_COOKIE_HTTPONLY=false".to_owned(),
        );
    }
    let covers = |domain: &str| shared_site(host, domain).as_deref() == Some(domain);
    let is_readable =
        host == own || cookies.csrf_domain.as_deref().is_some_and(|it| covers(it.trim_start_matches('.')));
    if !is_readable {
        return fault(
            format!("scripts of {origin} cannot read the CSRF cookie, which belongs to {own} alone"),
            format!("set CSRF_COOKIE_DOMAIN={site}"),
        );
    }
    let is_none = |same_site| same_site == SameSite::None;
    (is_none(cookies.session_samesite) && !cookies.partitioned).then(|| {
        Check::warning(
            COOKIES,
            format!("SESSION_COOKIE_SAMESITE is None, although {origin} is on the same site"),
            "set SESSION_COOKIE_SAMESITE=Lax, unless pages of another site embed yours",
        )
    })
}

fn cors(settings: &Settings, origin: &str) -> Option<Check> {
    let service = &settings.service;
    if !service.cors_allowed_origins.iter().any(|allowed| allowed == origin) {
        return Some(Check::warning(
            CORS,
            format!("browsers refuse calls of the API from pages of {origin}"),
            "add the origin to CORS_ALLOWED_ORIGINS, unless only your server calls the API",
        ));
    }
    let needs_cookies = settings.headless.clients.contains(&ClientKind::Browser);
    (needs_cookies && !service.cors_allow_credentials).then(|| {
        let message = format!("CORS_ALLOW_CREDENTIALS=false keeps cookies out of calls from {origin}");
        fault(settings, CORS, message, "set CORS_ALLOW_CREDENTIALS=true".to_owned())
    })
}

/// Checks that an origin that may call the API may also change something.
fn csrf(settings: &Settings, origin: &str) -> Option<Check> {
    let may_call = settings.service.cors_allowed_origins.iter().any(|allowed| allowed == origin);
    let is_trusted = settings.cookies.csrf_trusted_origins.iter().any(|trusted| trusted_origin(trusted, origin));
    (may_call && !is_trusted).then(|| {
        let message = format!("pages of {origin} may read, but every change gets 403");
        fault(settings, CSRF, message, "add the origin to CSRF_TRUSTED_ORIGINS".to_owned())
    })
}
