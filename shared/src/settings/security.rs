//! What every answer tells browsers, under the names that Django's `SecurityMiddleware` and `XFrameOptionsMiddleware` read.

use super::declare::section;
use super::values::words;

words! {
    /// Which pages may show ours in a frame.
    FrameOptions {
        /// None.
        Deny = "DENY",
        /// Those of our own origin.
        SameOrigin = "SAMEORIGIN",
    }
}

section! {
    /// What every answer tells browsers.
    SecuritySettings {
        /// Whether browsers are kept from guessing content types (`X-Content-Type-Options: nosniff`).
        content_type_nosniff: bool = "SECURE_CONTENT_TYPE_NOSNIFF", true;
        /// Seconds that browsers use https alone for this host (`Strict-Transport-Security`); 0 sends nothing. It is sent only
        /// where `PUBLIC_URL` is https.
        hsts_seconds: u64 = "SECURE_HSTS_SECONDS", 0;
        /// Whether that holds for every host below this one.
        hsts_include_subdomains: bool = "SECURE_HSTS_INCLUDE_SUBDOMAINS", false;
        /// Whether browsers may have that built in.
        hsts_preload: bool = "SECURE_HSTS_PRELOAD", false;
        /// How much of an address browsers tell other pages (`Referrer-Policy`), several policies with commas; `null` sends
        /// nothing. Answers of the JWT API say `same-origin` always, because addresses of its links are secrets.
        referrer_policy: Option<String> = "SECURE_REFERRER_POLICY", Some("same-origin".into());
        /// Which pages share a group of windows with ours (`Cross-Origin-Opener-Policy`); `null` sends nothing.
        cross_origin_opener_policy: Option<String> = "SECURE_CROSS_ORIGIN_OPENER_POLICY", Some("same-origin".into());
        /// Which pages may show ours in a frame: `DENY` for none, `SAMEORIGIN` for our own. The `frame-ancestors` of every
        /// `Content-Security-Policy` says the same.
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
