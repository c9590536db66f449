//! Reading of request bodies, with limits.

use super::error::ApiError;
use axum::body::{Body, Bytes};
use std::time::Duration;

/// Maximum size of a body in bytes (Django's `DATA_UPLOAD_MAX_MEMORY_SIZE`).
const MOST: usize = 2_621_440;
/// Time limit for sending a body. A gateway passes the body as a whole, but a direct client can send it slowly.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads a whole body.
///
/// # Errors
/// [`ApiError::BodyTooLarge`], [`ApiError::BodyTooSlow`].
pub(super) async fn read(body: Body) -> Result<Bytes, ApiError> {
    read_within(PATIENCE, body).await
}

async fn read_within(patience: Duration, body: Body) -> Result<Bytes, ApiError> {
    let read = tokio::time::timeout(patience, axum::body::to_bytes(body, MOST)).await;
    read.map_err(|_| ApiError::BodyTooSlow)?.map_err(|_| ApiError::BodyTooLarge)
}

/// Reads and discards a body. If a body is left unread, the connection breaks at its next request.
pub(super) async fn drain(body: Body) {
    let _ = read(body).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt, stream};
    use std::convert::Infallible;

    #[tokio::test]
    async fn a_body_has_a_limit_of_size_and_of_time() {
        let short = Duration::from_millis(1);
        let begun = stream::once(async { Ok::<_, Infallible>(Bytes::from_static(b"{")) });
        let dripping = Body::from_stream(begun.chain(stream::pending()));
        assert!(matches!(read_within(short, dripping).await, Err(ApiError::BodyTooSlow)));
        assert!(matches!(read(Body::from(vec![b' '; MOST + 1])).await, Err(ApiError::BodyTooLarge)));
        assert_eq!(read(Body::from("{}")).await.unwrap(), "{}");
    }
}
