//! Requests to providers: the rule for permitted URLs, and the parsing of answers.

use super::error::{InvalidToken, ProviderError};
use http::{Method, Request, Response, StatusCode};
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use url::{Host, Url};

/// Maximum size of an answer in bytes.
pub const MAX_ANSWER: usize = 1024 * 1024;

/// The future of an answer.
pub type FetchFuture<'a> = Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, FetchError>> + Send + 'a>>;

/// Sends requests. An implementation does not follow redirects, reads at most [`MAX_ANSWER`] bytes, and has a timeout.
pub trait Fetch: Send + Sync {
    /// Sends one request.
    fn fetch(&self, request: Request<Vec<u8>>) -> FetchFuture<'_>;
}

/// The reason why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The timeout elapsed.
    #[error("timeout")]
    Timeout,
    /// Longer than [`MAX_ANSWER`].
    #[error("answer too large")]
    TooLarge,
    /// A URL that [`PlainHttp`] does not allow.
    #[error("plain HTTP is not allowed")]
    NotAllowed,
    /// The connection could not be opened, or it broke.
    #[error("{0}")]
    Failed(String),
}

impl From<FetchError> for ProviderError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::TooLarge => Self::Nonsense("the answer is larger than 1 MiB".to_owned()),
            FetchError::NotAllowed => Self::Configuration("plain HTTP is allowed only to this machine".to_owned()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// The hosts that can be reached over plain `http://`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainHttp {
    /// Only this machine.
    #[default]
    Loopback,
    /// Any host. For closed networks in tests.
    Anywhere,
}

impl PlainHttp {
    /// Returns whether a request to this URL is allowed: `https`, or `http` to an allowed host, without a username in
    /// the URL.
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

    /// Parses a URL and checks that requests to it are allowed.
    pub(super) fn url(self, text: &str) -> Result<Url, ProviderError> {
        let url = Url::parse(text).map_err(|_| ProviderError::Configuration(format!("not a URL: {text}")))?;
        if self.allows(&url) { Ok(url) } else { Err(ProviderError::Configuration(format!("not https: {text}"))) }
    }
}

/// A builder of requests.
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
        // The URL is already valid. This fails only for a token that a header cannot contain.
        request.body(body).map_err(|_| InvalidToken::Malformed.into())
    }
}

/// Sends a request and parses the JSON of its answer.
///
/// # Errors
/// All errors of [`ProviderError`], except those of a token.
pub(super) async fn json(fetch: &dyn Fetch, request: ProviderRequest) -> Result<Value, ProviderError> {
    let answer = fetch.fetch(request.build()?).await?;
    read(&answer)
}

/// Returns the body of an answer as JSON; a form is converted. The status must be successful and the body must not
/// report an error.
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

/// Returns the error that an answer reports: as in RFC 6749, 5.2, or in the formats of Facebook, TikTok and Weixin.
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

/// Shortens a text of a provider and removes characters that are unsafe in a log.
fn sanitize(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(80).collect()
}
