//! A provider in memory, and the helpers that the tests share.

mod config;
mod fetch;
mod flow;
mod id_token;
mod native;
mod openid;
mod profiles;
mod table;
mod telegram;

use super::*;
use http::{Request, Response};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A moment in 2027.
const NOW: i64 = 1_800_000_000;
const BACK: &str = "https://app.example.com/accounts/x/login/callback/";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

type Answer = Box<dyn Fn(&Request<Vec<u8>>) -> Result<Response<Vec<u8>>, FetchError> + Send + Sync>;

/// The answers of all providers, by URL without its query, and the requests that they received.
#[derive(Default)]
struct World {
    answers: Mutex<BTreeMap<String, Answer>>,
    asked: Mutex<Vec<Request<Vec<u8>>>>,
}

impl World {
    fn say(&self, url: &str, status: u16, body: impl Into<Vec<u8>>) {
        let body = body.into();
        let answer = move |_: &Request<Vec<u8>>| Ok(Response::builder().status(status).body(body.clone()).unwrap());
        self.answer(url, Box::new(answer));
    }

    fn json(&self, url: &str, body: &Value) {
        self.say(url, 200, body.to_string());
    }

    fn fail(&self, url: &str, error: FetchError) {
        self.answer(url, Box::new(move |_| Err(error.clone())));
    }

    fn answer(&self, url: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(url.to_owned(), answer);
    }

    fn asked(&self) -> Vec<Request<Vec<u8>>> {
        self.asked.lock().unwrap().clone()
    }

    fn count(&self, url: &str) -> usize {
        self.asked().iter().filter(|request| request.uri().to_string().split('?').next() == Some(url)).count()
    }

    fn last_to(&self, url: &str) -> Request<Vec<u8>> {
        let here = |request: &Request<Vec<u8>>| request.uri().to_string().split('?').next() == Some(url);
        self.asked().into_iter().rfind(here).expect("no request was sent to this URL")
    }
}

struct Wire(Arc<World>);

impl Fetch for Wire {
    fn fetch(&self, request: Request<Vec<u8>>) -> FetchFuture<'_> {
        let url = request.uri().to_string().split('?').next().unwrap().to_owned();
        let answer = match self.0.answers.lock().unwrap().get(&url) {
            Some(answer) => answer(&request),
            None => Ok(Response::builder().status(404).body(b"{}".to_vec()).unwrap()),
        };
        self.0.asked.lock().unwrap().push(request);
        Box::pin(async move { answer })
    }
}

fn world() -> (Arc<World>, Engine) {
    let world = Arc::new(World::default());
    let engine = Engine::new(Arc::new(Wire(Arc::clone(&world))), PlainHttp::Loopback, true);
    (world, engine)
}

/// Returns the settings of providers that have no fixed address.
fn settings() -> Value {
    json!({
        "server_url": "https://op.example.com",
        "keycloak_url": "https://kc.example.com",
        "keycloak_realm": "main",
        "auth0_url": "https://tenant.auth0.com",
        "okta_base_url": "tenant.okta.com",
    })
}

/// Returns an application with the client identifier `client` and the secret `hush`.
fn app_with(provider: &str, settings: Value, section: Value) -> AppConfig {
    let mut section: Map<String, Value> = section.as_object().unwrap().clone();
    let mut app = json!({"client_id": "client", "secret": "hush", "key": "", "settings": settings});
    if provider == "openid_connect" {
        app["provider_id"] = json!("op");
    }
    section.insert("APP".to_owned(), app);
    AppConfig::parse(&json!({provider: section})).unwrap().remove(0)
}

fn app(provider: &str) -> AppConfig {
    let mut settings = settings();
    if provider == "keycloak" {
        settings.as_object_mut().unwrap().remove("server_url");
    }
    app_with(provider, settings, json!({}))
}

/// Returns the pairs of a query or a form.
fn pairs(text: &[u8]) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text).into_owned().collect()
}

fn query(request: &Request<Vec<u8>>) -> BTreeMap<String, String> {
    pairs(request.uri().query().unwrap_or_default().as_bytes())
}

fn callback<'a>(params: &'a BTreeMap<String, String>) -> Callback<'a> {
    Callback { code: "code", redirect_uri: BACK, pkce_verifier: Some(VERIFIER), params }
}

/// Returns the tokens for an answer of the token endpoint.
async fn tokens(world: &World, provider: &Provider<'_>, answer: &Value) -> ProviderTokens {
    let url = provider.endpoints(NOW).await.unwrap().token;
    world.json(&url, answer);
    provider.exchange(&callback(&BTreeMap::new()), NOW).await.unwrap()
}

/// A key of an OpenID provider, created for the test.
struct Signer {
    kid: &'static str,
    algorithm: jsonwebtoken::Algorithm,
    key: rcgen::KeyPair,
}

impl Signer {
    fn new(kid: &'static str) -> Self {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        Self { kid, algorithm: jsonwebtoken::Algorithm::ES256, key }
    }

    fn rsa(kid: &'static str) -> Self {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        Self { kid, algorithm: jsonwebtoken::Algorithm::RS256, key }
    }

    fn encoding(&self) -> jsonwebtoken::EncodingKey {
        let pem = self.key.serialize_pem();
        match self.algorithm {
            jsonwebtoken::Algorithm::ES256 => jsonwebtoken::EncodingKey::from_ec_pem(pem.as_bytes()).unwrap(),
            _ => jsonwebtoken::EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(),
        }
    }

    fn sign(&self, claims: &Value) -> String {
        let header =
            jsonwebtoken::Header { kid: Some(self.kid.to_owned()), ..jsonwebtoken::Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, claims, &self.encoding()).unwrap()
    }

    fn jwk(&self) -> Value {
        let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&self.encoding(), self.algorithm).unwrap();
        let mut jwk = serde_json::to_value(jwk).unwrap();
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk
    }
}

fn jwks(signers: &[&Signer]) -> Value {
    json!({"keys": signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>()})
}

const OP: &str = "https://op.example.com";
const KEYS: &str = "https://op.example.com/keys";
const USERINFO: &str = "https://op.example.com/userinfo";

/// Sets up the OpenID provider at `server`.
fn openid(world: &World, server: &str, signers: &[&Signer]) {
    let configuration = json!({
        "issuer": server,
        "authorization_endpoint": format!("{server}/authorize"),
        "token_endpoint": format!("{server}/token"),
        "userinfo_endpoint": format!("{server}/userinfo"),
        "jwks_uri": format!("{server}/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    });
    world.json(&format!("{server}/.well-known/openid-configuration"), &configuration);
    world.json(&format!("{server}/keys"), &jwks(signers));
}

fn claims() -> Value {
    json!({
        "iss": OP, "aud": "client", "sub": "person", "exp": NOW + 300, "iat": NOW, "nonce": "nonce",
        "email": "person@example.com", "email_verified": true, "jti": "once",
    })
}
