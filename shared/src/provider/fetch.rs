//! The way out: the HTTP client that the SDKs also have, with all public authorities.

use super::net::{Fetch, FetchError, FetchFuture, MAX_ANSWER, PlainHttp};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_types::body::SdkBody;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::sync::OnceLock;
use std::time::Duration;
use url::Url;

/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(10);

/// Whom a provider's certificate may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Roots {
    /// Mozilla's list, compiled in.
    #[default]
    Mozilla,
    /// What the machine has.
    Platform,
}

/// Sends requests over TLS. It is built when the first is sent: whoever never sends one does not pay for the
/// authorities.
pub struct HttpFetch {
    roots: Roots,
    plain_http: PlainHttp,
    timeout: Duration,
    connector: OnceLock<Connector>,
}

impl HttpFetch {
    /// `timeout` is for everything, from the connection to the last byte (`SOCIALACCOUNT_REQUESTS_TIMEOUT`).
    pub fn new(roots: Roots, plain_http: PlainHttp, timeout: Duration) -> Self {
        Self { roots, plain_http, timeout, connector: OnceLock::new() }
    }

    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, FetchError> {
        let failed = |error: &dyn std::fmt::Display| FetchError::Failed(error.to_string());
        let url = Url::parse(&request.uri().to_string()).map_err(|_| FetchError::NotAllowed)?;
        if !self.plain_http.allows(&url) {
            return Err(FetchError::NotAllowed);
        }
        let mut request = request.map(SdkBody::from);
        // Some providers answer nobody without a name.
        let agent = HeaderValue::from_static("latchkey");
        request.headers_mut().entry(header::USER_AGENT).or_insert(agent);
        let request = request.try_into().map_err(|_| FetchError::Failed("not a request".to_owned()))?;
        let connector = self.connector.get_or_init(|| connector(self.roots));
        // What went wrong on the way tells no more than this: it may name addresses.
        let answer = connector.call(request).await.map_err(|_| FetchError::Failed("no connection".to_owned()))?;
        let answer = answer.try_into_http1x().map_err(|error| failed(&error))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { FetchError::TooLarge } else { failed(&"the answer broke off") }
        })?;
        Ok(Response::from_parts(parts, body.to_bytes().to_vec()))
    }
}

impl Fetch for HttpFetch {
    fn fetch(&self, request: Request<Vec<u8>>) -> FetchFuture<'_> {
        Box::pin(async move {
            let answer = tokio::time::timeout(self.timeout, self.send(request)).await;
            answer.unwrap_or(Err(FetchError::Timeout))
        })
    }
}

/// It follows no redirects: the client underneath knows none.
fn connector(roots: Roots) -> Connector {
    let trust = match roots {
        Roots::Platform => TrustStore::default(),
        Roots::Mozilla => authorities().fold(TrustStore::empty(), TrustStore::with_pem_certificate),
    };
    let builder = ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    // A function sleeps between requests; a connection that it held may be dead when it wakes.
    let builder = builder.pool_idle_timeout(IDLE);
    match TlsContext::builder().with_trust_store(trust).build() {
        Ok(context) => builder.tls_context(context).build(),
        Err(_) => builder.build(),
    }
}

fn authorities() -> impl Iterator<Item = Vec<u8>> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|der| {
        let text = STANDARD.encode(der.as_ref());
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n").into_bytes()
    })
}
