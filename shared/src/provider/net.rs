//! Requests to providers: the one rule of where they may go, and how their answers are read.

use super::error::{InvalidToken, ProviderError};
use http::{Method, Request, Response, StatusCode};
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use url::{Host, Url};

/// Bytes of an answer that are read at most.
pub const MAX_ANSWER: usize = 1024 * 1024;

/// An answer to come.
pub type FetchFuture<'a> = Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, FetchError>> + Send + 'a>>;

/// What sends requests. It follows no redirect, reads [`MAX_ANSWER`] at most, and gives up after a while.
pub trait Fetch: Send + Sync {
    /// Sends one request.
    fn fetch(&self, request: Request<Vec<u8>>) -> FetchFuture<'_>;
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not in time.
    #[error("timeout")]
    Timeout,
    /// Longer than [`MAX_ANSWER`].
    #[error("answer too large")]
    TooLarge,
    /// A URL that [`PlainHttp`] does not let through.
    #[error("plain HTTP is not allowed")]
    NotAllowed,
    /// No connection, or one that broke.
    #[error("{0}")]
    Failed(String),
}

impl From<FetchError> for ProviderError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::TooLarge => Self::Nonsense("more than a mebibyte".to_owned()),
            FetchError::NotAllowed => Self::Configuration("plain HTTP to another machine".to_owned()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// Where plain `http://` may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainHttp {
    /// To this machine alone.
    #[default]
    Loopback,
    /// Anywhere: for closed networks in tests.
    Anywhere,
}

impl PlainHttp {
    /// Whether a request may go there: `https`, or `http` as far as this goes, with no user in the URL.
    pub fn allows(self, url: &Url) -> bool {
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return false,
        };
        let scheme = match url.scheme() {
            "https" => true,
            "http" => loopback || self == Self::Anywhere,
            _ => false,
        };
        scheme && url.username().is_empty() && url.password().is_none()
    }

    /// Reads a URL that a request may go to.
    pub(super) fn url(self, text: &str) -> Result<Url, ProviderError> {
        let url = Url::parse(text).map_err(|_| ProviderError::Configuration(format!("not a URL: {text}")))?;
        if self.allows(&url) { Ok(url) } else { Err(ProviderError::Configuration(format!("not https: {text}"))) }
    }
}

/// A request that is being put together.
pub(super) struct ProviderRequest {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub form: Option<Vec<(String, String)>>,
}

impl ProviderRequest {
    pub fn get(url: Url) -> Self {
        Self { method: Method::GET, url, headers: Vec::new(), form: None }
    }

    pub fn bearer(mut self, scheme: &str, token: &str) -> Self {
        self.headers.push(("authorization".to_owned(), format!("{scheme} {token}")));
        self
    }

    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    fn build(self) -> Result<Request<Vec<u8>>, ProviderError> {
        let mut request = Request::builder().method(self.method).uri(self.url.as_str());
        request = request.header("accept", "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = match self.form {
            Some(pairs) => {
                request = request.header("content-type", "application/x-www-form-urlencoded");
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes()
            }
            None => Vec::new(),
        };
        // The URL is one already: only a token that a header cannot hold is refused here.
        request.body(body).map_err(|_| InvalidToken::Malformed.into())
    }
}

/// Sends a request and reads the JSON of its answer.
///
/// # Errors
/// All of [`ProviderError`] but a wrong token.
pub(super) async fn json(fetch: &dyn Fetch, request: ProviderRequest) -> Result<Value, ProviderError> {
    let answer = fetch.fetch(request.build()?).await?;
    read(&answer)
}

/// The JSON of an answer, or a form as JSON, where the status is one of success and nothing in it says otherwise.
pub(super) fn read(answer: &Response<Vec<u8>>) -> Result<Value, ProviderError> {
    let status = answer.status();
    let document = document(answer.body());
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT {
        return Err(ProviderError::Unavailable(format!("status {}", status.as_u16())));
    }
    let said = document.as_ref().and_then(error_in);
    if status.is_client_error() {
        return Err(ProviderError::Denied(said.unwrap_or_else(|| format!("status {}", status.as_u16()))));
    }
    if !status.is_success() {
        return Err(ProviderError::Nonsense(format!("status {}", status.as_u16())));
    }
    match (document, said) {
        (_, Some(said)) => Err(ProviderError::Denied(said)),
        (Some(document), None) => Ok(document),
        (None, None) => Err(ProviderError::Nonsense("neither JSON nor a form".to_owned())),
    }
}

fn document(body: &[u8]) -> Option<Value> {
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        return (value.is_object() || value.is_array()).then_some(value);
    }
    // Some token endpoints answer with a form.
    let text = std::str::from_utf8(body).ok()?;
    let form = text.contains('=') && !text.contains(['<', '{', '\n', ' ']);
    form.then(|| {
        let pairs = url::form_urlencoded::parse(text.trim().as_bytes());
        pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect()
    })
}

/// What an answer says went wrong: RFC 6749, 5.2, and the ways that Facebook, TikTok and Weixin have instead.
fn error_in(document: &Value) -> Option<String> {
    let text = |value: &Value| match value {
        Value::String(text) if !text.is_empty() => Some(sanitize(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match document.get("error") {
        Some(Value::Object(error)) => {
            let code = error.get("code").or_else(|| error.get("type")).and_then(text);
            return Some(code.unwrap_or_else(|| "error".to_owned())).filter(|code| code != "ok");
        }
        Some(value) => {
            if let Some(code) = text(value) {
                return Some(code);
            }
        }
        None => {}
    }
    document.get("errcode").filter(|code| code.as_i64() != Some(0)).and_then(text)
}

/// A foreign text, fit for a log.
fn sanitize(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(80).collect()
}
