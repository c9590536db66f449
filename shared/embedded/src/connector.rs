//! Answers the SDK's HTTP requests from the database.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Embedded;

const TARGET_PREFIX: &str = "DynamoDB_20120810.";
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// The operations that change items, and so write to the stream.
const WRITES: [&str; 5] = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];

pub(crate) fn http_client(embedded: Embedded) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Connector(embedded));
    http_client_fn(move |_, _| connector.clone())
}

/// Returns the name of the DynamoDB operation of a request, as in `PutItem`.
pub(crate) fn operation(request: &HttpRequest) -> &str {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    target.strip_prefix(TARGET_PREFIX).unwrap_or(target)
}

/// Returns a response in DynamoDB's format.
pub(crate) fn response(status: u16, body: impl Into<SdkBody>) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(status).map_err(|e| ConnectorError::other(e.into(), None))?;
    let mut response = HttpResponse::new(status, body.into());
    response.headers_mut().insert("content-type", CONTENT_TYPE);
    Ok(response)
}

#[derive(Debug)]
struct Connector(Embedded);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = operation(&request);
        // The SDK's DynamoDB requests are never streams, so the bytes are always available.
        let body = request.body().bytes().unwrap_or_default();
        let read = self.0.reads().and_then(|reads| reads.answer(operation, body));
        let answer = match read.map_or_else(|| dispatch(self.0.database(), operation, body), Ok) {
            Ok(json) => {
                if WRITES.contains(&operation) {
                    self.0.notify_changed();
                }
                response(200, json)
            }
            Err(error) => {
                tracing::debug!(operation, %error, "the embedded database refused a request");
                response(error.status_code(), error.to_json())
            }
        };
        HttpConnectorFuture::ready(answer)
    }
}

macro_rules! operations {
    ($($name:literal => $method:ident,)*) => {
        pub(crate) fn dispatch(
            database: &Database,
            operation: &str,
            body: &[u8],
        ) -> Result<Vec<u8>, DynoxideError> {
            match operation {
                $($name => encode(&database.$method(decode(body)?)?),)*
                _ => Err(DynoxideError::ValidationException(format!(
                    "the embedded database does not know the operation {operation}"
                ))),
            }
        }
    };
}

operations! {
    "CreateTable" => create_table,
    "DeleteTable" => delete_table,
    "DescribeTable" => describe_table,
    "ListTables" => list_tables,
    "UpdateTimeToLive" => update_time_to_live,
    "DescribeTimeToLive" => describe_time_to_live,
    "PutItem" => put_item,
    "GetItem" => get_item,
    "DeleteItem" => delete_item,
    "UpdateItem" => update_item,
    "BatchGetItem" => batch_get_item,
    "BatchWriteItem" => batch_write_item,
    "Query" => query,
    "Scan" => scan,
    "TransactGetItems" => transact_get_items,
    "TransactWriteItems" => transact_write_items,
}

fn encode(answer: &impl Serialize) -> Result<Vec<u8>, DynoxideError> {
    serde_json::to_vec(answer).map_err(|e| DynoxideError::InternalServerError(e.to_string()))
}

/// Parses a request. If dynoxide refuses a value, its message starts with the DynamoDB error to return, as in
/// `VALIDATION:An AttributeValue may not contain an empty set`.
fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body).map_err(|error| {
        let message = error.to_string();
        match message.split_once(':') {
            Some((mark, rest)) if mark.starts_with("VALIDATION") => DynoxideError::ValidationException(rest.to_owned()),
            Some((mark, rest)) if mark.starts_with("SERIALIZATION") => {
                DynoxideError::SerializationException(rest.to_owned())
            }
            _ => DynoxideError::SerializationException(message),
        }
    })
}
