//! Empties the embedded table.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use std::collections::HashMap;

/// The partition of the keys that sign tokens (`docs/architecture.md`, "The table"). The service keeps them in memory for
/// ten minutes, so a reset keeps them in the table.
const SIGNING_KEYS: &str = "KEYS";
/// The maximum number of items that DynamoDB accepts in one batch.
const BATCH: usize = 25;

/// Deletes every item of the table, except the keys that sign tokens.
///
/// # Errors
/// The table cannot be read or written.
pub(super) async fn empty(client: &Client, table: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    let pages = client.scan().table_name(table).projection_expression("pk, sk").into_paginator().items();
    let keys = pages.send().collect::<Result<Vec<_>, _>>().await?;
    let deletes = keys.into_iter().filter(|key| !is_signing_key(key)).map(delete).collect::<Result<Vec<_>, _>>()?;
    for batch in deletes.chunks(BATCH) {
        client.batch_write_item().request_items(table, batch.to_vec()).send().await?;
    }
    Ok(())
}

fn is_signing_key(key: &HashMap<String, AttributeValue>) -> bool {
    key.get("pk").and_then(|pk| pk.as_s().ok()).is_some_and(|pk| pk == SIGNING_KEYS)
}

fn delete(key: HashMap<String, AttributeValue>) -> Result<WriteRequest, BuildError> {
    let delete = DeleteRequest::builder().set_key(Some(key)).build()?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}
