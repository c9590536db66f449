//! Origins, in settings and in requests of browsers.

use super::Settings;
use std::collections::BTreeSet;
use url::{Host, Origin, Url};

/// Labels below which country registries sell domains, such as `co.uk`.
const REGISTRY_LABELS: [&str; 19] = [
    "ac", "co", "com", "edu", "gen", "go", "gob", "gov", "gv", "id", "ltd", "me", "mil", "ne", "net", "nom", "or",
    "org", "plc",
];

/// Domains below which a provider's customers have their own names.
const SHARED_DOMAINS: [&str; 22] = [
    "amplifyapp.com",
    "appspot.com",
    "awsapprunner.com",
    "azurestaticapps.net",
    "azurewebsites.net",
    "cloudfront.net",
    "firebaseapp.com",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "herokuapp.com",
    "netlify.app",
    "ngrok-free.app",
    "ngrok.app",
    "ngrok.io",
    "onrender.com",
    "pages.dev",
    "run.app",
    "up.railway.app",
    "vercel.app",
    "web.app",
    "workers.dev",
];

/// Domains that contain such names at several depths, by region and service.
const SHARED_TREES: [&str; 3] = ["amazonaws.com", "elasticbeanstalk.com", "on.aws"];

/// Returns whether a text is an origin that browsers can send: scheme, host and port, and nothing else. Hybrid apps
/// have their own schemes.
pub(super) fn is_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let origin = match url.origin() {
        Origin::Opaque(_) => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
        }
        tuple @ Origin::Tuple(..) => tuple.ascii_serialization(),
    };
    url.has_host() && origin == text && !text.contains('*')
}

/// Returns the mistake in an entry of `CSRF_TRUSTED_ORIGINS`, which can have `*` as its first label.
pub(super) fn mistake_in_trusted(text: &str) -> Option<String> {
    let parent = text.replacen("://*.", "://", 1);
    if !is_origin(&parent) {
        return Some(format!("`{text}` is not an origin such as https://app.example.com or https://*.example.com"));
    }
    let is_wildcard = parent != text;
    let Some(Host::Domain(domain)) = Url::parse(&parent).ok()?.host().map(|host| host.to_owned()) else {
        return is_wildcard.then(|| format!("`{text}` has a wildcard before an IP address; list each origin"));
    };
    (is_wildcard && is_shared(&domain)).then(|| {
        format!("`{text}` trusts other people's sites: use a wildcard only before your own domain, such as example.com")
    })
}

/// Returns whether names directly below a domain can belong to different owners.
fn is_shared(domain: &str) -> bool {
    let labels = domain.split('.').collect::<Vec<_>>();
    match labels[..] {
        [only] => only != "localhost",
        [label, country] if country.len() == 2 && REGISTRY_LABELS.contains(&label) => true,
        _ => {
            let below =
                |tree: &str| domain.strip_suffix(tree).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            SHARED_DOMAINS.contains(&domain) || SHARED_TREES.into_iter().any(below)
        }
    }
}

/// Returns the domain that two hosts share, if they are on the same site. Browsers send cookies with `SameSite` between
/// such hosts, and a cookie of this domain reaches both.
pub fn shared_site(one: &str, other: &str) -> Option<String> {
    if one == other {
        return Some(one.to_owned());
    }
    let is_domain = |host: &str| matches!(Host::parse(host), Ok(Host::Domain(_)));
    let common = one.rsplit('.').zip(other.rsplit('.')).take_while(|(one, other)| one == other).count();
    let labels = one.rsplitn(common + 1, '.').take(common).collect::<Vec<_>>();
    let domain = labels.into_iter().rev().collect::<Vec<_>>().join(".");
    (is_domain(one) && is_domain(other) && !domain.is_empty() && !is_shared(&domain)).then_some(domain)
}

impl Settings {
    /// Returns the origins of the frontend's pages to which browsers can be redirected, in addition to our own, in the
    /// format of a Content-Security-Policy. Some contain a wildcard.
    pub fn frontend_origins(&self) -> Vec<String> {
        let of_page = |page: &String| {
            let page = Url::parse(&page.replace("{key}", "key")).ok().filter(|page| page.origin().is_tuple())?;
            Some(page.origin().ascii_serialization())
        };
        let named = self.service.cors_allowed_origins.iter().chain(&self.cookies.csrf_trusted_origins).cloned();
        let all = named.chain(self.headless.frontend_urls.values().filter_map(of_page));
        all.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// Returns whether an origin is the trusted one or, if that is `https://*.example.com`, a host below `example.com`. A
/// sender can write anything into an `Origin` header, so hosts are compared, not the ends of texts.
pub fn trusted_origin(trusted: &str, origin: &str) -> bool {
    let Some((scheme, parent)) = trusted.split_once("://*.") else { return trusted == origin };
    let (Ok(parent), Ok(url)) = (Url::parse(&format!("{scheme}://{parent}")), Url::parse(origin)) else { return false };
    let below = |host: &str, parent: &str| {
        host.strip_suffix(parent).and_then(|below| below.strip_suffix('.')).is_some_and(|below| !below.is_empty())
    };
    is_origin(origin)
        && url.scheme() == parent.scheme()
        && url.port_or_known_default() == parent.port_or_known_default()
        && url.host_str().zip(parent.host_str()).is_some_and(|(host, parent)| below(host, parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_share_a_site_below_a_domain_of_one_owner() {
        for (one, other, site) in [
            ("auth.example.com", "app.example.com", Some("example.com")),
            ("auth.example.com", "example.com", Some("example.com")),
            ("a.b.example.co.uk", "c.b.example.co.uk", Some("b.example.co.uk")),
            ("auth.localhost", "localhost", Some("localhost")),
            ("localhost", "localhost", Some("localhost")),
            ("127.0.0.1", "127.0.0.1", Some("127.0.0.1")),
            ("auth.example.co.uk", "shop.co.uk", None),
            ("one.vercel.app", "two.vercel.app", None),
            ("auth.example.com", "auth.example.org", None),
            ("10.0.0.1", "10.0.0.2", None),
        ] {
            assert_eq!(shared_site(one, other).as_deref(), site, "{one} {other}");
        }
    }

    #[test]
    fn a_wildcard_matches_only_hosts_below_the_domain() {
        let trusted = |origin| trusted_origin("https://*.example.com", origin);
        assert!(trusted("https://app.example.com") && trusted("https://a.b.example.com"));
        for origin in [
            "https://example.com",
            "https://.example.com",
            "http://app.example.com",
            "https://app.example.com:8443",
            "https://evilexample.com",
            "https://evil.com/.example.com",
            "https://evil.com?.example.com",
            "https://evil.com#.example.com",
            "https://evil.com\\.example.com",
            "https://user@app.example.com",
            "https://app.example.com/",
            "HTTPS://app.example.com",
            "null",
            "",
        ] {
            assert!(!trusted(origin), "{origin}");
        }
        assert!(trusted_origin("https://*.example.com:8443", "https://app.example.com:8443"));
        assert!(!trusted_origin("https://*.example.com:8443", "https://app.example.com"));
        assert!(trusted_origin("https://app.example.com", "https://app.example.com"));
    }

    #[test]
    fn a_wildcard_for_hosts_of_different_owners_is_refused() {
        for good in
            ["https://*.example.com", "https://*.example.co.uk", "http://*.localhost:3000", "https://app.vercel.app"]
        {
            assert_eq!(mistake_in_trusted(good), None, "{good}");
        }
        for bad in [
            "https://*.com",
            "https://*.co.uk",
            "https://*.com.au",
            "https://*.cloudfront.net",
            "https://*.execute-api.eu-west-1.amazonaws.com",
            "https://*.lambda-url.eu-west-1.on.aws",
            "https://*.vercel.app",
            "http://*.127.0.0.1",
            "https://*",
            "https://*.*.example.com",
            "https://a.*.example.com",
            "https://*.example.com/",
            "example.com",
        ] {
            assert!(mistake_in_trusted(bad).is_some(), "{bad}");
        }
    }
}
