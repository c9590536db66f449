//! Checks of settings that are valid, but wrong for a deployment or without effect.

use super::{Check, Place};
use crate::settings::{RateAction, Settings, Source};

const NAME: &str = "settings";

/// Reports settings of the references that Latchkey does not read.
pub fn unread(source: &Source) -> Vec<Check> {
    let warn = |name: String| {
        Check::warning(
            NAME,
            format!("{name} is set, but has no effect"),
            "remove it, or look for its replacement in docs/settings.md",
        )
    };
    Settings::unread(source).into_iter().map(warn).collect()
}

pub(super) fn check(settings: &Settings, place: Place) -> Vec<Check> {
    let mut checks = vec![Check::ok(NAME, "valid, and without contradictions")];
    let notes = settings.notes().into_iter();
    checks.extend(notes.map(|note| Check::warning(NAME, note, "use RS256 if other services verify tokens")));
    if settings.pages.enabled && !settings.serves_pages() {
        checks.push(Check::warning(
            NAME,
            "LATCHKEY_PAGES is on, but HEADLESS_ONLY, HEADLESS_CLIENTS or CSRF_COOKIE_HTTPONLY turns the pages off",
            "set LATCHKEY_PAGES=false, or change the other setting",
        ));
    }
    if settings.rates_of(RateAction::LoginFailed).is_empty() {
        checks.push(Check::warning(
            NAME,
            "failed logins are not limited, so passwords can be guessed without end",
            "set `login_failed` in ACCOUNT_RATE_LIMITS, or remove the setting",
        ));
    }
    if place == Place::Deployed {
        checks.push(public_url(settings));
        checks.push(sender(settings));
    }
    checks
}

/// Checks that the service's own URL can be used from the internet.
fn public_url(settings: &Settings) -> Check {
    let (name, url) = ("public_url", &settings.service.public_url);
    if settings.is_local() {
        let advice = "set PUBLIC_URL to the URL of the deployment, in the functions and here";
        return Check::error(name, format!("PUBLIC_URL is {url}, which is the reader's own machine in mails"), advice);
    }
    if !settings.is_https() {
        let advice = "serve it over https, and set PUBLIC_URL to that URL";
        return Check::error(name, format!("PUBLIC_URL is {url}: passwords and cookies are not encrypted"), advice);
    }
    Check::ok(name, format!("PUBLIC_URL is {url}"))
}

fn sender(settings: &Settings) -> Check {
    let (name, from) = ("sender", &settings.mail.from);
    if from.trim_end_matches('>').ends_with("@localhost") {
        let advice = "set DEFAULT_FROM_EMAIL to an address of a verified SES identity";
        return Check::error(name, format!("DEFAULT_FROM_EMAIL is {from}, from which SES sends nothing"), advice);
    }
    Check::ok(name, format!("mails are sent from {from}"))
}
