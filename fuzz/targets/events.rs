//! Events of API Gateway: a whole event, and the parts of an event that a client chooses.
#![no_main]

use authorizer::authorize;
use axum::http::Method;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use shared::app::App;
use shared::clock::SystemClock;
use shared::http::{ApiError, ApiRequest, ApiResponse, answer, handler, service};
use shared::random::SystemRandom;
use shared::settings::{Settings, Source};
use shared::store::Store;
use std::sync::{Arc, LazyLock};
use tokio::runtime::{Builder, Runtime};

/// A service without a table, whose authorizer looks at access tokens.
static APP: LazyLock<Arc<App>> = LazyLock::new(|| {
    let settings = [
        ("SECRET_KEY", "0123456789abcdef0123456789abcdef"),
        ("PUBLIC_URL", "https://login.example"),
        ("HEADLESS_FRONTEND_URLS", r#"{"account_confirm_email": "https://login.example/verify/{key}"}"#),
        ("LATCHKEY_AUTHORIZER_CREDENTIAL", "access_token"),
        ("HEADLESS_JWT_ALGORITHM", "HS256"),
        ("HEADLESS_TOKEN_STRATEGY", "jwt"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = Arc::new(Settings::load(&Source::new(settings)).unwrap());
    let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let store = Store::with_lazy_client(|| unreachable!(), String::new(), clock.clone(), chance.clone());
    Arc::new(App::new(settings, store, clock, chance))
});

/// Reading a body has a time limit, and so needs a runtime.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());

const ANY: &[Method] = &[Method::GET, Method::POST, Method::DELETE];

/// A CSRF token, so that requests reach the handler.
const CSRF: &str = "0123456789abcdef0123456789abcdef";

/// Reads everything that a handler can read.
async fn read(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (form, input) = (request.form(), request.input());
    let (_, cookie) = request.csrf();
    let [last] = request.last_parts();
    assert!(cookie.is_some() || request.cookie("csrftoken").is_some());
    Ok(ApiResponse::data(json!([form, input?.0, last, request.passes_csrf_check()])))
}

/// The event of a request, from lines that a client chooses: path, query, content type, cookie and body.
fn event_of(text: &str) -> Value {
    let mut lines = text.splitn(5, '\n');
    let mut line = || lines.next().unwrap_or_default();
    json!({
        "version": "2.0",
        "type": "REQUEST",
        "rawPath": format!("/_allauth/browser/v1/{}", line()),
        "rawQueryString": line(),
        "headers": {
            "host": "login.example",
            "origin": "https://login.example",
            "x-csrftoken": CSRF,
            "content-type": line(),
        },
        "cookies": [format!("csrftoken={CSRF}"), line()],
        "requestContext": {"domainName": "login.example", "http": {"method": "POST", "sourceIp": "192.0.2.7"}},
        "body": line(),
    })
}

fuzz_target!(|text: &str| {
    let endpoints = vec![handler("read", ANY, read), handler("read/{part}", ANY, read)];
    let service = service(&APP, endpoints).unwrap();
    let event = event_of(text);
    for event in [text, &event.to_string()] {
        let response = RUNTIME.block_on(answer(service.clone(), event));
        let response = serde_json::to_value(response.unwrap()).unwrap();
        assert!(response["statusCode"].as_u64().is_some_and(|status| status != 500), "{response}");
    }
    for event in [serde_json::from_str(text).ok(), Some(event)].into_iter().flatten() {
        if let Ok(decision) = RUNTIME.block_on(authorize(&APP, &event)) {
            assert_ne!(decision["isAuthorized"], true);
        }
    }
});
