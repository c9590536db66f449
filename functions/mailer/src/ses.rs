//! Amazon SES.

use crate::{SendError, Sent, Transport};
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::BehaviorVersion;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};
use shared::store::aws::{NotInLambda, credentials, region};

/// Sends mail through SES, as raw messages.
pub struct Ses {
    client: Client,
    configuration_set: Option<String>,
}

impl Ses {
    /// SES from the environment of a Lambda function. `AWS_ENDPOINT_URL_SESV2` names another endpoint,
    /// `LATCHKEY_SES_CONFIGURATION_SET` a configuration set.
    ///
    /// # Errors
    /// The environment is not Lambda's.
    pub fn from_environment(configuration_set: Option<String>) -> Result<Self, NotInLambda> {
        let config = aws_sdk_sesv2::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region()?)
            .credentials_provider(credentials()?);
        let config = match std::env::var("AWS_ENDPOINT_URL_SESV2") {
            Ok(url) => config.endpoint_url(url),
            Err(_) => config,
        };
        Ok(Self { client: Client::from_conf(config.build()), configuration_set })
    }
}

impl Transport for Ses {
    fn mail<'a>(&'a self, to: &'a str, message: &'a [u8]) -> Sent<'a> {
        Box::pin(async move {
            let raw = RawMessage::builder().data(Blob::new(message)).build();
            let raw = raw.map_err(|e| SendError::Permanent(e.to_string()))?;
            let request = self
                .client
                .send_email()
                .destination(Destination::builder().to_addresses(to).build())
                .content(EmailContent::builder().raw(raw).build())
                .set_configuration_set_name(self.configuration_set.clone());
            request.send().await.map(|_| ()).map_err(|error| judge(&error))
        })
    }

    fn sms<'a>(&'a self, _to: &'a str, _text: &'a str) -> Sent<'a> {
        Box::pin(async { Err(SendError::Permanent("SES sends no text messages".to_owned())) })
    }
}

/// Only what SES says of this very message is for good; the account, the quota and the network may recover.
fn judge<R>(error: &SdkError<SendEmailError, R>) -> SendError {
    let code = error.code().unwrap_or("no answer").to_owned();
    match error.as_service_error() {
        Some(SendEmailError::MessageRejected(_) | SendEmailError::BadRequestException(_)) => SendError::Permanent(code),
        _ => SendError::Transient(code),
    }
}
