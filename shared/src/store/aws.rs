//! The SDK's client in AWS, built by hand from the Lambda environment: no provider chain, nothing to look for.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};

/// A name that Lambda always sets was not set.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not set: this runs in AWS Lambda")]
pub struct NotInLambda(&'static str);

/// Credentials as Lambda hands them over.
///
/// # Errors
/// The environment is not Lambda's.
pub fn credentials() -> Result<Credentials, NotInLambda> {
    let get = |name| std::env::var(name).map_err(|_| NotInLambda(name));
    let (id, secret) = (get("AWS_ACCESS_KEY_ID")?, get("AWS_SECRET_ACCESS_KEY")?);
    Ok(Credentials::new(id, secret, std::env::var("AWS_SESSION_TOKEN").ok(), None, "lambda"))
}

/// The region that the function runs in.
///
/// # Errors
/// The environment is not Lambda's.
pub fn region() -> Result<Region, NotInLambda> {
    std::env::var("AWS_REGION").map(Region::new).map_err(|_| NotInLambda("AWS_REGION"))
}

/// A client of DynamoDB. `AWS_ENDPOINT_URL_DYNAMODB` names another endpoint.
///
/// # Errors
/// The environment is not Lambda's.
pub fn client() -> Result<Client, NotInLambda> {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region()?)
        .credentials_provider(credentials()?);
    let config = match std::env::var("AWS_ENDPOINT_URL_DYNAMODB") {
        Ok(url) => config.endpoint_url(url),
        Err(_) => config,
    };
    Ok(Client::from_conf(config.build()))
}
