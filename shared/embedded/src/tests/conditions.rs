//! Tests that a failed condition returns the item that caused the failure.

use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use crate::testing::{TABLE, get, item, memory, n, put, s};

const ALL_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

#[tokio::test]
async fn a_failed_single_write_returns_the_item() {
    let (_, client) = memory().await;
    let old = item("a", [("version", n(1))]);
    put(&client, old.clone()).await;

    let write = client.put_item().table_name(TABLE).item("pk", s("a"));
    let write = write.condition_expression("attribute_not_exists(pk)");
    let write = write.return_values_on_condition_check_failure(ALL_OLD);
    let error = write.send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(e) = error else {
        panic!("{error:?}");
    };
    assert_eq!(e.item, Some(old.clone()));

    let write = client.update_item().table_name(TABLE).key("pk", s("a"));
    let write = write
        .update_expression("SET version = :two")
        .condition_expression("version = :two")
        .expression_attribute_values(":two", n(2))
        .return_values_on_condition_check_failure(ALL_OLD);
    let error = write.send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(e) = error else {
        panic!("{error:?}");
    };
    assert_eq!(e.item, Some(old.clone()));

    let write = client.delete_item().table_name(TABLE).key("pk", s("a"));
    let write = write
        .condition_expression("version = :two")
        .expression_attribute_values(":two", n(2))
        .return_values_on_condition_check_failure(ALL_OLD);
    let error = write.send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::delete_item::DeleteItemError::ConditionalCheckFailedException(e) = error else {
        panic!("{error:?}");
    };
    assert_eq!(e.item, Some(old.clone()));

    assert_eq!(get(&client, "a").await, Some(old));
}

#[tokio::test]
async fn a_failed_transaction_returns_each_item() {
    let (_, client) = memory().await;
    for pk in ["put", "update", "delete", "check"] {
        put(&client, item(pk, [("version", n(1))])).await;
    }
    let fine = Put::builder().table_name(TABLE).item("pk", s("new"));
    let writes = client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(fine.build().unwrap()).build())
        .transact_items(
            TransactWriteItem::builder()
                .put(
                    Put::builder()
                        .table_name(TABLE)
                        .item("pk", s("put"))
                        .condition_expression("attribute_not_exists(pk)")
                        .return_values_on_condition_check_failure(ALL_OLD)
                        .build()
                        .unwrap(),
                )
                .build(),
        )
        .transact_items(
            TransactWriteItem::builder()
                .update(
                    Update::builder()
                        .table_name(TABLE)
                        .key("pk", s("update"))
                        .update_expression("SET version = :two")
                        .condition_expression("version = :two")
                        .expression_attribute_values(":two", n(2))
                        .return_values_on_condition_check_failure(ALL_OLD)
                        .build()
                        .unwrap(),
                )
                .build(),
        )
        .transact_items(
            TransactWriteItem::builder()
                .delete(
                    Delete::builder()
                        .table_name(TABLE)
                        .key("pk", s("delete"))
                        .condition_expression("version = :two")
                        .expression_attribute_values(":two", n(2))
                        .return_values_on_condition_check_failure(ALL_OLD)
                        .build()
                        .unwrap(),
                )
                .build(),
        )
        .transact_items(
            TransactWriteItem::builder()
                .condition_check(
                    ConditionCheck::builder()
                        .table_name(TABLE)
                        .key("pk", s("check"))
                        .condition_expression("attribute_not_exists(pk)")
                        .return_values_on_condition_check_failure(ALL_OLD)
                        .build()
                        .unwrap(),
                )
                .build(),
        );
    let error = writes.send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(e) =
        error
    else {
        panic!("{error:?}");
    };
    let reasons = e.cancellation_reasons();
    assert_eq!(reasons.len(), 5);
    assert_eq!(reasons[0].code(), Some("None"));
    assert_eq!(reasons[0].item, None);
    for (reason, pk) in reasons[1..].iter().zip(["put", "update", "delete", "check"]) {
        assert_eq!(reason.code(), Some("ConditionalCheckFailed"), "{pk}");
        assert_eq!(reason.item, Some(item(pk, [("version", n(1))])), "{pk}");
    }
    assert_eq!(get(&client, "new").await, None);
}
