//! The way to a table in AWS: credentials and region as AWS's own tools find them.

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::ProvideCredentials;
use shared::settings::ServiceSettings;
use shared::store::aws;
use std::error::Error;
use std::time::Duration;

/// How long a request may take, and a request with its retries: longer than in a function, where a person waits.
const TIMEOUTS: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(60));

/// Why AWS cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum NoAccess {
    /// Neither environment nor profile names a region.
    #[error("no AWS region: set AWS_REGION, or `region` in the profile that AWS_PROFILE names")]
    Region,
    /// No provider of the chain has credentials.
    #[error(
        "no AWS credentials: set AWS_PROFILE, log in with `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ({0})"
    )]
    Credentials(String),
}

/// A client of DynamoDB, and the region it is for. `AWS_ENDPOINT_URL_DYNAMODB` names another endpoint.
pub(super) async fn client(settings: &ServiceSettings) -> Result<(Client, String), NoAccess> {
    let (attempt, all) = TIMEOUTS;
    let timeouts: TimeoutConfig = aws::timeouts(attempt, all);
    let http = aws::http_client(settings);
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).timeout_config(timeouts);
    let config: SdkConfig = config.load().await;
    let region = config.region().ok_or(NoAccess::Region)?.to_string();
    // Asked here, since a request that finds no credentials does not tell why.
    let provider = config.credentials_provider().ok_or_else(|| NoAccess::Credentials("no provider".to_owned()))?;
    provider.provide_credentials().await.map_err(|error| NoAccess::Credentials(chain(&error)))?;
    Ok((Client::new(&config), region))
}

/// An error and its causes, in one line.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source()).map(ToString::to_string);
    std::iter::once(error.to_string()).chain(causes).collect::<Vec<_>>().join(": ")
}
