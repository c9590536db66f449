//! The stage that asks whether this browser needs a second factor next time.

use super::{Need, StageContext};
use crate::account::{Factor, User};
use crate::clock::Timestamp;
use crate::flow::Context;
use crate::secret::{decode, encode};
use crate::session::StageKey;
use serde_json::json;

/// The purpose of the cookie's digest.
const TRUST: &str = "trusted browser";
/// Most accounts that one browser can be trusted for.
const MOST: usize = 10;

/// Stops in a browser, if the login has just stopped for a second factor or a code that a trusted browser does not
/// need.
pub(in crate::flow) fn need(stage: &StageContext<'_>) -> Need {
    let (settings, login) = (&stage.cx.settings, stage.login);
    let by_factor = settings.mfa.trust_enabled && login.has_waited_at(StageKey::MfaAuthenticate);
    let by_code = settings.account.login_by_code_trust_enabled && login.has_waited_at(StageKey::LoginByCode);
    let asks = settings.mfa.enabled && (by_factor || by_code) && stage.cx.client.is_browser && stage.user.is_some();
    if asks { Need::Stop } else { Need::Nothing }
}

/// Whether the browser is trusted. The cookie is bound to the state of the account: any change of the password or the
/// authenticators makes it invalid.
pub(in crate::flow) fn is_trusted(cx: Context<'_>, user: &User) -> bool {
    let settings = &cx.settings;
    if !settings.mfa.trust_enabled && !settings.account.login_by_code_trust_enabled {
        return false;
    }
    let entries = cx.client.trust.as_deref().map(entries).unwrap_or_default();
    entries.iter().any(|(at, digest)| {
        let age = cx.now().seconds() - at;
        (0..settings.mfa.trust_cookie_age).contains(&age)
            && !settings.service.is_before_restore(Timestamp::from_seconds(*at))
            && cx.keys.is_digest(digest, TRUST, &[&at.to_be_bytes(), fingerprint(user).as_bytes()])
    })
}

/// The value of the cookie after this account is added.
pub(in crate::flow) fn trust(cx: Context<'_>, user: &User) -> String {
    let at = cx.now().seconds();
    let digest = cx.keys.digest(TRUST, &[&at.to_be_bytes(), fingerprint(user).as_bytes()]);
    let mut all = cx.client.trust.as_deref().map(entries).unwrap_or_default();
    all.push((at, digest));
    let first = all.len().saturating_sub(MOST);
    encode(json!(all[first..]).to_string().as_bytes())
}

fn entries(cookie: &str) -> Vec<(i64, String)> {
    decode(cookie).and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
}

fn fingerprint(user: &User) -> String {
    let factor = |it: &crate::account::Authenticator| match &it.factor {
        Factor::RecoveryCodes { codes, .. } => json!([it.id, codes]),
        Factor::Totp { .. } | Factor::WebAuthn { .. } | Factor::Unknown(_) => json!([it.id, it.factor.kind()]),
    };
    let factors = user.authenticators.iter().map(factor).collect::<Vec<_>>();
    json!([user.id, user.password, user.generation, factors]).to_string()
}
