//! Reading a request's body, within bounds.

use super::error::ApiError;
use axum::body::{Body, Bytes};
use std::time::Duration;

/// Bytes of a body that are read at all (Django's `DATA_UPLOAD_MAX_MEMORY_SIZE`).
const MOST: usize = 2_621_440;
/// How long a client may take to send a body. A gateway hands it over as a whole; a connection of our own may drip.
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

/// Reads a body that nobody wants: a connection with an unread one ends under its next request.
pub(super) async fn drain(body: Body) {
    let _ = read(body).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt, stream};
    use std::convert::Infallible;

    #[tokio::test]
    async fn a_body_ends_in_size_and_in_time() {
        let short = Duration::from_millis(1);
        let begun = stream::once(async { Ok::<_, Infallible>(Bytes::from_static(b"{")) });
        let dripping = Body::from_stream(begun.chain(stream::pending()));
        assert!(matches!(read_within(short, dripping).await, Err(ApiError::BodyTooSlow)));
        assert!(matches!(read(Body::from(vec![b' '; MOST + 1])).await, Err(ApiError::BodyTooLarge)));
        assert_eq!(read(Body::from("{}")).await.unwrap(), "{}");
    }
}
