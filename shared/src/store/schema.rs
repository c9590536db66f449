//! The shape of the table, for tables that no deployment creates.

use super::StoreError;
use super::directory::{DIRECTORY_INDEX, LISTED_AS, LISTED_IN};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
    StreamSpecification, StreamViewType, TableDescription, TimeToLiveSpecification,
};

/// The sparse index of items that are due at a moment, with the keys `queue` and `due_at`.
pub const DUE_INDEX: &str = "due";

/// The attribute with the time at which DynamoDB deletes an item.
pub const TTL_ATTRIBUTE: &str = "expires_at";

/// Creates the table if it does not exist: on demand, with TTL, the two indexes, and a stream of keys, because the
/// functions that read the stream need nothing else from it. Adds the index `directory` to the table of an earlier
/// version.
///
/// # Errors
/// The table is unavailable.
pub async fn create_table(client: &Client, table: &str) -> Result<(), StoreError> {
    if let Ok(known) = client.describe_table().table_name(table).send().await {
        return add_directory(client, table, known.table.unwrap_or_else(|| TableDescription::builder().build())).await;
    }
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::KeysOnly)
        .build()
        .map_err(malformed)?;
    let index = |name: &str, hash: &str, range: &str| {
        GlobalSecondaryIndex::builder()
            .index_name(name)
            .set_key_schema(Some(keys(hash, range)?))
            .projection(keys_only())
            .build()
            .map_err(malformed)
    };
    let request = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("sk", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("queue", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("due_at", ScalarAttributeType::N)?)
        .attribute_definitions(attribute(LISTED_IN, ScalarAttributeType::S)?)
        .attribute_definitions(attribute(LISTED_AS, ScalarAttributeType::S)?)
        .set_key_schema(Some(keys("pk", "sk")?))
        .global_secondary_indexes(index(DUE_INDEX, "queue", "due_at")?)
        .global_secondary_indexes(index(DIRECTORY_INDEX, LISTED_IN, LISTED_AS)?)
        .stream_specification(stream);
    if let Err(error) = request.send().await {
        let exists = error.as_service_error().is_some_and(|e| e.is_resource_in_use_exception());
        if !exists {
            return Err(StoreError::sdk("CreateTable", &error));
        }
    }
    let ttl = TimeToLiveSpecification::builder().attribute_name(TTL_ATTRIBUTE).enabled(true).build();
    let request = client.update_time_to_live().table_name(table);
    let answer = request.time_to_live_specification(ttl.map_err(malformed)?).send().await;
    answer.map(|_| ()).map_err(|e| StoreError::sdk("UpdateTimeToLive", &e))
}

/// Adds the index `directory` to a table that does not have it.
async fn add_directory(client: &Client, table: &str, known: TableDescription) -> Result<(), StoreError> {
    if known.global_secondary_indexes().iter().any(|index| index.index_name() == Some(DIRECTORY_INDEX)) {
        return Ok(());
    }
    let index = CreateGlobalSecondaryIndexAction::builder()
        .index_name(DIRECTORY_INDEX)
        .set_key_schema(Some(keys(LISTED_IN, LISTED_AS)?))
        .projection(keys_only())
        .build()
        .map_err(malformed)?;
    let request = client
        .update_table()
        .table_name(table)
        .set_attribute_definitions(known.attribute_definitions)
        .attribute_definitions(attribute(LISTED_IN, ScalarAttributeType::S)?)
        .attribute_definitions(attribute(LISTED_AS, ScalarAttributeType::S)?)
        .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(index).build());
    request.send().await.map(|_| ()).map_err(|e| StoreError::sdk("UpdateTable", &e))
}

fn attribute(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition, StoreError> {
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().map_err(malformed)
}

fn keys(hash: &str, range: &str) -> Result<Vec<KeySchemaElement>, StoreError> {
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().map_err(malformed);
    Ok(vec![key(hash, KeyType::Hash)?, key(range, KeyType::Range)?])
}

fn keys_only() -> Projection {
    Projection::builder().projection_type(ProjectionType::KeysOnly).build()
}

fn malformed(error: BuildError) -> StoreError {
    StoreError::Malformed(error.to_string())
}
