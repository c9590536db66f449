//! Requests to providers, through the HTTP client that the SDKs use too.

use super::net::{Fetch, FetchError, FetchFuture, MAX_ANSWER, PlainHttp};
use crate::outbound::{Outbound, Roots};
use aws_smithy_types::body::SdkBody;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::time::Duration;
use url::Url;

/// Sends requests over TLS.
pub struct HttpFetch {
    outbound: Outbound,
    plain_http: PlainHttp,
    timeout: Duration,
}

impl HttpFetch {
    /// Creates a client. `timeout` covers a whole request, from the connection to the last byte
    /// (`SOCIALACCOUNT_REQUESTS_TIMEOUT`).
    pub fn new(roots: Roots, plain_http: PlainHttp, timeout: Duration) -> Self {
        Self { outbound: Outbound::new(roots), plain_http, timeout }
    }

    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, FetchError> {
        let failed = |what: &str| FetchError::Failed(what.to_owned());
        let url = Url::parse(&request.uri().to_string()).map_err(|_| FetchError::NotAllowed)?;
        if !self.plain_http.allows(&url) {
            return Err(FetchError::NotAllowed);
        }
        let mut request = request.map(SdkBody::from);
        // Some providers refuse requests without a user agent.
        let agent = HeaderValue::from_static("latchkey");
        request.headers_mut().entry(header::USER_AGENT).or_insert(agent);
        // The error of the connection is not reported, because it can contain addresses.
        let answer = self.outbound.send(request).await.map_err(|_| failed("no connection"))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { FetchError::TooLarge } else { failed("the answer broke off") }
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
