//! The answers of faults, in DynamoDB's format.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Map, Value, json};

use super::plan::Random;
use crate::connector::{operation, response};

const THROTTLED: &str = "The level of configured provisioned throughput for the table was \
    exceeded. Consider increasing your provisioning level with the UpdateTable API.";

type Answer = Result<HttpResponse, ConnectorError>;

pub(super) fn conflict(request: &HttpRequest, which: u64) -> Answer {
    let message = "Transaction is ongoing for the item";
    if operation(request).starts_with("Transact") {
        cancelled(request, which, "TransactionConflict", message)
    } else {
        error("TransactionConflictException", json!({ "message": message }))
    }
}

pub(super) fn throttled(request: &HttpRequest, in_reasons: bool) -> Answer {
    if in_reasons {
        cancelled(request, 0, "ThrottlingError", THROTTLED)
    } else {
        let body = json!({ "message": THROTTLED });
        error("ProvisionedThroughputExceededException", body)
    }
}

/// Returns a cancelled transaction in which the item number `which`, modulo the number of items, is the cause.
fn cancelled(request: &HttpRequest, which: u64, code: &str, message: &str) -> Answer {
    let body = read(request)?;
    let items = body["TransactItems"].as_array().map_or(1, Vec::len).max(1);
    let blamed = (which % items as u64) as usize;
    let mut codes = vec!["None"; items];
    codes[blamed] = code;
    let mut reasons: Vec<Value> = codes.iter().map(|code| json!({ "Code": code })).collect();
    reasons[blamed]["Message"] = message.into();
    let message =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    error("TransactionCanceledException", json!({ "message": message, "CancellationReasons": reasons }))
}

fn error(kind: &str, mut body: Value) -> Answer {
    body["__type"] = format!("com.amazonaws.dynamodb.v20120810#{kind}").into();
    response(400, body.to_string())
}

/// Removes at least one key from a `BatchGetItem`. Returns the request with the remaining keys, if there are any, and
/// the value for `UnprocessedKeys`.
pub(super) fn withhold_keys(
    mut request: HttpRequest,
    random: &mut Random,
) -> Result<(Option<HttpRequest>, Value), ConnectorError> {
    let mut body = read(&request)?;
    let tables = body["RequestItems"].as_object().cloned().unwrap_or_default();
    let all: usize = tables.values().map(|table| keys(table).len()).sum();
    // One key is always withheld, and each of the others with a probability of one half.
    let certain = random.below(all.max(1) as u64) as usize;
    let (mut kept, mut withheld) = (Map::new(), Map::new());
    let mut nth = 0;
    for (name, table) in tables {
        let (mut keep, mut withhold) = (Vec::new(), Vec::new());
        for key in keys(&table) {
            if nth == certain || random.below(2) == 0 {
                withhold.push(key.clone());
            } else {
                keep.push(key.clone());
            }
            nth += 1;
        }
        // Both halves keep `ConsistentRead`, the projection and its names.
        for (half, keys) in [(&mut kept, keep), (&mut withheld, withhold)] {
            if !keys.is_empty() {
                let mut table = table.clone();
                table["Keys"] = keys.into();
                half.insert(name.clone(), table);
            }
        }
    }
    let remaining = if kept.is_empty() {
        None
    } else {
        body["RequestItems"] = kept.into();
        let body = body.to_string();
        let length = body.len().to_string();
        request.headers_mut().insert("content-length", length);
        *request.body_mut() = SdkBody::from(body);
        Some(request)
    };
    Ok((remaining, withheld.into()))
}

fn keys(table: &Value) -> &[Value] {
    table["Keys"].as_array().map_or(&[], Vec::as_slice)
}

/// Returns the answer to a `BatchGetItem` that read nothing.
pub(super) fn empty_batch() -> Answer {
    response(200, json!({ "Responses": {} }).to_string())
}

/// Adds the withheld keys to the unprocessed keys of the answer.
pub(super) async fn add_unprocessed(answer: HttpResponse, withheld: Value) -> Answer {
    if !answer.status().is_success() {
        return Ok(answer);
    }
    let bytes = ByteStream::new(answer.into_body()).collect().await.map_err(|e| ConnectorError::io(e.into()))?.to_vec();
    let mut body: Value = serde_json::from_slice(&bytes).map_err(unreadable)?;
    let mut unprocessed = body["UnprocessedKeys"].as_object().cloned().unwrap_or_default();
    for (name, mut table) in withheld.as_object().cloned().unwrap_or_default() {
        if let Some(before) = unprocessed.get(&name) {
            table["Keys"] = [keys(before), keys(&table)].concat().into();
        }
        unprocessed.insert(name, table);
    }
    body["UnprocessedKeys"] = unprocessed.into();
    response(200, body.to_string())
}

fn read(request: &HttpRequest) -> Result<Value, ConnectorError> {
    let bytes = request.body().bytes().unwrap_or_default();
    serde_json::from_slice(bytes).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> ConnectorError {
    ConnectorError::user(error.into())
}
