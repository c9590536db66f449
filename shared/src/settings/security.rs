//! Security headers, under the names of the settings of Django's `SecurityMiddleware` and `XFrameOptionsMiddleware`.

use super::declaration::section;
use super::values::keywords;

keywords! {
    /// The pages that can show our pages in a frame.
    FrameOptions {
        /// No page.
        Deny = "DENY",
        /// Pages of the same origin.
        SameOrigin = "SAMEORIGIN",
    }
}

section! {
    /// The security headers of all responses.
    SecuritySettings {
        /// Whether browsers must not guess content types (`X-Content-Type-Options: nosniff`).
        content_type_nosniff: bool = "SECURE_CONTENT_TYPE_NOSNIFF", true;
        /// Seconds for which browsers use only https for this host (`Strict-Transport-Security`). 0 sends no header. The header
        /// is sent only if `PUBLIC_URL` is https.
        hsts_seconds: u64 = "SECURE_HSTS_SECONDS", 0;
        /// Whether this also applies to every host below this one.
        hsts_include_subdomains: bool = "SECURE_HSTS_INCLUDE_SUBDOMAINS", false;
        /// Whether browsers may include this host in their built-in list.
        hsts_preload: bool = "SECURE_HSTS_PRELOAD", false;
        /// How much of a page's URL browsers send to other pages (`Referrer-Policy`). Several policies are separated by commas.
        /// `null` sends no header. Answers of the JWT API always have `same-origin`, because the URLs of its links are secrets.
        referrer_policy: Option<String> = "SECURE_REFERRER_POLICY", Some("same-origin".into());
        /// Which pages share a browsing context group with the service's pages (`Cross-Origin-Opener-Policy`). `null` sends no
        /// header.
        cross_origin_opener_policy: Option<String> = "SECURE_CROSS_ORIGIN_OPENER_POLICY", Some("same-origin".into());
        /// Which pages may show the service's pages in a frame: `DENY` for none, `SAMEORIGIN` for pages of the same origin. The
        /// `frame-ancestors` of every `Content-Security-Policy` has the same value.
        frame_options: FrameOptions = "X_FRAME_OPTIONS", FrameOptions::Deny;
    }
}

impl SecuritySettings {
    pub(super) fn check(&self, problems: &mut Vec<String>) {
        const REFERRER: [&str; 8] = [
            "no-referrer",
            "no-referrer-when-downgrade",
            "origin",
            "origin-when-cross-origin",
            "same-origin",
            "strict-origin",
            "strict-origin-when-cross-origin",
            "unsafe-url",
        ];
        const OPENER: [&str; 4] = ["noopener-allow-popups", "same-origin", "same-origin-allow-popups", "unsafe-none"];
        let given = self.referrer_policy.iter().flat_map(|policies| policies.split(',').map(str::trim));
        for policy in given.filter(|policy| !REFERRER.contains(policy)) {
            problems.push(format!("SECURE_REFERRER_POLICY: `{policy}` must be one of: {}", REFERRER.join(" ")));
        }
        for policy in self.cross_origin_opener_policy.iter().filter(|policy| !OPENER.contains(&policy.as_str())) {
            problems
                .push(format!("SECURE_CROSS_ORIGIN_OPENER_POLICY: `{policy}` must be one of: {}", OPENER.join(" ")));
        }
    }
}
