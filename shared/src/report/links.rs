//! Checks that the links of mails and redirects lead to a page.

use super::{Check, Place};
use crate::settings::{EmailVerification, FrontendPage, Settings};
use url::{Host, Url};

const NAME: &str = "links";

/// Domains of examples in documentation (RFC 2606).
const PLACEHOLDERS: [&str; 3] = ["example.com", "example.net", "example.org"];

pub(super) fn check(settings: &Settings, place: Place) -> Vec<Check> {
    let pages = used_pages(settings);
    let mut checks = unknown_names(settings);
    checks.extend(pages.iter().filter_map(|page| fault(settings, *page, place)));
    if checks.is_empty() {
        let names = pages.iter().map(|page| page.name).collect::<Vec<_>>().join(", ");
        let what =
            if names.is_empty() { "no mail contains a link".to_owned() } else { format!("{names} lead to a page") };
        checks.push(Check::ok(NAME, what));
    }
    checks
}

/// Returns the pages that mails or redirects of these settings lead to.
fn used_pages(settings: &Settings) -> Vec<FrontendPage> {
    let account = &settings.account;
    let by_link = account.email_verification != EmailVerification::None && !account.email_verification_by_code_enabled;
    let has_passwords = !settings.social.only;
    [
        (FrontendPage::CONFIRM_EMAIL, by_link),
        (FrontendPage::RESET_PASSWORD, has_passwords),
        (FrontendPage::RESET_PASSWORD_FROM_KEY, has_passwords && !account.password_reset_by_code_enabled),
        (FrontendPage::SIGNUP, has_passwords && account.email_unknown_accounts),
        (FrontendPage::LOGIN_ERROR, settings.social.enabled && !settings.social.providers.apps.is_empty()),
    ]
    .into_iter()
    .filter_map(|(page, is_used)| is_used.then_some(page))
    .collect()
}

fn unknown_names(settings: &Settings) -> Vec<Check> {
    let unknown = settings.headless.frontend_urls.keys().filter(|name| !FrontendPage::NAMES.contains(&name.as_str()));
    let warn = |name: &String| {
        let known = FrontendPage::NAMES.join(", ");
        Check::warning(NAME, format!("HEADLESS_FRONTEND_URLS: `{name}` has no effect"), format!("known names: {known}"))
    };
    unknown.map(warn).collect()
}

/// Returns the fault of a page's URL, if it has one.
fn fault(settings: &Settings, page: FrontendPage, place: Place) -> Option<Check> {
    let FrontendPage { name, hosted } = page;
    let public = settings.service.public_url.as_str().trim_end_matches('/');
    let Some(template) = settings.headless.frontend_urls.get(name) else {
        let advice =
            format!("set `{name}` in HEADLESS_FRONTEND_URLS, or serve the hosted pages with LATCHKEY_PAGES=true");
        let what = format!("`{name}` leads to {public}{hosted}, which does not exist: the hosted pages are off");
        return (!settings.serves_pages()).then(|| Check::error(NAME, what, advice));
    };
    let error = |what: &str, advice: &str| Some(Check::error(NAME, format!("`{name}` is {template}: {what}"), advice));
    let warning =
        |what: &str, advice: &str| Some(Check::warning(NAME, format!("`{name}` is {template}: {what}"), advice));
    if page.needs_key() && !template.contains("{key}") {
        return error("without `{key}`, the page does not know which link was opened", "put `{key}` in the URL");
    }
    if template.replace("{key}", "").contains(['{', '}']) {
        return error("only the placeholder `{key}` is replaced", "remove the other placeholders");
    }
    let url = Url::parse(&settings.frontend_url(page, "key")).ok()?;
    if template.starts_with('/') {
        let is_hosted = template.starts_with("/accounts/") && settings.serves_pages();
        let advice = "give the whole URL of your page. A CDN in front of the service can also serve this path";
        return if is_hosted { None } else { warning("below PUBLIC_URL, the service has no such page", advice) };
    }
    if place == Place::Local {
        return None;
    }
    if is_this_machine(&url) {
        return error("it leads to the reader's own machine", "set the public URL of your page");
    }
    if url.host_str().is_some_and(is_placeholder) {
        return error("it is the domain of an example", "set the URL of your page");
    }
    if url.scheme() == "http" {
        return warning("keys of links are not encrypted on their way", "serve the page over https");
    }
    None
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_placeholder(host: &str) -> bool {
    let is_below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    PLACEHOLDERS.into_iter().any(is_below)
}
