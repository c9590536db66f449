//! Creating the table, if no deployment has done it.

use super::StoreError;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};

/// The sparse index of items that are due at a moment, with the keys `queue` and `due_at`.
pub const DUE_INDEX: &str = "due";

/// Creates the table if it does not exist: on demand, with TTL, the index `due`, and a stream of keys for the mailer.
///
/// # Errors
/// The table is unavailable.
pub async fn create_table(client: &Client, table: &str) -> Result<(), StoreError> {
    let malformed = |e: aws_sdk_dynamodb::error::BuildError| StoreError::Malformed(e.to_string());
    if client.describe_table().table_name(table).send().await.is_ok() {
        return Ok(());
    }
    let attribute = |name: &str, kind| AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build();
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let due = GlobalSecondaryIndex::builder()
        .index_name(DUE_INDEX)
        .key_schema(key("queue", KeyType::Hash).map_err(malformed)?)
        .key_schema(key("due_at", KeyType::Range).map_err(malformed)?)
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()
        .map_err(malformed)?;
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::KeysOnly)
        .build()
        .map_err(malformed)?;
    let request = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", ScalarAttributeType::S).map_err(malformed)?)
        .attribute_definitions(attribute("sk", ScalarAttributeType::S).map_err(malformed)?)
        .attribute_definitions(attribute("queue", ScalarAttributeType::S).map_err(malformed)?)
        .attribute_definitions(attribute("due_at", ScalarAttributeType::N).map_err(malformed)?)
        .key_schema(key("pk", KeyType::Hash).map_err(malformed)?)
        .key_schema(key("sk", KeyType::Range).map_err(malformed)?)
        .global_secondary_indexes(due)
        .stream_specification(stream);
    if let Err(error) = request.send().await {
        let exists = error.as_service_error().is_some_and(|e| e.is_resource_in_use_exception());
        if !exists {
            return Err(StoreError::sdk("CreateTable", &error));
        }
    }
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires_at").build();
    let ttl = ttl.map_err(malformed)?;
    let request = client.update_time_to_live().table_name(table).time_to_live_specification(ttl);
    request.send().await.map(|_| ()).map_err(|e| StoreError::sdk("UpdateTimeToLive", &e))
}
