//! CSRF protection like Django's: a secret in a cookie, the same secret in a header, and an `Origin` that we trust.

use super::{cookies, headers as client};
use crate::random::{RandomSource, random_bytes};
use crate::secret::same;
use crate::settings::{Settings, trusted_origin};
use axum::http::{HeaderMap, Method};
use url::Url;

const SECRET_LENGTH: usize = 32;
const LETTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Creates a secret.
pub(super) fn new_secret(random: &dyn RandomSource) -> String {
    let bytes: [u8; SECRET_LENGTH * 2] = random_bytes(random);
    // Each letter uses two bytes, so that all letters are almost equally likely.
    let letter = |pair: &[u8]| char::from(LETTERS[(usize::from(pair[0]) * 256 + usize::from(pair[1])) % LETTERS.len()]);
    bytes.chunks_exact(2).map(letter).collect()
}

/// Returns the secret in the caller's cookie, if it is valid.
pub(super) fn secret(headers: &HeaderMap, settings: &Settings) -> Option<String> {
    unmask(&cookies::read(headers, &settings.cookies.csrf_name)?)
}

/// Returns whether a request comes from one of our pages, or cannot change anything. `field` is the token in a form's
/// field.
pub fn passes_csrf_check(method: &Method, headers: &HeaderMap, field: Option<&str>, settings: &Settings) -> bool {
    if is_safe(method) {
        return true;
    }
    has_trusted_origin(headers, settings) && has_token(headers, field, settings)
}

/// Checks `Origin`. Over https, without that header, checks `Referer`.
fn has_trusted_origin(headers: &HeaderMap, settings: &Settings) -> bool {
    let is_http = settings.service.public_url.scheme() != "https";
    match (client::text(headers, "origin"), client::text(headers, "referer")) {
        (Some(origin), _) => {
            let is_ours = is_trusted(&origin, settings);
            if !is_ours {
                let origin = origin.chars().take(100).collect::<String>();
                tracing::warn!(
                    origin,
                    "request refused: the page's origin is not in PUBLIC_URL or CSRF_TRUSTED_ORIGINS"
                );
            }
            is_ours
        }
        (None, _) if is_http => true,
        (None, Some(page)) => {
            Url::parse(&page).is_ok_and(|page| is_trusted(&page.origin().ascii_serialization(), settings))
        }
        (None, None) => false,
    }
}

fn is_trusted(origin: &str, settings: &Settings) -> bool {
    settings.service.public_url.origin().ascii_serialization() == origin
        || settings.cookies.csrf_trusted_origins.iter().any(|trusted| trusted_origin(trusted, origin))
}

/// Returns whether a page of an origin that no setting names sent this request (login CSRF). Only browsers name an
/// origin, so a request of another client is not from a foreign page.
pub(super) fn is_cross_site(method: &Method, headers: &HeaderMap, settings: &Settings) -> bool {
    if is_safe(method) {
        return false;
    }
    match client::text(headers, "origin") {
        Some(origin) => {
            !is_trusted(&origin, settings)
                && !settings.service.cors_allowed_origins.iter().any(|known| *known == origin)
        }
        None => client::text(headers, "sec-fetch-site").is_some_and(|site| site == "cross-site"),
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

fn has_token(headers: &HeaderMap, field: Option<&str>, settings: &Settings) -> bool {
    let header = client::text(headers, &settings.csrf_header());
    let given = field.or(header.as_deref()).and_then(unmask);
    match (secret(headers, settings), given) {
        (Some(secret), Some(given)) => same(secret.as_bytes(), given.as_bytes()),
        _ => false,
    }
}

/// Returns the secret of a token, which is plain or masked by Django's templates: random letters, then the secret
/// shifted by them.
fn unmask(token: &str) -> Option<String> {
    let places = token.bytes().map(|letter| LETTERS.iter().position(|known| *known == letter));
    let places = places.collect::<Option<Vec<_>>>()?;
    match places.len() {
        SECRET_LENGTH => Some(token.to_owned()),
        length if length == 2 * SECRET_LENGTH => {
            let (mask, shifted) = places.split_at(SECRET_LENGTH);
            let letter = |(shifted, mask): (&usize, &usize)| {
                char::from(LETTERS[(shifted + LETTERS.len() - mask) % LETTERS.len()])
            };
            Some(shifted.iter().zip(mask).map(letter).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn a_masked_token_is_unmasked() {
        let secret = new_secret(&SystemRandom);
        assert_eq!(secret.len(), 32);
        assert_eq!(unmask(&secret).as_deref(), Some(secret.as_str()));
        let place = |letter: u8| LETTERS.iter().position(|known| *known == letter).unwrap();
        let mask = new_secret(&SystemRandom);
        let shifted = secret.bytes().zip(mask.bytes()).map(|(s, m)| char::from(LETTERS[(place(s) + place(m)) % 62]));
        assert_eq!(unmask(&format!("{mask}{}", shifted.collect::<String>())), Some(secret));
        for nonsense in ["", "short", &"?".repeat(32), &"a".repeat(33)] {
            assert_eq!(unmask(nonsense), None);
        }
    }
}
