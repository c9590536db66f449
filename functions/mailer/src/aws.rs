//! Amazon SES for mail, Amazon SNS for text messages.

use crate::{SendError, Sent, Transport};
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};
use aws_sdk_sns::operation::publish::PublishError;
use shared::settings::Settings;
use shared::store::aws::{NotInLambda, credentials, http_client, region, timeouts};
use std::time::Duration;

/// Sends mail through SES, as raw messages, and text messages through SNS.
pub struct Aws {
    ses: aws_sdk_sesv2::Client,
    sns: aws_sdk_sns::Client,
    configuration_set: Option<String>,
}

/// Creates a client from the environment of a Lambda function. The variable `$endpoint` can name another endpoint.
macro_rules! client {
    ($service:ident, $endpoint:literal, $http:expr) => {{
        let config = $service::Config::builder()
            .behavior_version($service::config::BehaviorVersion::latest())
            .http_client($http)
            .region(region()?)
            .credentials_provider(credentials()?)
            .timeout_config(timeouts(Duration::from_secs(5), Duration::from_secs(12)));
        let config = match std::env::var($endpoint) {
            Ok(url) => config.endpoint_url(url),
            Err(_) => config,
        };
        $service::Client::from_conf(config.build())
    }};
}

impl Aws {
    /// Creates the clients of SES and SNS from the environment of a Lambda function. `AWS_ENDPOINT_URL_SESV2` and
    /// `AWS_ENDPOINT_URL_SNS` name other endpoints.
    ///
    /// # Errors
    /// Returns an error outside AWS Lambda.
    pub fn from_environment(settings: &Settings) -> Result<Self, NotInLambda> {
        let http = http_client(&settings.service);
        Ok(Self {
            ses: client!(aws_sdk_sesv2, "AWS_ENDPOINT_URL_SESV2", http.clone()),
            sns: client!(aws_sdk_sns, "AWS_ENDPOINT_URL_SNS", http),
            configuration_set: settings.mail.configuration_set.clone(),
        })
    }
}

impl Transport for Aws {
    fn mail<'a>(&'a self, to: &'a str, message: &'a [u8]) -> Sent<'a> {
        Box::pin(async move {
            let raw = RawMessage::builder().data(Blob::new(message)).build();
            let raw = raw.map_err(|e| SendError::Permanent(e.to_string()))?;
            let request = self
                .ses
                .send_email()
                .destination(Destination::builder().to_addresses(to).build())
                .content(EmailContent::builder().raw(raw).build())
                .set_configuration_set_name(self.configuration_set.clone());
            request.send().await.map(|_| ()).map_err(|error| classify_mail_error(&error))
        })
    }

    fn sms<'a>(&'a self, to: &'a str, text: &'a str) -> Sent<'a> {
        Box::pin(async move {
            let sent = self.sns.publish().phone_number(to).message(text).send().await;
            sent.map(|_| ()).map_err(|error| classify_sms_error(&error))
        })
    }
}

/// Decides whether to retry a mail. Only a rejection of this message by SES is permanent. Failures of the account, the
/// quota and the network are temporary. An unverified sender is also temporary, because it can be verified later.
fn classify_mail_error<R>(error: &SdkError<SendEmailError, R>) -> SendError {
    let code = error.code().unwrap_or("no answer").to_owned();
    let unverified = error.message().is_some_and(|message| message.contains("not verified"));
    match error.as_service_error() {
        Some(SendEmailError::MessageRejected(_) | SendEmailError::BadRequestException(_)) if !unverified => {
            SendError::Permanent(code)
        }
        _ => SendError::Transient(code),
    }
}

/// Decides whether to retry a text message. Only a phone number that SNS cannot use is a permanent failure.
fn classify_sms_error<R>(error: &SdkError<PublishError, R>) -> SendError {
    let code = aws_sdk_sns::error::ProvideErrorMetadata::code(error).unwrap_or("no answer").to_owned();
    match error.as_service_error() {
        Some(PublishError::InvalidParameterException(_) | PublishError::InvalidParameterValueException(_)) => {
            SendError::Permanent(code)
        }
        _ => SendError::Transient(code),
    }
}
