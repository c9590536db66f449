//! The HTTP client for AWS and for identity providers: the AWS SDK's, with our certificate authorities and time limits.
//!
//! It uses HTTP/2 if the server supports it, otherwise HTTP/1.1. It uses no proxy and follows no redirects.

use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Connector, HttpClientError};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::{Request, Response};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Time for which an unused connection is kept. A function is frozen between requests, and the connection may be closed
/// when it resumes.
const IDLE: Duration = Duration::from_secs(20);
/// Time limit for a connection, including the DNS lookup and the TLS handshake.
const CONNECT: Duration = Duration::from_secs(2);

/// Amazon's root certificates (PEM).
const AMAZON: &str = include_str!(concat!(env!("OUT_DIR"), "/amazon.pem"));
/// Mozilla's root certificates (PEM).
const MOZILLA: &str = include_str!(concat!(env!("OUT_DIR"), "/mozilla.pem"));

/// The trusted certificate authorities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roots {
    /// Amazon's authorities, and the one of Starfield for older certificate chains. AWS endpoints need no others.
    Amazon,
    /// Mozilla's list, compiled in.
    Mozilla,
    /// The machine's list. Parsing it takes most of a cold start.
    Platform,
}

/// An HTTP client that is created when it sends its first request. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Outbound {
    roots: Roots,
    connector: Arc<OnceLock<Result<Connector, HttpClientError>>>,
}

impl Outbound {
    /// Creates a client that trusts these authorities.
    pub fn new(roots: Roots) -> Self {
        Self { roots, connector: Arc::default() }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// There is no connection, or it broke. The server may have processed the request anyway.
    pub async fn send(&self, request: Request<SdkBody>) -> Result<Response<SdkBody>, ConnectorError> {
        let request = HttpRequest::try_from(request).map_err(|error| ConnectorError::user(error.into()))?;
        let answer = self.call(request).await?;
        answer.try_into_http1x().map_err(|error| ConnectorError::other(error.into(), None))
    }
}

impl HttpConnector for Outbound {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.connector.get_or_init(|| connector(self.roots, CONNECT)) {
            Ok(connector) => connector.call(request),
            Err(error) => HttpConnectorFuture::ready(Err(ConnectorError::other(error.to_string().into(), None))),
        }
    }
}

fn connector(roots: Roots, connect: Duration) -> Result<Connector, HttpClientError> {
    let trusted = match roots {
        Roots::Amazon => TrustStore::empty().with_pem_certificate(AMAZON),
        Roots::Mozilla => TrustStore::empty().with_pem_certificate(MOZILLA),
        Roots::Platform => TrustStore::empty().with_native_roots(true),
    };
    Ok(Connector::builder()
        .tls_provider(Provider::rustls(CryptoMode::AwsLc))
        .tls_context(TlsContext::builder().with_trust_store(trusted).build()?)
        .connector_settings(HttpConnectorSettings::builder().connect_timeout(connect).build())
        .pool_idle_timeout(IDLE)
        .build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lists_are_certificates() {
        let count = |pem: &str| pem.matches("-----BEGIN CERTIFICATE-----").count();
        assert_eq!(count(AMAZON), 5);
        assert!(count(MOZILLA) > 100);
        for roots in [Roots::Amazon, Roots::Mozilla] {
            connector(roots, CONNECT).unwrap();
        }
    }

    #[tokio::test]
    async fn a_slow_handshake_is_a_timeout() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/", silent.local_addr().unwrap());
        let impatient = connector(Roots::Amazon, Duration::from_millis(50)).unwrap();
        let request = Request::builder().uri(url).body(SdkBody::empty()).unwrap();
        let outcome = impatient.call(HttpRequest::try_from(request).unwrap()).await;
        assert!(outcome.unwrap_err().is_timeout());
    }
}
