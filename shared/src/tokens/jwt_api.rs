//! The tokens of the JWT API: their claims, and the keys that sign and verify them.

use crate::account::{User, UserId};
use crate::app::App;
use crate::clock::Timestamp;
use crate::jwt::api_token::{self, ApiClaims, ApiTokenError, Kind};
use crate::jwt::{KeyError, SigningKey};
use crate::session::{Bearer, Session};
use crate::settings::{SecretKey, Settings};
use crate::ticket::Purpose;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// The purpose of the keys that are derived from `SECRET_KEY`.
const DERIVED: &str = "tokens of the JWT API";

/// The keys, the one that signs first and the earlier ones after it. They come from the settings, or are derived from
/// `SECRET_KEY` and its fallbacks.
fn keys(app: &App) -> Result<&[SigningKey], KeyError> {
    if let Some(keys) = app.api_keys.get() {
        return Ok(keys);
    }
    let settings = &app.settings.jwt_api;
    let mut secrets = match &settings.secret_key {
        Some(key) => vec![key.bytes().to_vec()],
        None => app.keys.digests(DERIVED, &[]).into_iter().map(String::into_bytes).collect(),
    };
    secrets.extend(settings.secret_key_fallbacks.iter().map(SecretKey::bytes).map(<[u8]>::to_vec));
    let keys = secrets.iter().map(|secret| SigningKey::from_secret(secret)).collect::<Result<Vec<_>, _>>()?;
    Ok(app.api_keys.get_or_init(|| keys))
}

fn sign(app: &App, claims: &ApiClaims) -> Result<String, KeyError> {
    api_token::sign(claims, keys(app)?.first().ok_or(KeyError::Sign)?)
}

/// Returns the claims of a token, if Latchkey signed it, it is of this kind, and it is valid now.
///
/// # Errors
/// Why the token is refused.
pub fn read(app: &App, token: &str, kind: Kind) -> Result<ApiClaims, ApiTokenError> {
    let keys = keys(app).map_err(|_| ApiTokenError::Invalid)?;
    let claims = api_token::verify(token, keys, kind, app.now().seconds())?;
    let made = claims.get("iat").and_then(Json::as_i64).map(Timestamp::from_seconds);
    let is_void = made.is_some_and(|made| app.settings.service.is_before_restore(made));
    if is_void { Err(ApiTokenError::Expired) } else { Ok(claims) }
}

/// The user and the session that an access token names.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    /// The user.
    pub user: UserId,
    /// The session, if the token names one: its number, or `None` if the name is not a number that Latchkey assigns.
    pub session: Option<Option<u64>>,
}

impl Access {
    /// Reads these claims. Returns `None` if they name no user.
    pub fn of(claims: &ApiClaims) -> Option<Self> {
        let user = claims.get("user_id")?.as_str()?;
        let session = claims.get("session").map(|number| number.as_str().and_then(|number| number.parse().ok()));
        Some(Self { user: UserId(Uuid::parse_str(user).ok()?), session })
    }
}

/// The content of a refresh token: the user, the session, when the session began, and the name of the token.
#[derive(Debug, Clone)]
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

/// Reads a refresh token. Returns `Ok(None)` for a token that Latchkey signed but that names no session.
///
/// # Errors
/// Why the token is refused.
pub fn read_refresh(app: &App, token: &str) -> Result<Option<Refresh>, ApiTokenError> {
    let claims = read(app, token, Kind::Refresh)?;
    let named = || {
        let access = Access::of(&claims)?;
        let jti = claims.get("jti")?.as_str()?.to_owned();
        let started = claims.get("session_iat").and_then(Json::as_i64).unwrap_or(app.now().seconds());
        Some(Refresh { user: access.user, session: access.session.flatten()?, started, jti })
    };
    Ok(named())
}

/// Signs the access token and the refresh token of a session in its current state.
///
/// # Errors
/// The tokens could not be signed.
pub fn pair(
    app: &App,
    user: &User,
    session: &Session,
    bearer: &Bearer,
    email_verified: bool,
) -> Result<(String, String), KeyError> {
    let settings = &app.settings.jwt_api;
    let mut base = attributes(&app.settings, user);
    base.extend([
        ("user_id".to_owned(), json!(user.id.to_string())),
        ("session".to_owned(), json!(session.number.to_string())),
        ("session_iat".to_owned(), json!(bearer.family.started)),
        ("role".to_owned(), json!(user.role)),
        ("email_verified".to_owned(), json!(email_verified)),
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
fn attributes(settings: &Settings, user: &User) -> ApiClaims {
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
    let paths = &settings.jwt_api.user_attributes.0;
    let found = paths.iter().filter_map(|(name, path)| {
        let value = path.split('.').try_fold(&all, |value, part| value.get(part))?;
        (!value.is_null()).then(|| (name.clone(), value.clone()))
    });
    found.collect()
}

/// The value of the claim `one_time_permission` of a capability.
fn permission(purpose: Purpose) -> &'static str {
    if purpose == Purpose::SetCapability { "PASS_SET_ACCESS" } else { "PASS_RESET_ACCESS" }
}

/// Signs a capability as a token. The name of the token (`jti`) is the text of the capability. `for_user` is a number,
/// as in django-jwt-allauth, but identifies no user.
///
/// # Errors
/// The token could not be signed.
pub fn capability(app: &App, purpose: Purpose, user: &User, text: &str) -> Result<String, KeyError> {
    const NUMBER: u128 = (1 << 53) - 1;
    let now = app.now().seconds();
    let claims = json!({
        "token_type": "access",
        "iat": now,
        "exp": now.saturating_add(app.settings.jwt_api.access_token_lifetime),
        "jti": text,
        "for_user": (user.id.0.as_u128() & NUMBER) as u64,
        "one_time_permission": permission(purpose),
    });
    sign(app, claims.as_object().unwrap_or(&Map::new()))
}

/// Returns the capability of a token, if the token is one for this purpose.
pub fn read_capability(app: &App, purpose: Purpose, token: &str) -> Option<String> {
    let claims = read(app, token, Kind::Access).ok()?;
    let fits = claims.get("one_time_permission").and_then(Json::as_str) == Some(permission(purpose));
    let text = claims.get("jti").and_then(Json::as_str).filter(|_| fits && claims.contains_key("for_user"));
    text.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_whose_name_is_not_a_number_is_kept_without_a_number() {
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
