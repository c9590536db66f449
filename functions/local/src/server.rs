//! The HTTP server. `axum::serve` waits for a client's headers without a limit, so this runs hyper's server, which has one.

use axum::Router;
use axum::extract::Request;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use shared::http::Peer;
use std::time::Duration;
use tokio::net::TcpListener;
use tower::util::MapRequest;

/// Serves every connection until the process ends. A connection is closed if a client does not send the headers of a
/// request within `header_timeout`, counted from the connection's start or from the end of the previous request.
pub(crate) async fn run(mut listener: TcpListener, service: Router, header_timeout: Duration) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(header_timeout);
    loop {
        let (stream, peer) = Listener::accept(&mut listener).await;
        let service = MapRequest::new(service.clone(), move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer.ip()));
            request
        });
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection closed with an error");
            }
        });
    }
}
