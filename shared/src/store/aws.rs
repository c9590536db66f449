//! The SDK's client in AWS, built by hand from the Lambda environment: no provider chain, nothing to look for.

use crate::settings::{ServiceSettings, TlsRoots};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{HttpClient, SharedHttpClient, http_client_fn};
use base64::Engine;
use std::sync::OnceLock;
use std::time::Duration;

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

/// How long anything that AWS does for us may take: an attempt, and all attempts together. A caller waits for it, and
/// the function's own time must not be over before there is an answer.
pub fn timeouts(attempt: Duration, all: Duration) -> TimeoutConfig {
    let connect = Duration::from_secs(2);
    TimeoutConfig::builder().connect_timeout(connect).operation_attempt_timeout(attempt).operation_timeout(all).build()
}

/// The one HTTP client that all clients of AWS share. It is built when the first of them sends something: whoever never
/// does, does not pay for TLS.
pub fn http_client(settings: &ServiceSettings) -> SharedHttpClient {
    static CLIENT: OnceLock<SharedHttpClient> = OnceLock::new();
    let roots = settings.tls_roots;
    http_client_fn(move |settings, components| {
        CLIENT.get_or_init(|| https_client(roots)).http_connector(settings, components)
    })
}

/// It trusts the authorities that AWS endpoints chain to, or those of the platform where the settings say so: parsing a
/// whole store of them is most of a cold start.
fn https_client(roots: TlsRoots) -> SharedHttpClient {
    let trust = match roots {
        TlsRoots::Platform => TrustStore::default(),
        TlsRoots::Amazon => amazon_roots().fold(TrustStore::empty(), TrustStore::with_pem_certificate),
    };
    let context = TlsContext::builder().with_trust_store(trust).build();
    let builder = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    match context {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(_) => builder.build_https(),
    }
}

/// Amazon's authorities, and the one of Starfield that older chains end in.
fn amazon_roots() -> impl Iterator<Item = Vec<u8>> {
    // Who issued a certificate stands at its beginning.
    const ISSUER: usize = 320;
    let has = |der: &[u8], name: &[u8]| {
        let beginning = &der[..der.len().min(ISSUER)];
        beginning.windows(name.len()).any(|part| part[0] == name[0] && part == name)
    };
    let wanted = move |der: &&[u8]| {
        let names = [&b"Amazon Root CA"[..], b"Starfield Services Root Certificate Authority - G2"];
        names.into_iter().any(|name| has(der, name))
    };
    let all = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|certificate| certificate.as_ref());
    all.filter(wanted).map(|der| {
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n").into_bytes()
    })
}

/// What builds a client of DynamoDB. `AWS_ENDPOINT_URL_DYNAMODB` names another endpoint.
///
/// # Errors
/// The environment is not Lambda's.
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

#[cfg(test)]
mod tests {
    #[test]
    fn amazon_s_authorities_are_found() {
        assert_eq!(super::amazon_roots().count(), 5);
    }
}
