//! The way out: one HTTP client over one TLS stack, for the SDK's clients and for identity providers.
//!
//! HTTP/1.1, no proxies, no redirects: the client that the SDK brings along can more, and every function would load
//! that more at each cold start.

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::{Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Tcp;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(20);
/// How long may pass until somebody is there at all.
const CONNECT: Duration = Duration::from_secs(2);

/// Whom the other side's certificate may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roots {
    /// Amazon's authorities alone, and the one of Starfield that older chains end in: all that endpoints of AWS need.
    Amazon,
    /// Mozilla's list, compiled in.
    Mozilla,
    /// What the machine has. Parsing it is most of a cold start.
    Platform,
}

/// The client, built when it sends something for the first time: whoever never does, does not pay for TLS. Connections
/// are shared by its clones.
#[derive(Debug, Clone)]
pub struct Outbound {
    roots: Roots,
    client: Arc<OnceLock<Result<HttpsClient, rustls::Error>>>,
}

type HttpsClient = Client<HttpsConnector<Tcp>, SdkBody>;

impl Outbound {
    /// A client that trusts these authorities.
    pub fn new(roots: Roots) -> Self {
        Self { roots, client: Arc::default() }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// There is no connection, or it broke. Whether the other side has done what it was asked is not known.
    pub async fn send(&self, request: Request<SdkBody>) -> Result<Response<SdkBody>, ConnectorError> {
        let client = match self.client.get_or_init(|| client(self.roots)) {
            Ok(client) => client,
            Err(error) => return Err(ConnectorError::other(error.clone().into(), None)),
        };
        let answer = client.request(request).await.map_err(|error| ConnectorError::io(error.into()))?;
        Ok(answer.map(SdkBody::from_body_1_x))
    }
}

impl HttpConnector for Outbound {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let outbound = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let answer = outbound.send(request).await?;
            HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

fn client(roots: Roots) -> Result<HttpsClient, rustls::Error> {
    let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(store(roots))
        .with_no_client_auth();
    let mut tcp = Tcp::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT));
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
    // A function sleeps between requests: a connection that it held may be dead when it wakes.
    let mut client = Client::builder(TokioExecutor::new());
    client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
    Ok(client.build(https))
}

fn store(roots: Roots) -> RootCertStore {
    let mut store = RootCertStore::empty();
    let all = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned();
    match roots {
        Roots::Amazon => store.add_parsable_certificates(all.filter(is_amazons)),
        Roots::Mozilla => store.add_parsable_certificates(all),
        Roots::Platform => store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
    };
    store
}

/// Who issued a certificate stands at its beginning.
fn is_amazons(certificate: &CertificateDer<'_>) -> bool {
    const ISSUER: usize = 320;
    let beginning = &certificate[..certificate.len().min(ISSUER)];
    let has = |name: &[u8]| beginning.windows(name.len()).any(|part| part[0] == name[0] && part == name);
    has(b"Amazon Root CA") || has(b"Starfield Services Root Certificate Authority - G2")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_has_its_authorities() {
        assert_eq!(store(Roots::Amazon).len(), 5);
        assert_eq!(store(Roots::Mozilla).len(), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
    }
}
