//! Servers on this machine that stand for AWS, and waiting for what they see.

use axum::Router;
use std::future::Future;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Waits for what only the SDK can tell.
pub fn block_on<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

/// Serves on a free port until the tests end; the host and port it is reached at.
pub fn serve(router: Router) -> String {
    let listener = block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    RUNTIME.spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// A host and port at which nobody listens.
pub fn nowhere() -> String {
    block_on(TcpListener::bind("127.0.0.1:0")).unwrap().local_addr().unwrap().to_string()
}

/// What there is once there is something: looked for every few milliseconds, for half a minute.
pub fn eventually<T>(mut look: impl FnMut() -> Option<T>, otherwise: impl Fn() -> String) -> T {
    for _ in 0..6000 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{}", otherwise())
}
