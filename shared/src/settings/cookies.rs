//! Checks of the cookie settings. Browsers silently drop a cookie that violates these rules.

use super::Settings;
use super::values::SameSite;

/// The cookies that are configured by one set of settings.
struct Family<'a> {
    /// The prefix of the names of these settings.
    setting: &'static str,
    /// `None` if the name is not a setting.
    name: Option<&'a str>,
    domain: Option<&'a str>,
    path: &'a str,
    secure: bool,
    same_site: SameSite,
}

impl Settings {
    /// Returns the name of the header with the CSRF token, in lower case. Django names it as WSGI does (`HTTP_X_CSRFTOKEN`).
    pub fn csrf_header(&self) -> String {
        self.cookies.csrf_header.trim_start_matches("HTTP_").replace('_', "-").to_lowercase()
    }

    /// Returns whether a cookie is sent over https only: as its setting says, or else if `PUBLIC_URL` is https.
    pub fn is_secure(&self, setting: Option<bool>) -> bool {
        setting.unwrap_or_else(|| self.is_https())
    }

    /// Returns whether browsers reach the service over https.
    pub fn is_https(&self) -> bool {
        self.service.public_url.scheme() == "https"
    }

    /// Returns whether browsers treat the service as their own machine. They trust plain http there like https.
    pub fn is_local(&self) -> bool {
        match self.service.public_url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    fn families(&self) -> Vec<Family<'_>> {
        let (cookies, mfa, jwt) = (&self.cookies, &self.mfa, &self.jwt_api);
        let mut all = vec![
            Family {
                setting: "SESSION_COOKIE",
                name: Some(&cookies.session_name),
                domain: cookies.session_domain.as_deref(),
                path: &cookies.session_path,
                secure: self.is_secure(cookies.session_secure),
                same_site: cookies.session_samesite,
            },
            Family {
                setting: "CSRF_COOKIE",
                name: Some(&cookies.csrf_name),
                domain: cookies.csrf_domain.as_deref(),
                path: &cookies.csrf_path,
                secure: self.is_secure(cookies.csrf_secure),
                same_site: cookies.csrf_samesite,
            },
        ];
        if mfa.trust_enabled || self.account.login_by_code_trust_enabled {
            all.push(Family {
                setting: "MFA_TRUST_COOKIE",
                name: Some(&mfa.trust_cookie_name),
                domain: mfa.trust_cookie_domain.as_deref().or(cookies.session_domain.as_deref()),
                path: mfa.trust_cookie_path.as_deref().unwrap_or(&cookies.session_path),
                secure: self.is_secure(mfa.trust_cookie_secure.or(cookies.session_secure)),
                same_site: mfa.trust_cookie_samesite.unwrap_or(cookies.session_samesite),
            });
        }
        let (refresh, reset, set) =
            ("JWT_ALLAUTH_REFRESH_TOKEN_COOKIE", "PASSWORD_RESET_COOKIE", "PASSWORD_SET_COOKIE");
        for (setting, path, secure, same_site) in [
            (refresh, jwt.refresh_cookie_path.as_str(), true, jwt.refresh_cookie_same_site),
            (reset, "/", jwt.reset_cookie_secure, jwt.reset_cookie_same_site),
            (set, "/", jwt.set_cookie_secure, jwt.set_cookie_same_site),
        ] {
            all.push(Family { setting, name: None, domain: None, path, secure, same_site });
        }
        all
    }

    pub(super) fn check_cookies(&self, problems: &mut Vec<String>) {
        for family in self.families() {
            problems.extend(self.mistakes(&family).into_iter().map(|mistake| format!("{}_{mistake}", family.setting)));
        }
    }

    fn mistakes(&self, family: &Family<'_>) -> Vec<String> {
        let mut mistakes = Vec::new();
        let name = family.name.unwrap_or_default();
        let begins_with =
            |prefix: &&str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        let prefix = ["__Host-", "__Secure-"].into_iter().find(begins_with);
        let is_token = |c: char| c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?={}".contains(c);
        if family.name.is_some_and(|name| name.is_empty() || !name.chars().all(is_token)) {
            mistakes.push("NAME: must be a word of ASCII letters, digits and `_`, `-` or `.`".to_owned());
        }
        if !family.path.starts_with('/') || !family.path.chars().all(|c| c.is_ascii_graphic() && c != ';') {
            mistakes.push(format!("PATH: `{}` must be a path such as / or /auth", family.path));
        }
        if let Some(domain) = family.domain {
            let (domain, host) =
                (domain.trim_start_matches('.'), self.service.public_url.host_str().unwrap_or_default());
            let above = host.strip_suffix(domain).is_some_and(|below| below.is_empty() || below.ends_with('.'));
            if domain.is_empty() || !above {
                mistakes.push(format!(
                    "DOMAIN: `{domain}` must be the host of PUBLIC_URL, `{host}`, or a parent domain of it"
                ));
            }
        }
        if let Some(prefix) = prefix {
            if !family.secure || !(self.is_https() || self.is_local()) {
                mistakes.push(format!("NAME: `{prefix}` needs SECURE=true, and an https PUBLIC_URL"));
            }
            if prefix == "__Host-" && (family.domain.is_some() || family.path != "/") {
                mistakes.push("NAME: `__Host-` needs DOMAIN=null and PATH=/".to_owned());
            }
        }
        if family.same_site == SameSite::None && !family.secure {
            // django-jwt-allauth spells it with an additional underscore. The names of its cookies are not settings.
            let setting = if family.name.is_none() { "SAME_SITE" } else { "SAMESITE" };
            mistakes.push(format!("{setting}: `None` needs SECURE=true, otherwise browsers reject the cookie"));
        }
        if self.cookies.partitioned && !family.secure {
            mistakes.push("SECURE: must be true with LATCHKEY_COOKIE_PARTITIONED".to_owned());
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::load;

    fn mistakes(pairs: &[(&str, &str)]) -> Vec<String> {
        load(pairs).map(|_| Vec::new()).unwrap_or_else(|problems| problems.0)
    }

    #[test]
    fn cookies_that_every_browser_drops_are_refused_at_startup() {
        let https = ("PUBLIC_URL", "https://auth.example.com");
        for (good, given) in [
            ("__Host- over https", vec![https, ("SESSION_COOKIE_NAME", "__Host-sid")]),
            (
                "__Secure- with a domain",
                vec![https, ("CSRF_COOKIE_NAME", "__Secure-x"), ("CSRF_COOKIE_DOMAIN", ".example.com")],
            ),
            ("None over https", vec![https, ("SESSION_COOKIE_SAMESITE", "None")]),
            ("partitioned", vec![https, ("LATCHKEY_COOKIE_PARTITIONED", "true"), ("SESSION_COOKIE_SAMESITE", "None")]),
            ("local", vec![("SESSION_COOKIE_NAME", "__Host-sid"), ("SESSION_COOKIE_SECURE", "true")]),
        ] {
            assert_eq!(mistakes(&given), [""; 0], "{good}");
        }
        for (setting, given) in [
            ("SESSION_COOKIE_SAMESITE:", vec![("SESSION_COOKIE_SAMESITE", "None")]),
            ("CSRF_COOKIE_SAMESITE:", vec![https, ("CSRF_COOKIE_SAMESITE", "None"), ("CSRF_COOKIE_SECURE", "false")]),
            (
                "MFA_TRUST_COOKIE_SAMESITE:",
                vec![
                    https,
                    ("MFA_TRUST_ENABLED", "true"),
                    ("MFA_TRUST_COOKIE_SAMESITE", "None"),
                    ("MFA_TRUST_COOKIE_SECURE", "false"),
                ],
            ),
            (
                "PASSWORD_RESET_COOKIE_SAME_SITE:",
                vec![https, ("PASSWORD_RESET_COOKIE_SAME_SITE", "None"), ("PASSWORD_RESET_COOKIE_SECURE", "false")],
            ),
            (
                "PASSWORD_SET_COOKIE_SAME_SITE:",
                vec![https, ("PASSWORD_SET_COOKIE_SAME_SITE", "None"), ("PASSWORD_SET_COOKIE_SECURE", "false")],
            ),
            (
                "SESSION_COOKIE_NAME:",
                vec![https, ("SESSION_COOKIE_NAME", "__Host-sid"), ("SESSION_COOKIE_PATH", "/auth")],
            ),
            (
                "SESSION_COOKIE_NAME:",
                vec![https, ("SESSION_COOKIE_NAME", "__host-sid"), ("SESSION_COOKIE_DOMAIN", "example.com")],
            ),
            ("SESSION_COOKIE_NAME:", vec![https, ("SESSION_COOKIE_NAME", "a b")]),
            ("CSRF_COOKIE_NAME:", vec![("CSRF_COOKIE_NAME", "__Secure-csrf")]),
            (
                "CSRF_COOKIE_NAME:",
                vec![
                    ("PUBLIC_URL", "http://auth.example.com"),
                    ("CSRF_COOKIE_NAME", "__Secure-csrf"),
                    ("CSRF_COOKIE_SECURE", "true"),
                ],
            ),
            ("SESSION_COOKIE_DOMAIN:", vec![https, ("SESSION_COOKIE_DOMAIN", "example.org")]),
            ("SESSION_COOKIE_DOMAIN:", vec![https, ("SESSION_COOKIE_DOMAIN", "th.example.com")]),
            ("SESSION_COOKIE_PATH:", vec![https, ("SESSION_COOKIE_PATH", "auth")]),
            (
                "JWT_ALLAUTH_REFRESH_TOKEN_COOKIE_PATH:",
                vec![https, ("JWT_ALLAUTH_REFRESH_TOKEN_COOKIE_PATH", "/; Domain=x")],
            ),
            ("SESSION_COOKIE_SECURE:", vec![("LATCHKEY_COOKIE_PARTITIONED", "true"), ("CSRF_COOKIE_SECURE", "true")]),
        ] {
            let told = mistakes(&given);
            assert!(told.len() == 1 && told[0].starts_with(setting), "{setting} {given:?} {told:?}");
        }
    }
}
