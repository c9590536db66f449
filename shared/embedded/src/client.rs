//! The SDK client, built by hand: no profile files, no environment, no region lookup.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_dynamodb::config::{
    AsyncSleep, BehaviorVersion, Region, SharedHttpClient, Sleep, StalledStreamProtectionConfig,
};

/// Builds an SDK client over any HTTP client that needs neither a real address nor real
/// credentials. Throttled and timed-out requests are retried, three attempts in all.
pub fn client(http: SharedHttpClient) -> aws_sdk_dynamodb::Client {
    let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(10));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("local"))
        // Nobody checks a signature here.
        .allow_no_auth()
        .endpoint_url("http://embedded.invalid")
        .http_client(http)
        .sleep_impl(TokioSleep)
        .retry_config(retries)
        // By default all clients of a process share one allowance of retries, so one test's
        // faults would stop another's retries.
        .retry_partition(RetryPartition::custom("embedded").build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

#[derive(Debug)]
struct TokioSleep;

impl AsyncSleep for TokioSleep {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(duration))
    }
}
