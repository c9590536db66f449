//! The SDK client, created without profile files, environment and region lookup.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_dynamodb::config::{
    AsyncSleep, BehaviorVersion, Region, SharedHttpClient, Sleep, StalledStreamProtectionConfig,
};

/// Creates an SDK client with any HTTP client that needs neither a real address nor real credentials. Throttled and
/// timed-out requests are retried, with three attempts in total.
pub fn client(http: SharedHttpClient) -> aws_sdk_dynamodb::Client {
    let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(10));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("local"))
        // The embedded database does not check signatures.
        .allow_no_auth()
        .endpoint_url("http://embedded.invalid")
        .http_client(http)
        .sleep_impl(TokioSleep)
        .retry_config(retries)
        // By default all clients of a process share one budget of retries, so the faults of one test would stop the
        // retries of another.
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
