//! Building the SDK's client from the environment of Lambda. It uses no chain of credential providers.

use crate::outbound::{Outbound, Roots};
use crate::settings::{ServiceSettings, TlsRoots};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector, http_client_fn};
use std::sync::OnceLock;
use std::time::Duration;

/// The error that a variable is not set that Lambda always sets.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not set")]
pub struct NotInLambda(&'static str);

/// Returns the credentials that Lambda sets.
///
/// # Errors
/// The process does not run in Lambda.
pub fn credentials() -> Result<Credentials, NotInLambda> {
    let get = |name| std::env::var(name).map_err(|_| NotInLambda(name));
    let (id, secret) = (get("AWS_ACCESS_KEY_ID")?, get("AWS_SECRET_ACCESS_KEY")?);
    Ok(Credentials::new(id, secret, std::env::var("AWS_SESSION_TOKEN").ok(), None, "lambda"))
}

/// Returns the region of the function.
///
/// # Errors
/// The process does not run in Lambda.
pub fn region() -> Result<Region, NotInLambda> {
    std::env::var("AWS_REGION").map(Region::new).map_err(|_| NotInLambda("AWS_REGION"))
}

/// The time limits of requests to AWS: for one attempt, and for all attempts together. They have to end before the
/// function's own timeout, so that the caller gets an answer.
pub fn timeouts(attempt: Duration, all: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(attempt).operation_timeout(all).build()
}

/// The HTTP client that all AWS clients share.
pub fn http_client(settings: &ServiceSettings) -> SharedHttpClient {
    static CLIENT: OnceLock<Outbound> = OnceLock::new();
    let roots = match settings.tls_roots {
        TlsRoots::Platform => Roots::Platform,
        TlsRoots::Amazon => Roots::Amazon,
    };
    let connector = SharedHttpConnector::new(CLIENT.get_or_init(|| Outbound::new(roots)).clone());
    http_client_fn(move |_, _| connector.clone())
}

/// Returns a function that builds a DynamoDB client. `AWS_ENDPOINT_URL_DYNAMODB` sets another endpoint.
///
/// # Errors
/// The process does not run in Lambda.
pub fn client(http: SharedHttpClient) -> Result<impl FnOnce() -> Client + Send, NotInLambda> {
    let (region, credentials) = (region()?, credentials()?);
    Ok(move || {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http)
            .region(region)
            .credentials_provider(credentials)
            .timeout_config(timeouts(Duration::from_secs(3), Duration::from_secs(8)));
        let config = match std::env::var("AWS_ENDPOINT_URL_DYNAMODB") {
            Ok(url) => config.endpoint_url(url),
            Err(_) => config,
        };
        Client::from_conf(config.build())
    })
}
