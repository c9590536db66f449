//! Access to a table in AWS, with credentials and region as AWS's own tools find them.

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::ProvideCredentials;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use shared::settings::ServiceSettings;
use shared::store::aws;
use std::error::Error;
use std::time::Duration;

/// The time limits of one request, and of a request with its retries. They are longer than in a function.
const TIMEOUTS: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(60));

/// Why AWS cannot be accessed.
#[derive(Debug, thiserror::Error)]
pub enum NoAccess {
    /// Neither environment nor profile names a region.
    #[error("no AWS region: set AWS_REGION, or `region` in the profile that AWS_PROFILE names")]
    Region,
    /// No provider of the chain has credentials.
    #[error(
        "no AWS credentials: set AWS_PROFILE, log in with `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.\n{0}"
    )]
    Credentials(String),
}

/// Returns a client of DynamoDB, and its region. `AWS_ENDPOINT_URL_DYNAMODB` names another endpoint.
pub(super) async fn client(settings: &ServiceSettings) -> Result<(Client, String), NoAccess> {
    let (config, region) = config(settings).await?;
    Ok((Client::new(&config), region))
}

/// Returns what clients of AWS need, and the region.
pub(super) async fn config(settings: &ServiceSettings) -> Result<(SdkConfig, String), NoAccess> {
    let (attempt, all) = TIMEOUTS;
    let timeouts: TimeoutConfig = aws::timeouts(attempt, all);
    let http = with_read_timeouts(aws::http_client(settings));
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).timeout_config(timeouts);
    let config: SdkConfig = config.load().await;
    let region = config.region().ok_or(NoAccess::Region)?.to_string();
    // Load the credentials here, because a request without credentials does not report the reason.
    let provider = config.credentials_provider().ok_or_else(|| NoAccess::Credentials("no provider".to_owned()))?;
    provider.provide_credentials().await.map_err(|error| NoAccess::Credentials(chain(&error)))?;
    Ok((config, region))
}

/// Returns the same client with support for read timeouts. The credential chain sets one when it checks whether the
/// machine is in AWS: elsewhere, another service can listen at that address and never answer.
fn with_read_timeouts(http: SharedHttpClient) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        let connector = http.http_connector(settings, components);
        match settings.read_timeout() {
            Some(limit) => SharedHttpConnector::new(Limited { connector, limit }),
            None => connector,
        }
    })
}

/// A connector with a time limit for each response.
#[derive(Debug)]
struct Limited {
    connector: SharedHttpConnector,
    limit: Duration,
}

impl HttpConnector for Limited {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, limit) = (self.connector.call(request), self.limit);
        HttpConnectorFuture::new(async move {
            let late = |late: tokio::time::error::Elapsed| ConnectorError::timeout(late.into());
            tokio::time::timeout(limit, answer).await.map_err(late)?
        })
    }
}

/// Formats an error and its causes.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source()).map(ToString::to_string);
    std::iter::once(error.to_string()).chain(causes).collect::<Vec<_>>().join(": ").trim_end().to_owned()
}
