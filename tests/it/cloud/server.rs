//! Servers on this machine that replace AWS, and helpers that wait for their results.

use axum::Router;
use std::future::Future;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Runs a future to its end. Tests are synchronous, and the SDK is not.
pub fn block_on<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

/// Serves on a free port until the tests end. Returns the host and port.
pub fn serve(router: Router) -> String {
    let listener = block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    RUNTIME.spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// Returns a host and port on which nothing listens.
pub fn nowhere() -> String {
    block_on(TcpListener::bind("127.0.0.1:0")).unwrap().local_addr().unwrap().to_string()
}

/// Calls `look` every few milliseconds until it returns a value. Panics after half a minute.
pub fn eventually<T>(mut look: impl FnMut() -> Option<T>, otherwise: impl Fn() -> String) -> T {
    for _ in 0..6000 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{}", otherwise())
}
