//! The tokens: what they say, signing and verifying (HS256, RFC 7519). Their shape is that of djangorestframework-simplejwt.

use crate::reply::{Fault, Reply};
use axum::http::HeaderValue;
use cookie::{Cookie, time::Duration};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Map, Value as Json, json};
use shared::account::{User, UserId};
use shared::app::App;
use shared::flow::jwt_api::is_email_verified;
use shared::session::Session;
use shared::settings::{MaxAge, SameSite};
use shared::ticket::Purpose;
use uuid::Uuid;

/// The cookie of refresh tokens.
pub const REFRESH_COOKIE: &str = "refresh_token";
/// Bytes that a token has at most: what is longer is refused unread.
const MOST: usize = 8 * 1024;
/// Seconds by which one function's clock may be behind another's.
const EARLY: i64 = 5;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// To use an API.
    Access,
    /// To have new tokens.
    Refresh,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// Why a token is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Not one of ours.
    Invalid,
    /// Over.
    Expired,
    /// For something else.
    WrongKind,
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Invalid => "Token is invalid",
            Self::Expired => "Token is expired",
            Self::WrongKind => "Token has wrong type",
        })
    }
}

type Claims = Map<String, Json>;

/// Signs with the setting's secret, or one derived from `SECRET_KEY`.
fn secret(app: &App) -> Vec<u8> {
    match &app.settings.jwt_api.secret_key {
        Some(key) => key.bytes().to_vec(),
        None => app.keys.digest("tokens of the JWT API", &[]).into_bytes(),
    }
}

fn sign(app: &App, claims: &Claims) -> Result<String, Fault> {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(&secret(app))).map_err(|error| {
        tracing::error!(%error, "a token could not be signed");
        Reply::detail(503, "The service is not available. Try again later.").into()
    })
}

/// What a token says, if it is one of ours, of this kind, and good now.
///
/// # Errors
/// What is wrong with it.
pub fn read(app: &App, token: &str, kind: Kind) -> Result<Claims, Unfit> {
    if token.len() > MOST {
        return Err(Unfit::Invalid);
    }
    // The library checks signature and algorithm; the claims are checked here, by the clock that is handed in.
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    let key = DecodingKey::from_secret(&secret(app));
    let claims = decode::<Claims>(token, &key, &validation).map_err(|_| Unfit::Invalid)?.claims;
    let now = app.now().seconds();
    let number = |name: &str| claims.get(name).and_then(Json::as_f64).map(|number| number as i64);
    match number("exp") {
        None => return Err(Unfit::Invalid),
        Some(exp) if exp <= now => return Err(Unfit::Expired),
        Some(_) => {}
    }
    let begins = [number("iat"), number("nbf")].into_iter().flatten().max();
    if begins.is_some_and(|begins| begins > now + EARLY) || !claims.contains_key("jti") {
        return Err(Unfit::Invalid);
    }
    match claims.get("token_type").and_then(Json::as_str) {
        Some(given) if given == kind.as_str() => Ok(claims),
        Some(_) => Err(Unfit::WrongKind),
        None => Err(Unfit::Invalid),
    }
}

/// Of whom an access token speaks.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    /// The user.
    pub user: UserId,
    /// The session, if it speaks of one: its number, or nothing where that is none of ours.
    pub session: Option<Option<u64>>,
}

impl Access {
    /// Of these claims; nothing where they name nobody.
    pub fn of(claims: &Claims) -> Option<Self> {
        let user = claims.get("user_id")?.as_str()?;
        let session = claims.get("session").map(|number| number.as_str().and_then(|number| number.parse().ok()));
        Some(Self { user: UserId(Uuid::parse_str(user).ok()?), session })
    }
}

/// A refresh token's whereabouts: whose, which session and since when, and its own name.
pub struct Refresh {
    /// The user.
    pub user: UserId,
    /// The number of the session.
    pub session: u64,
    /// When the session began, in seconds of Unix time.
    pub started: i64,
    /// The token's name.
    pub jti: String,
}

/// Reads a refresh token.
///
/// # Errors
/// What is wrong with it, as its holder may be told.
pub fn read_refresh(app: &App, token: &str) -> Result<Refresh, Reply> {
    let refused = |why: &str| Reply::coded(401, why, "token_not_valid");
    let claims = read(app, token, Kind::Refresh).map_err(|unfit| refused(&unfit.to_string()))?;
    let named = || {
        let access = Access::of(&claims)?;
        let jti = claims.get("jti")?.as_str()?.to_owned();
        let started = claims.get("session_iat").and_then(Json::as_i64).unwrap_or(app.now().seconds());
        Some(Refresh { user: access.user, session: access.session.flatten()?, started, jti })
    };
    named().ok_or_else(|| refused("Token is invalid or expired"))
}

/// The tokens of a session as it stands: access and refresh.
///
/// # Errors
/// They could not be signed.
pub fn pair(app: &App, user: &User, session: &Session) -> Result<(String, String), Fault> {
    let Some(bearer) = &session.bearer else { return Err(shared::flow::jwt_api::Denied::InvalidToken.into()) };
    let settings = &app.settings.jwt_api;
    let mut base = attributes(app, user);
    base.extend([
        ("user_id".to_owned(), json!(user.id.to_string())),
        ("session".to_owned(), json!(session.number.to_string())),
        ("session_iat".to_owned(), json!(bearer.family.started)),
        ("role".to_owned(), json!(user.role)),
        ("email_verified".to_owned(), json!(is_email_verified(app, user, None))),
    ]);
    let token = |kind: Kind, iat: i64, exp: i64, jti: String| {
        let mut claims = base.clone();
        claims.insert("token_type".to_owned(), json!(kind.as_str()));
        claims.insert("iat".to_owned(), json!(iat));
        claims.insert("exp".to_owned(), json!(exp));
        claims.insert("jti".to_owned(), json!(jti));
        sign(app, &claims)
    };
    let now = app.now().seconds();
    let access_ends = now.saturating_add(settings.access_token_lifetime).min(bearer.family.ends);
    let name = uuid::Builder::from_random_bytes(app.random()).into_uuid().simple().to_string();
    let access = token(Kind::Access, now, access_ends, name)?;
    let refresh_ends = bearer.ends(settings.refresh_token_lifetime).seconds();
    let refresh = token(Kind::Refresh, bearer.family.rotated_at, refresh_ends, bearer.family.jti())?;
    Ok((access, refresh))
}

/// The claims that `JWT_ALLAUTH_USER_ATTRIBUTES` names, as far as the user has them.
fn attributes(app: &App, user: &User) -> Claims {
    let mut all = Json::Object(user.attributes.clone().into_iter().collect());
    let known = [
        ("id", json!(user.id.to_string())),
        ("pk", json!(user.id.to_string())),
        ("email", json!(user.primary_email())),
        ("username", json!(user.username)),
        ("first_name", json!(user.first_name)),
        ("last_name", json!(user.last_name)),
        ("is_active", json!(user.is_active)),
    ];
    for (name, value) in known {
        all[name] = value;
    }
    for flag in ["is_staff", "is_superuser"] {
        if all.get(flag).is_none() {
            all[flag] = json!(false);
        }
    }
    let paths = &app.settings.jwt_api.user_attributes.0;
    let found = paths.iter().filter_map(|(name, path)| {
        let value = path.split('.').try_fold(&all, |value, part| value.get(part))?;
        (!value.is_null()).then(|| (name.clone(), value.clone()))
    });
    found.collect()
}

/// What the one-time token of a link is good for, in the claim that says so.
fn permission(purpose: Purpose) -> &'static str {
    if purpose == Purpose::SetCapability { "PASS_SET_ACCESS" } else { "PASS_RESET_ACCESS" }
}

/// The cookie of a capability.
fn capability_cookie(purpose: Purpose) -> &'static str {
    if purpose == Purpose::SetCapability { "set_password_access_token" } else { "password_reset_access_token" }
}

/// A capability as a token in its cookie. The token's name is the capability; `for_user` is a number as in the
/// reference, and names nobody.
///
/// # Errors
/// It could not be signed.
pub fn capability(app: &App, purpose: Purpose, user: &User, text: &str) -> Result<Option<HeaderValue>, Fault> {
    const NUMBER: u128 = (1 << 53) - 1;
    let settings = &app.settings.jwt_api;
    let now = app.now().seconds();
    let claims = json!({
        "token_type": "access",
        "iat": now,
        "exp": now.saturating_add(settings.access_token_lifetime),
        "jti": text,
        "for_user": (user.id.0.as_u128() & NUMBER) as u64,
        "one_time_permission": permission(purpose),
    });
    let token = sign(app, claims.as_object().unwrap_or(&Map::new()))?;
    let (http_only, secure, same_site, age) = match purpose {
        Purpose::SetCapability => (
            settings.set_cookie_http_only,
            settings.set_cookie_secure,
            settings.set_cookie_same_site,
            settings.set_cookie_max_age,
        ),
        _ => (
            settings.reset_cookie_http_only,
            settings.reset_cookie_secure,
            settings.reset_cookie_same_site,
            settings.reset_cookie_max_age,
        ),
    };
    let cookie = Cookie::build((capability_cookie(purpose), token)).path("/").http_only(http_only).secure(secure);
    Ok(finish(app, cookie.max_age(Duration::seconds(age)).build(), same_site))
}

/// Whether the request brings any cookie of this capability.
pub fn has_capability(exchange: &shared::http::Exchange, purpose: Purpose) -> bool {
    exchange.cookie(capability_cookie(purpose)).is_some()
}

/// The capability that the request's cookie holds, if it is one for this.
pub fn read_capability(exchange: &shared::http::Exchange, purpose: Purpose) -> Option<String> {
    let token = exchange.cookie(capability_cookie(purpose))?;
    let claims = read(&exchange.app, &token, Kind::Access).ok()?;
    let fits = claims.get("one_time_permission").and_then(Json::as_str) == Some(permission(purpose));
    let text = claims.get("jti").and_then(Json::as_str).filter(|_| fits && claims.contains_key("for_user"));
    text.map(str::to_owned)
}

/// The cookie of a refresh token.
pub fn refresh_cookie(app: &App, token: &str) -> Option<HeaderValue> {
    let settings = &app.settings.jwt_api;
    let cookie = Cookie::build((REFRESH_COOKIE, token.to_owned()))
        .path(settings.refresh_cookie_path.clone())
        .http_only(settings.refresh_cookie_http_only)
        .secure(true);
    let cookie = match settings.refresh_cookie_max_age {
        MaxAge::OfToken => cookie.max_age(Duration::seconds(settings.refresh_token_lifetime)),
        MaxAge::Browser => cookie,
        MaxAge::Seconds(seconds) => cookie.max_age(Duration::seconds(seconds)),
    };
    finish(app, cookie.build(), settings.refresh_cookie_same_site)
}

fn finish(app: &App, mut cookie: Cookie<'static>, same_site: SameSite) -> Option<HeaderValue> {
    match same_site {
        SameSite::Lax => cookie.set_same_site(cookie::SameSite::Lax),
        SameSite::Strict => cookie.set_same_site(cookie::SameSite::Strict),
        SameSite::None => cookie.set_same_site(cookie::SameSite::None),
        SameSite::Omitted => {}
    }
    if app.settings.cookies.partitioned {
        cookie.set_partitioned(true);
    }
    HeaderValue::from_str(&cookie.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_is_none_of_ours_is_one_all_the_same() {
        let of = |session: Json| {
            let claims = json!({"user_id": Uuid::nil().to_string(), "session": session});
            Access::of(claims.as_object().unwrap()).unwrap().session
        };
        assert_eq!(of(json!("12")), Some(Some(12)));
        assert_eq!(of(json!("5f1d")), Some(None));
        assert_eq!(of(json!(12)), Some(None));
        let claims = json!({"user_id": Uuid::nil().to_string()});
        assert_eq!(Access::of(claims.as_object().unwrap()).unwrap().session, None);
    }
}
