//! Stand-ins for DynamoDB and SES that can answer the requests of a first event. Their answers are prepared.

use crate::Failure;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::serve::{Listener, ListenerExt};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

/// The protocol of the stand-ins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// Over HTTP.
    Plain,
    /// Over HTTPS.
    Tls,
}

/// The stand-ins. They run until the program ends.
pub struct Aws {
    plain: SocketAddr,
    tls: SocketAddr,
    answers: Arc<Answers>,
}

struct Answers {
    items: Vec<Value>,
    requests: AtomicUsize,
}

impl Aws {
    /// Starts the stand-ins with the items of the table. Writes the authority of their certificate to `bundle`.
    pub async fn start(items: Vec<Value>, bundle: &Path) -> Result<Self, Failure> {
        let answers = Arc::new(Answers { items, requests: AtomicUsize::new(0) });
        let router = Router::new().fallback(answer).with_state(answers.clone());
        let listen = || TcpListener::bind("127.0.0.1:0");
        let (plain, tls) = (listen().await?, listen().await?);
        let aws = Self { plain: plain.local_addr()?, tls: tls.local_addr()?, answers };
        let tls = Tls { listener: tls, acceptor: acceptor(bundle)? };
        let plain = plain.tap_io(|stream| drop(stream.set_nodelay(true)));
        tokio::spawn(axum::serve(plain, router.clone()).into_future());
        tokio::spawn(axum::serve(tls, router).into_future());
        Ok(aws)
    }

    /// Returns the URL of the stand-ins.
    pub fn url(&self, endpoint: Endpoint) -> String {
        match endpoint {
            Endpoint::Plain => format!("http://{}", self.plain),
            Endpoint::Tls => format!("https://localhost:{}", self.tls.port()),
        }
    }

    /// Returns the number of requests so far.
    pub fn requests(&self) -> usize {
        self.answers.requests.load(Ordering::Relaxed)
    }
}

fn is_message(item: &&Value) -> bool {
    item["sk"]["S"] == "MESSAGE"
}

async fn answer(State(answers): State<Arc<Answers>>, headers: HeaderMap, body: Bytes) -> Response {
    answers.requests.fetch_add(1, Ordering::Relaxed);
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let key = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    let body = match target.rsplit('.').next().unwrap_or_default() {
        "GetItem" if key["Key"]["sk"]["S"] == "MESSAGE" => json!({"Item": answers.items.iter().find(is_message)}),
        // A first event lists only keys.
        "Query" => {
            let keys = answers.items.iter().filter(|item| !is_message(item)).collect::<Vec<_>>();
            json!({"Items": keys, "Count": keys.len(), "ScannedCount": keys.len()})
        }
        "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" => json!({}),
        "BatchGetItem" => json!({"Responses": {}, "UnprocessedKeys": {}}),
        "" => json!({"MessageId": "0102017c-first"}),
        _ => return StatusCode::NOT_IMPLEMENTED.into_response(),
    };
    ([("content-type", "application/x-amz-json-1.0")], body.to_string()).into_response()
}

/// Accepts TLS with a certificate for `localhost`, and writes its authority to the bundle. Both use RSA, like the
/// endpoints of AWS.
fn acceptor(bundle: &Path) -> Result<TlsAcceptor, Failure> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let new_key = || KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048);
    let authority = CertifiedIssuer::self_signed(authority, new_key()?)?;
    std::fs::write(bundle, authority.pem())?;
    let key = new_key()?;
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let mut config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key)?;
    // DynamoDB supports only HTTP/1.1.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            let _ = stream.set_nodelay(true);
            // Only one function runs at a time, so a handshake delays no other connection.
            match self.acceptor.accept(stream).await {
                Ok(stream) => return (stream, address),
                Err(error) => eprintln!("coldstart: a handshake failed: {error}"),
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
