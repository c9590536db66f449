//! Tests of the features of DynamoDB's expressions that the project uses, on the embedded database.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::testing::{INDEX, TABLE, get, item, memory, n, ns, put, put_action, s};

const VALIDATION: &str = "ValidationException";
const CONDITION: &str = "ConditionalCheckFailedException";

/// Updates the item `a`. A refusal returns the code of the error.
async fn update(
    client: &Client,
    expression: &str,
    condition: Option<&str>,
    value: AttributeValue,
) -> Result<(), String> {
    let update = client
        .update_item()
        .table_name(TABLE)
        .key("pk", s("a"))
        .update_expression(expression)
        .set_condition_expression(condition.map(str::to_owned))
        .expression_attribute_values(":v", value);
    match update.send().await {
        Ok(_) => Ok(()),
        Err(e) => Err(e.code().unwrap_or_default().to_owned()),
    }
}

fn refused(code: &str) -> Result<(), String> {
    Err(code.to_owned())
}

async fn numbers(client: &Client) -> Option<Vec<String>> {
    let item = get(client, "a").await?;
    let mut numbers = item.get("numbers")?.as_ns().ok()?.clone();
    numbers.sort();
    Some(numbers)
}

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

fn raw_ns(values: &[&str]) -> AttributeValue {
    AttributeValue::Ns(strings(values))
}

#[tokio::test]
async fn number_sets_grow_and_shrink() {
    let (_, client) = memory().await;
    // ADD creates the item and the set, and adds only new members. Unlike DynamoDB, the embedded database fails for a
    // member in another notation, as in 2.0. The project writes whole numbers only.
    let add = "ADD numbers :v";
    update(&client, add, None, ns(&[1, 2])).await.unwrap();
    update(&client, add, None, ns(&[2, 3])).await.unwrap();
    assert_eq!(numbers(&client).await, Some(strings(&["1", "2", "3"])));
    let delete = "DELETE numbers :v";
    update(&client, delete, None, ns(&[1, 3, 9])).await.unwrap();
    assert_eq!(numbers(&client).await, Some(strings(&["2"])));
    // An empty set is removed from the item.
    update(&client, delete, None, ns(&[2])).await.unwrap();
    assert_eq!(get(&client, "a").await, Some(item("a", [])));
}

#[tokio::test]
async fn number_sets_are_checked() {
    let (_, client) = memory().await;
    for invalid in [&["1", "1"][..], &["1", "1.0"], &["one"], &[]] {
        let put = client.put_item().table_name(TABLE).item("pk", s("a"));
        let put = put.item("numbers", raw_ns(invalid));
        let error = put.send().await.unwrap_err();
        assert_eq!(error.code(), Some(VALIDATION), "{invalid:?}");
    }
    put(&client, item("a", [("numbers", ns(&[1]))])).await;
    let strings = AttributeValue::Ss(vec!["x".to_owned()]);
    let mixed = update(&client, "ADD numbers :v", None, strings).await;
    assert_eq!(mixed, refused(VALIDATION));
    let not_a_set = update(&client, "ADD numbers :v", None, n(1)).await;
    assert_eq!(not_a_set, refused(VALIDATION));
    assert_eq!(numbers(&client).await, Some(vec!["1".to_owned()]));
}

#[tokio::test]
async fn conditions_see_the_size_and_the_members_of_a_set() {
    let (_, client) = memory().await;
    put(&client, item("a", [("numbers", ns(&[1, 2]))])).await;
    let set = "SET touched = :v";
    for (condition, value, holds) in [
        ("size(numbers) = :v", 2, true),
        ("size(numbers) < :v", 2, false),
        ("contains(numbers, :v)", 1, true),
        ("contains(numbers, :v)", 3, false),
        ("NOT contains(numbers, :v)", 3, true),
        // The size of a missing attribute fails every comparison.
        ("size(absent) < :v", 2, false),
        ("attribute_not_exists(absent) OR size(absent) < :v", 2, true),
    ] {
        let expected = if holds { Ok(()) } else { refused(CONDITION) };
        let outcome = update(&client, set, Some(condition), n(value)).await;
        assert_eq!(outcome, expected, "{condition} with {value}");
    }
}

#[tokio::test]
async fn a_transaction_checks_the_size_of_a_set_that_it_adds_to() {
    let (_, client) = memory().await;
    put(&client, item("a", [("numbers", ns(&[1]))])).await;
    let add = |number: u32| {
        let update = aws_sdk_dynamodb::types::Update::builder()
            .table_name(TABLE)
            .key("pk", s("a"))
            .update_expression("ADD numbers :v")
            .condition_expression("size(numbers) < :max")
            .expression_attribute_values(":v", ns(&[number]))
            .expression_attribute_values(":max", n(2));
        let action = aws_sdk_dynamodb::types::TransactWriteItem::builder();
        let action = action.update(update.build().unwrap()).build();
        client.transact_write_items().transact_items(action)
    };
    add(2).send().await.unwrap();
    add(3).send().await.unwrap_err();
    assert_eq!(numbers(&client).await, Some(strings(&["1", "2"])));
}

#[tokio::test]
async fn nested_values_are_updated_in_place() {
    let (_, client) = memory().await;
    let inner = |count: u32| AttributeValue::M([("count".to_owned(), n(count))].into());
    put(&client, item("a", [("inside", inner(1))])).await;
    // `count` is a reserved word, so it needs a placeholder.
    let count = "SET inside.#count = inside.#count + :v";
    let add = client.update_item().table_name(TABLE).key("pk", s("a"));
    let add = add
        .update_expression(count)
        .expression_attribute_names("#count", "count")
        .expression_attribute_values(":v", n(4));
    add.send().await.unwrap();
    assert_eq!(get(&client, "a").await, Some(item("a", [("inside", inner(5))])));

    let reserved = update(&client, "SET inside.count = :v", None, n(1)).await;
    assert_eq!(reserved, refused(VALIDATION));
    let no_parent = update(&client, "SET absent.number_of = :v", None, n(1)).await;
    assert_eq!(no_parent, refused(VALIDATION));
    let no_operand = update(&client, "SET tally = tally + :v", None, n(1)).await;
    assert_eq!(no_operand, refused(VALIDATION));
    // ADD treats a missing number as zero.
    update(&client, "ADD tally :v", None, n(1)).await.unwrap();
    update(&client, "SET score = if_not_exists(score, :v) + :v", None, n(2)).await.unwrap();
    let expected = item("a", [("inside", inner(5)), ("tally", n(1)), ("score", n(4))]);
    assert_eq!(get(&client, "a").await, Some(expected));
}

async fn in_index(client: &Client, gpk: &str) -> Vec<String> {
    let query = client
        .query()
        .table_name(TABLE)
        .index_name(INDEX)
        .key_condition_expression("gpk = :gpk")
        .expression_attribute_values(":gpk", s(gpk));
    let items = query.send().await.unwrap().items.unwrap_or_default();
    let mut pks: Vec<_> = items.iter().map(|item| item["pk"].as_s().unwrap().clone()).collect();
    pks.sort();
    pks
}

#[tokio::test]
async fn an_index_holds_only_items_with_its_key() {
    let (_, client) = memory().await;
    put(&client, item("a", [("gpk", s("x"))])).await;
    put(&client, item("b", [])).await;
    put(&client, item("c", [("gpk", s("x"))])).await;
    put(&client, item("d", [("gpk", s("y"))])).await;
    assert_eq!(in_index(&client, "x").await, ["a", "c"]);
    let everything = client.scan().table_name(TABLE).index_name(INDEX);
    assert_eq!(everything.send().await.unwrap().count, 3);

    update(&client, "SET gpk = :v", None, s("y")).await.unwrap();
    assert_eq!(in_index(&client, "x").await, ["c"]);
    assert_eq!(in_index(&client, "y").await, ["a", "d"]);
    update(&client, "SET touched = :v REMOVE gpk", None, n(1)).await.unwrap();
    assert_eq!(in_index(&client, "y").await, ["d"]);

    let empty_key = update(&client, "SET gpk = :v", None, s("")).await;
    assert_eq!(empty_key, refused(VALIDATION));
}

#[tokio::test]
async fn a_request_token_makes_a_transaction_happen_once() {
    let (_, client) = memory().await;
    let add = |number: u32| {
        let update = aws_sdk_dynamodb::types::Update::builder()
            .table_name(TABLE)
            .key("pk", s("a"))
            .update_expression("ADD tally :v")
            .expression_attribute_values(":v", n(number));
        let action = aws_sdk_dynamodb::types::TransactWriteItem::builder();
        let action = action.update(update.build().unwrap()).build();
        let write = client.transact_write_items().client_request_token("token");
        write.transact_items(action)
    };
    add(1).send().await.unwrap();
    add(1).send().await.unwrap();
    assert_eq!(get(&client, "a").await, Some(item("a", [("tally", n(1))])));
    let error = add(2).send().await.unwrap_err().into_service_error();
    assert!(error.is_idempotent_parameter_mismatch_exception(), "{error:?}");
}

#[tokio::test]
async fn a_transaction_can_contain_an_item_only_once() {
    let (_, client) = memory().await;
    let write = client.transact_write_items();
    let write = write.transact_items(put_action(item("a", []))).transact_items(put_action(item("a", [])));
    assert_eq!(write.send().await.unwrap_err().code(), Some(VALIDATION));
}

#[tokio::test]
async fn an_empty_key_is_refused() {
    let (_, client) = memory().await;
    let put = client.put_item().table_name(TABLE).item("pk", s(""));
    assert_eq!(put.send().await.unwrap_err().code(), Some(VALIDATION));
}
