//! A counter that is raised while answers are lost: without a condition the SDK's retry counts twice, with one it does not.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use embedded_dynamodb::faults::{Faults, Plan, Probability};
use embedded_dynamodb::{Embedded, client};
use std::error::Error;

const TABLE: &str = "counters";

async fn create_table(client: &Client) -> Result<(), Box<dyn Error>> {
    let name = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S).build()?;
    let key = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build()?;
    let table = client.create_table().table_name(TABLE).attribute_definitions(name).key_schema(key);
    table.billing_mode(BillingMode::PayPerRequest).send().await?;
    Ok(())
}

/// Raises a counter to 1. With `once`, only if it does not exist yet.
async fn raise(client: &Client, name: &str, once: bool) -> Result<(), Box<dyn Error>> {
    let update = client.update_item().table_name(TABLE).key("pk", AttributeValue::S(name.to_owned()));
    let update =
        update.update_expression("ADD n :one").expression_attribute_values(":one", AttributeValue::N("1".into()));
    let update = if once { update.condition_expression("attribute_not_exists(n)") } else { update };
    match update.send().await {
        Err(error) if !error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
            Err(error.into())
        }
        _ => Ok(()),
    }
}

async fn read(client: &Client, name: &str) -> Result<String, Box<dyn Error>> {
    let read = client.get_item().table_name(TABLE).key("pk", AttributeValue::S(name.to_owned())).send().await?;
    let item = read.item.ok_or("there is no such counter")?;
    Ok(item["n"].as_n().map_err(|_| "the counter is not a number")?.clone())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let faults = Faults::default();
    let client = client(faults.wrap(Embedded::memory()?.http_client()));
    create_table(&client).await?;
    for (name, once) in [("careless", false), ("careful", true)] {
        faults.reset();
        faults.set(Plan { timeout_after_commit: Probability::times(1), ..Plan::default() });
        raise(&client, name, once).await?;
        let requests = faults.requests().len();
        println!("{name}: {requests} requests, the counter is {}", read(&client, name).await?);
    }
    Ok(())
}
