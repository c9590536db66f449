//! Checks that the frontend's pages can use security keys and passkeys.

use super::{Check, Place};
use crate::settings::Settings;
use crate::webauthn::Policy;
use url::{Host, Url};

const NAME: &str = "passkeys";

pub(super) fn check(settings: &Settings, place: Place) -> Vec<Check> {
    if !settings.mfa.supports("webauthn") {
        return vec![Check::ok(NAME, "off: MFA_SUPPORTED_TYPES does not contain `webauthn`")];
    }
    let policy = settings.webauthn_policy();
    let mut checks = Vec::new();
    if matches!(Host::parse(&policy.rp_id), Ok(Host::Ipv4(_) | Host::Ipv6(_))) {
        let what = format!("the relying party id is {}, and browsers accept only domains", policy.rp_id);
        checks.push(Check::error(NAME, what, "use a domain in PUBLIC_URL, locally `localhost`"));
    }
    if policy.allow_insecure_origin && place == Place::Deployed {
        let what = "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN accepts every origin";
        checks.push(Check::error(NAME, what, "remove the setting: it is for development"));
    }
    let is_page = |origin: &String| origin.starts_with("http") && !origin.contains('*');
    for origin in settings.frontend_origins().into_iter().filter(is_page) {
        if !policy.origins.contains(&origin) && !policy.allow_insecure_origin {
            checks.push(Check::error(
                NAME,
                format!("pages of {origin} cannot use passkeys of {}", policy.rp_id),
                "set MFA_WEBAUTHN_RP_ID to the domain that they share with PUBLIC_URL, or add the origin to \
                 MFA_WEBAUTHN_ORIGINS",
            ));
        }
    }
    checks.extend(related_origins(settings, &policy));
    if checks.is_empty() {
        checks
            .push(Check::ok(NAME, format!("pages of {} use passkeys of {}", policy.origins.join(", "), policy.rp_id)));
    }
    checks
}

/// Browsers look for the list of related origins on the relying party's own domain. Reports a domain that is not the
/// service's.
fn related_origins(settings: &Settings, policy: &Policy) -> Option<Check> {
    let own = settings.service.public_url.host_str().unwrap_or_default();
    let foreign = policy.related_origins().into_iter().find(|origin| !Policy::allows(&policy.rp_id, origin))?;
    let domain = Url::parse(&format!("https://{}", policy.rp_id)).ok()?;
    (own != policy.rp_id).then(|| {
        Check::warning(
            NAME,
            format!("for pages of {foreign}, browsers read {domain}.well-known/webauthn, but the service is on {own}"),
            format!("let {} serve the document of the service at this path", policy.rp_id),
        )
    })
}
