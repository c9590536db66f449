//! Security headers of all responses: those of Django's `SecurityMiddleware` and `XFrameOptionsMiddleware`, and a
//! Content-Security-Policy.

use crate::settings::{FrameOptions, Settings};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The headers that every response has, unless its handler has set them.
#[derive(Debug)]
pub(super) struct SecurityHeaders(Vec<(HeaderName, HeaderValue)>);

impl SecurityHeaders {
    pub(super) fn new(settings: &Settings) -> Self {
        let security = &settings.security;
        let transport = (security.hsts_seconds > 0 && settings.is_https()).then(|| {
            let below = if security.hsts_include_subdomains { "; includeSubDomains" } else { "" };
            let preload = if security.hsts_preload { "; preload" } else { "" };
            format!("max-age={}{below}{preload}", security.hsts_seconds)
        });
        let referrer = security.referrer_policy.as_ref().map(|policies| policies.replace(' ', ""));
        let all = [
            (header::X_CONTENT_TYPE_OPTIONS, security.content_type_nosniff.then(|| "nosniff".to_owned())),
            (header::X_FRAME_OPTIONS, Some(security.frame_options.as_str().to_owned())),
            (header::STRICT_TRANSPORT_SECURITY, transport),
            (header::REFERRER_POLICY, referrer),
            (HeaderName::from_static("cross-origin-opener-policy"), security.cross_origin_opener_policy.clone()),
            (header::CONTENT_SECURITY_POLICY, Some(PagePolicy::default().header(settings))),
        ];
        let all = all.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::try_from(value?).ok()?)));
        Self(all.collect())
    }

    pub(super) fn add_to(&self, mut response: Response<Body>) -> Response<Body> {
        for (name, value) in &self.0 {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        response
    }
}

/// The features that a page of Latchkey needs in addition to text. Its Content-Security-Policy allows only these.
#[derive(Debug, Clone, Copy, Default)]
pub struct PagePolicy<'a> {
    /// The whole text of its `<style>`.
    pub style: &'a str,
    /// The whole text of its `<script>`, which can call the service.
    pub script: &'a str,
    /// Whether the page loads scripts, style sheets and pictures from the service, and pictures from `data:` URLs.
    pub loads_files: bool,
    /// Whether the page has a form that it sends to the service.
    pub has_form: bool,
    /// The origins or schemes that the response to the form can redirect to. Chromium applies the policy of the form's
    /// page to the whole chain of redirects after the form.
    pub leads_to: &'a [String],
}

impl PagePolicy<'_> {
    /// Returns the value of the header `Content-Security-Policy`. It allows styles and scripts by their digests, so
    /// injected ones do not run.
    pub fn header(&self, settings: &Settings) -> String {
        let digest = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        let files = if self.loads_files { " 'self'" } else { "" };
        let mut policy = "default-src 'none'; base-uri 'none'".to_owned();
        if !self.style.is_empty() {
            policy.push_str(&format!("; style-src {}{files}", digest(self.style)));
        }
        if !self.script.is_empty() {
            policy.push_str(&format!("; script-src {}{files}; connect-src 'self'", digest(self.script)));
        }
        if self.loads_files {
            policy.push_str("; img-src 'self' data:");
        }
        let forms = if self.has_form {
            ["'self'"].into_iter().chain(self.leads_to.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
        } else {
            "'none'".to_owned()
        };
        let frames = match settings.security.frame_options {
            FrameOptions::Deny => "'none'",
            FrameOptions::SameOrigin => "'self'",
        };
        format!("{policy}; form-action {forms}; frame-ancestors {frames}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Source;

    fn headers(pairs: &[(&str, &str)]) -> Vec<String> {
        let urls = r#"{"account_confirm_email": "https://app.example/verify/{key}"}"#;
        let base = [("SECRET_KEY", "0123456789abcdef0123456789abcdef"), ("HEADLESS_FRONTEND_URLS", urls)];
        let given = base.iter().chain(pairs).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let headers = SecurityHeaders::new(&Settings::load(&Source::new(given)).unwrap());
        headers.0.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    }

    #[test]
    fn the_defaults_are_djangos_with_a_policy() {
        assert_eq!(
            headers(&[("SECURE_HSTS_SECONDS", "60")]),
            [
                "x-content-type-options: nosniff",
                "x-frame-options: DENY",
                "referrer-policy: same-origin",
                "cross-origin-opener-policy: same-origin",
                "content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ],
            "no HSTS over http"
        );
    }

    #[test]
    fn settings_change_the_headers() {
        let all = headers(&[
            ("PUBLIC_URL", "https://auth.example.com"),
            ("SECURE_CONTENT_TYPE_NOSNIFF", "false"),
            ("SECURE_HSTS_SECONDS", "31536000"),
            ("SECURE_HSTS_INCLUDE_SUBDOMAINS", "true"),
            ("SECURE_HSTS_PRELOAD", "true"),
            ("SECURE_REFERRER_POLICY", "no-referrer, same-origin"),
            ("SECURE_CROSS_ORIGIN_OPENER_POLICY", "null"),
            ("X_FRAME_OPTIONS", "SAMEORIGIN"),
        ]);
        assert_eq!(
            all,
            [
                "x-frame-options: SAMEORIGIN",
                "strict-transport-security: max-age=31536000; includeSubDomains; preload",
                "referrer-policy: no-referrer,same-origin",
                "content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
            ]
        );
    }

    #[test]
    fn a_policy_allows_only_the_features_of_the_page() {
        let leads_to = ["https://app.example.com".to_owned()];
        let policy = PagePolicy { style: "b{}", has_form: true, leads_to: &leads_to, ..PagePolicy::default() };
        assert_eq!(
            policy.header(&Settings::default()),
            "default-src 'none'; base-uri 'none'; style-src 'sha256-@'; form-action 'self' https://app.example.com; frame-ancestors 'none'"
                .replace('@', &STANDARD.encode(Sha256::digest("b{}")))
        );
        let policy = PagePolicy { script: "f()", loads_files: true, ..PagePolicy::default() };
        assert_eq!(
            policy.header(&Settings::default()),
            "default-src 'none'; base-uri 'none'; script-src 'sha256-@' 'self'; connect-src 'self'; img-src 'self' data:; form-action 'none'; frame-ancestors 'none'"
                .replace('@', &STANDARD.encode(Sha256::digest("f()")))
        );
    }
}
