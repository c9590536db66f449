//! Tests of the HTTP client against a loopback server.

use super::*;
use crate::outbound::Roots;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Starts a server that answers every request with the same bytes, and returns its URL.
async fn server(answer: Vec<u8>, delay: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let read = stream.read(&mut request).await.unwrap_or(0);
                tokio::time::sleep(delay).await;
                let agent = String::from_utf8_lossy(&request[..read]).to_lowercase().contains("user-agent: latchkey");
                let _ = stream
                    .write_all(if agent { &answer } else { b"HTTP/1.1 400 Bad\r\ncontent-length: 0\r\n\r\n" })
                    .await;
            });
        }
    });
    format!("http://{address}/")
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

async fn get(url: &str) -> Result<Response<Vec<u8>>, FetchError> {
    let fetch = HttpFetch::new(Roots::Mozilla, PlainHttp::Loopback, Duration::from_millis(2000));
    fetch.fetch(Request::builder().uri(url).body(vec![]).unwrap()).await
}

#[tokio::test]
async fn answers_are_returned_completely() {
    let url = server(answer("200 OK", b"{}"), Duration::ZERO).await;
    let answer = get(&url).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().as_slice()), (200, &b"{}"[..]));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = server(answer("200 OK", b"secret"), Duration::ZERO).await;
    let url = server(answer(&format!("302 Found\r\nlocation: {elsewhere}"), b""), Duration::ZERO).await;
    assert_eq!(get(&url).await.unwrap().status().as_u16(), 302);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused() {
    let just = server(answer("200 OK", &vec![b'x'; MAX_ANSWER]), Duration::ZERO).await;
    assert_eq!(get(&just).await.unwrap().body().len(), MAX_ANSWER);
    let long = server(answer("200 OK", &vec![b'x'; MAX_ANSWER + 1]), Duration::ZERO).await;
    assert_eq!(get(&long).await.unwrap_err(), FetchError::TooLarge);
}

#[tokio::test]
async fn an_answer_after_the_timeout_is_refused() {
    let url = server(answer("200 OK", b"{}"), Duration::from_secs(60)).await;
    let fetch = HttpFetch::new(Roots::Mozilla, PlainHttp::Loopback, Duration::from_millis(100));
    let outcome = fetch.fetch(Request::builder().uri(&url).body(vec![]).unwrap()).await;
    assert_eq!(outcome.unwrap_err(), FetchError::Timeout);
}

#[tokio::test]
async fn a_closed_port_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    assert!(matches!(get(&url).await, Err(FetchError::Failed(_))));
}

#[tokio::test]
async fn plain_http_is_allowed_only_to_this_machine() {
    for url in
        ["http://example.com/", "http://127.0.0.1.example.com/", "http://localhost.example.com/", "http://[::2]/"]
    {
        assert_eq!(get(url).await.unwrap_err(), FetchError::NotAllowed, "{url}");
    }
    let allows = |plain: PlainHttp, url: &str| plain.allows(&url::Url::parse(url).unwrap());
    for url in ["https://example.com/", "http://localhost:1/", "http://127.9.9.9/", "http://[::1]/"] {
        assert!(allows(PlainHttp::Loopback, url), "{url}");
    }
    assert!(allows(PlainHttp::Anywhere, "http://example.com/"));
    for url in ["ftp://localhost/", "file:///etc/passwd", "https://user@example.com/", "https://a:b@example.com/"] {
        assert!(!allows(PlainHttp::Anywhere, url), "{url}");
    }
}

#[tokio::test]
async fn an_untrusted_certificate_is_refused() {
    use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs};
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let names = vec!["localhost".to_owned()];
    let certificate = rcgen::CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let shaken = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        acceptor.accept(stream).await.is_ok()
    });
    assert!(matches!(get(&format!("https://localhost:{port}/")).await, Err(FetchError::Failed(_))));
    assert!(!shaken.await.unwrap());
}
