//! An OpenID provider on the loopback interface: discovery, rotating keys, authorize, token, userinfo and
//! introspection. It checks requests as a real provider does. A test can give it a fault.

use crate::cloud::server::serve;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const CLIENT: &str = "our-client";
pub const SECRET: &str = "our-secret";

/// The fault of the provider.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Wrong {
    /// No fault.
    #[default]
    Nothing,
    /// A claim of its ID tokens has this value.
    Claim(&'static str, Value),
    /// Its ID tokens lack this claim.
    Without(&'static str),
    /// Its ID tokens are signed with an unpublished key.
    Signature,
    /// Its ID tokens are not signed.
    Unsigned,
    /// Its ID tokens are signed with the client secret as an HMAC key.
    Hmac,
    /// Its access tokens were issued for this client.
    Client(&'static str),
    /// Its userinfo describes another subject.
    Userinfo,
    /// Its token endpoint exceeds the service's time limit.
    Slow,
    /// Its token endpoint sends an invalid answer.
    Nonsense,
    /// Its token endpoint fails.
    Failing,
    /// It sends this status and body at this path.
    Answers(&'static str, u16, String),
}

type Params = BTreeMap<String, String>;

#[derive(Default)]
struct Inner {
    wrong: Wrong,
    /// The number of the key that signs.
    key: u8,
    /// The person at the provider's login page.
    person: Value,
    /// The person and the parameters of the request, by code.
    codes: BTreeMap<String, (Value, Params)>,
    /// The person of each access token.
    tokens: BTreeMap<String, Value>,
}

/// A running provider.
#[derive(Clone)]
pub struct IdentityProvider {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_slice(&[number + 1; 32]).unwrap()
}

impl IdentityProvider {
    pub fn start() -> Self {
        let inner = Arc::new(Mutex::new(Inner::default()));
        let slot = Arc::new(Mutex::new(String::new()));
        let state = (inner.clone(), slot.clone());
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/introspect", post(introspect))
            .with_state(state)
            .layer(axum::middleware::from_fn_with_state(inner.clone(), answers));
        let url = format!("http://{}", serve(router));
        slot.lock().unwrap().clone_from(&url);
        Self { url, inner }
    }

    /// Returns the value of `SOCIALACCOUNT_PROVIDERS` with this provider, under the name `op`.
    pub fn settings(&self, more: &Value) -> String {
        let mut settings = json!({"server_url": self.url});
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let app = json!({
            "provider_id": "op", "name": "Example", "client_id": CLIENT, "secret": SECRET, "settings": settings,
        });
        json!({"openid_connect": {"APPS": [app]}}).to_string()
    }

    pub fn be(&self, wrong: Wrong) {
        self.inner.lock().unwrap().wrong = wrong;
    }

    pub fn rotate_key(&self) {
        self.inner.lock().unwrap().key += 1;
    }

    /// Sets the person at the login page.
    pub fn person(&self, person: Value) {
        self.inner.lock().unwrap().person = person;
    }

    /// Issues an access token, as an app would get it.
    pub fn access_token(&self, person: &Value) -> String {
        let mut inner = self.inner.lock().unwrap();
        let access = format!("access-{}", inner.tokens.len());
        inner.tokens.insert(access.clone(), person.clone());
        access
    }

    /// Issues an ID token, as an app would get it.
    pub fn id_token(&self, person: &Value) -> String {
        id_token(&self.inner.lock().unwrap(), &self.url, person, None)
    }
}

/// Sends the answer of `Wrong::Answers`, if that is the provider's fault and the path matches.
async fn answers(State(inner): State<Arc<Mutex<Inner>>>, request: Request, next: Next) -> Response {
    let wrong = inner.lock().unwrap().wrong.clone();
    match wrong {
        Wrong::Answers(path, status, body) if request.uri().path() == path => {
            (StatusCode::from_u16(status).unwrap(), body).into_response()
        }
        _ => next.run(request).await,
    }
}

type Shared = State<(Arc<Mutex<Inner>>, Arc<Mutex<String>>)>;

async fn discovery(State((_, url)): Shared) -> Json<Value> {
    let url = url.lock().unwrap().clone();
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "introspection_endpoint": format!("{url}/introspect"),
        "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }))
}

async fn keys(State((inner, _)): Shared) -> Json<Value> {
    let number = inner.lock().unwrap().key;
    let point = key(number).verifying_key().to_sec1_point(false);
    let (x, y) = (B64.encode(&point.as_bytes()[1..33]), B64.encode(&point.as_bytes()[33..65]));
    let kid = format!("key-{number}");
    Json(json!({"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": x, "y": y}]}))
}

async fn authorize(State((inner, _)): Shared, Query(query): Query<Params>) -> Response {
    let mut inner = inner.lock().unwrap();
    let mut back = url_of(&query["redirect_uri"]);
    back.query_pairs_mut().append_pair("state", &query["state"]);
    if inner.person.is_null() {
        back.query_pairs_mut().append_pair("error", "access_denied");
    } else {
        let code = format!("code-{}", inner.codes.len());
        back.query_pairs_mut().append_pair("code", &code);
        let person = inner.person.clone();
        inner.codes.insert(code, (person, query));
    }
    Redirect::to(back.as_str()).into_response()
}

fn url_of(text: &str) -> url::Url {
    url::Url::parse(text).unwrap()
}

async fn token(State((inner, url)): Shared, headers: HeaderMap, body: String) -> Response {
    let form: Params = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let wrong = inner.lock().unwrap().wrong.clone();
    match wrong {
        Wrong::Slow => tokio::time::sleep(Duration::from_secs(20)).await,
        Wrong::Nonsense => return "<html>Good morning".into_response(),
        Wrong::Failing => return StatusCode::BAD_GATEWAY.into_response(),
        _ => {}
    }
    let url = url.lock().unwrap().clone();
    let mut inner = inner.lock().unwrap();
    let refuse = |why: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": why}))).into_response();
    if !is_ours(&headers, &form) {
        return refuse("invalid_client");
    }
    let Some((person, asked)) = inner.codes.remove(form["code"].as_str()) else { return refuse("invalid_grant") };
    if form.get("redirect_uri") != asked.get("redirect_uri") {
        return refuse("invalid_grant");
    }
    // RFC 7636, section 4.6.
    let challenge = form.get("code_verifier").map(|verifier| B64.encode(Sha256::digest(verifier)));
    if challenge.as_ref() != asked.get("code_challenge") {
        return refuse("invalid_grant");
    }
    let access = format!("access-{}", inner.tokens.len());
    inner.tokens.insert(access.clone(), person.clone());
    let token = id_token(&inner, &url, &person, asked.get("nonce"));
    Json(json!({
        "access_token": access, "token_type": "Bearer", "expires_in": 3600, "refresh_token": "refresh-me", "id_token": token,
    }))
    .into_response()
}

fn is_ours(headers: &HeaderMap, form: &Params) -> bool {
    let basic = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let expected = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{CLIENT}:{SECRET}")));
    basic == expected || form.get("client_secret").map(String::as_str) == Some(SECRET)
}

/// RFC 7662.
async fn introspect(State((inner, _)): Shared, headers: HeaderMap, body: String) -> Response {
    let form: Params = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    if !is_ours(&headers, &form) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let inner = inner.lock().unwrap();
    let client = if let Wrong::Client(other) = inner.wrong { other } else { CLIENT };
    let about = inner.tokens.get(&form["token"]).map(|person| (client, person["sub"].clone()));
    Json(match about {
        Some((client, sub)) => json!({"active": true, "client_id": client, "sub": sub}),
        None => json!({"active": false}),
    })
    .into_response()
}

async fn userinfo(State((inner, _)): Shared, headers: HeaderMap) -> Response {
    let inner = inner.lock().unwrap();
    let bearer = headers["authorization"].to_str().unwrap().trim_start_matches("Bearer ");
    match inner.tokens.get(bearer) {
        Some(_) if inner.wrong == Wrong::Userinfo => Json(json!({"sub": "somebody else"})).into_response(),
        Some(person) => Json(person.clone()).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

fn id_token(inner: &Inner, issuer: &str, person: &Value, nonce: Option<&String>) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut claims = json!({"iss": issuer, "aud": CLIENT, "iat": now - 5, "exp": now + 3600});
    claims.as_object_mut().unwrap().extend(person.as_object().unwrap().clone());
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    match &inner.wrong {
        Wrong::Claim(name, value) => claims[*name] = value.clone(),
        Wrong::Without(name) => drop(claims.as_object_mut().unwrap().remove(*name)),
        _ => {}
    }
    let algorithm = match inner.wrong {
        Wrong::Unsigned => "none",
        Wrong::Hmac => "HS256",
        _ => "ES256",
    };
    let header = json!({"alg": algorithm, "kid": format!("key-{}", inner.key), "typ": "JWT"});
    let signed = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
    let signature = match inner.wrong {
        Wrong::Unsigned => Vec::new(),
        Wrong::Hmac => hmac_sha256(SECRET.as_bytes(), signed.as_bytes()),
        Wrong::Signature => sign(&key(99), &signed),
        _ => sign(&key(inner.key), &signed),
    };
    format!("{signed}.{}", B64.encode(signature))
}

fn sign(key: &SigningKey, text: &str) -> Vec<u8> {
    let signature: Signature = key.sign(text.as_bytes());
    signature.to_bytes().to_vec()
}

/// RFC 2104.
fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let pad = |byte: u8| block.map(|b| b ^ byte);
    let inner = Sha256::digest([&pad(0x36)[..], text].concat());
    Sha256::digest([&pad(0x5c)[..], &inner].concat()).to_vec()
}
