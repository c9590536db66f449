//! Commits: one conditional write or one transaction.

use super::expression::Expression;
use super::item::{Document, Item, Key};
use super::write::{Action, Write};
use super::{Again, Decision, Store, StoreError, round_trips};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure as OnFailure,
    TransactWriteItem, Update,
};

/// The result of a commit.
#[derive(Debug)]
pub enum Committed {
    /// All writes are done.
    Done,
    /// Nothing is written. The write at this position in the list did not find the state that it expects.
    Refused(usize),
    /// Nothing is written, because another request has changed the same items. The operation has to load and decide
    /// again.
    Contended,
}

impl Store {
    /// Most writes of one commit: the limit of a DynamoDB transaction.
    pub const MOST_WRITES: usize = 100;

    /// Writes all or nothing. A request that is repeated after a timeout recognizes its own writes and succeeds.
    ///
    /// # Errors
    /// [`StoreError::TooManyWrites`]: nothing is written. The table is unavailable: either everything is written or
    /// nothing.
    pub async fn commit(&self, mut writes: Vec<Write>) -> Result<Committed, StoreError> {
        if writes.len() > Self::MOST_WRITES {
            return Err(StoreError::TooManyWrites(writes.len()));
        }
        let operation = self.operation_id();
        writes.iter_mut().for_each(|write| write.stamp(&operation));
        let committed = match writes.len() {
            0 => Committed::Done,
            1 => self.write_one(&operation, &writes[0]).await?,
            _ => self.transact(&operation, &writes).await?,
        };
        if let (Committed::Done, Some(observer)) = (&committed, &self.observer) {
            writes.iter().for_each(|write| observer(&write.key));
        }
        Ok(committed)
    }

    /// The same as [`Store::commit`], for writes that stay right if another request is faster. Repeats the same writes
    /// while the commit is contended.
    ///
    /// # Errors
    /// The table is unavailable, or stays contended.
    pub async fn commit_with_retries(&self, writes: Vec<Write>) -> Result<Committed, StoreError> {
        let decide = |writes: Vec<Write>, again: Option<Again>| async move {
            Ok(match again {
                Some(Again::Refused(place)) => Decision::Settled(Committed::Refused(place)),
                _ => Decision::Write(writes.clone(), Committed::Done, writes),
            })
        };
        self.run(writes, decide).await
    }

    /// Deletes the items with these keys, in commits of [`Store::MOST_WRITES`] writes each. Use it only for items that
    /// can be deleted independently of each other.
    ///
    /// # Errors
    /// The table is unavailable, or stays contended. Then some of the items may be deleted.
    pub async fn discard_all(&self, keys: &[Key]) -> Result<(), StoreError> {
        for some in keys.chunks(Self::MOST_WRITES) {
            self.commit_with_retries(some.iter().cloned().map(Write::discard).collect()).await?;
        }
        Ok(())
    }

    /// Creates one item. Returns `false` if an item with its key exists. For operations that need no other write.
    ///
    /// # Errors
    /// The table is unavailable, or stays contended.
    pub async fn create<I: Item>(&self, item: &I) -> Result<bool, StoreError> {
        let mut attempts = self.attempts();
        loop {
            attempts.next().await?;
            let operation = self.operation_id();
            let mut write = Write::create(item)?;
            write.stamp(&operation);
            match self.put(&operation, &write).await? {
                Committed::Done => return Ok(true),
                Committed::Refused(_) => return Ok(false),
                Committed::Contended => {}
            }
        }
    }

    async fn write_one(&self, operation: &str, write: &Write) -> Result<Committed, StoreError> {
        let mut expression = Expression::default();
        let condition = write.expect.condition(&mut expression);
        match &write.action {
            Action::Put(_) => self.put(operation, write).await,
            Action::Patch(patch) => {
                let update = patch.update(operation, &mut expression);
                let request = self.client.update_item().table_name(&self.table).set_key(Some(write.key.document()));
                let request = request
                    .update_expression(update)
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .return_values_on_condition_check_failure(OnFailure::AllOld);
                outcome("UpdateItem", operation, write, round_trips::count(request.send()).await, |e| {
                    e.as_conditional()
                })
            }
            Action::Delete => {
                let request = self.client.delete_item().table_name(&self.table).set_key(Some(write.key.document()));
                let request = request
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .return_values_on_condition_check_failure(OnFailure::AllOld);
                outcome("DeleteItem", operation, write, round_trips::count(request.send()).await, |e| {
                    e.as_conditional()
                })
            }
            Action::Check => self.transact(operation, std::slice::from_ref(write)).await,
        }
    }

    async fn put(&self, operation: &str, write: &Write) -> Result<Committed, StoreError> {
        let mut expression = Expression::default();
        let condition = write.expect.condition(&mut expression);
        let document = if let Action::Put(document) = &write.action { Some(document.clone()) } else { None };
        let request = self.client.put_item().table_name(&self.table).set_item(document);
        let request = request
            .set_condition_expression(condition)
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .return_values_on_condition_check_failure(OnFailure::AllOld);
        outcome("PutItem", operation, write, round_trips::count(request.send()).await, |e| e.as_conditional())
    }

    async fn transact(&self, operation: &str, writes: &[Write]) -> Result<Committed, StoreError> {
        let items = writes.iter().map(|write| self.transact_item(operation, write)).collect::<Result<Vec<_>, _>>();
        let items = items.map_err(|e| StoreError::Malformed(e.to_string()))?;
        let request = self.client.transact_write_items().set_transact_items(Some(items));
        let error = match round_trips::count(request.client_request_token(operation).send()).await {
            Ok(_) => return Ok(Committed::Done),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                let reasons = canceled.cancellation_reasons();
                if reasons.iter().any(|reason| has_operation(reason.item(), operation)) {
                    return Ok(Committed::Done); // an earlier attempt of this request wrote it
                }
                classify(writes, reasons)
            }
            Some(TransactWriteItemsError::TransactionInProgressException(_)) => Ok(Committed::Contended),
            _ => Err(StoreError::sdk("TransactWriteItems", &error)),
        }
    }

    fn transact_item(
        &self,
        operation: &str,
        write: &Write,
    ) -> Result<TransactWriteItem, aws_sdk_dynamodb::error::BuildError> {
        let mut expression = Expression::default();
        let condition = write.expect.condition(&mut expression);
        let item = TransactWriteItem::builder();
        Ok(match &write.action {
            Action::Put(document) => item.put(
                Put::builder()
                    .table_name(&self.table)
                    .set_item(Some(document.clone()))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .return_values_on_condition_check_failure(OnFailure::AllOld)
                    .build()?,
            ),
            Action::Patch(patch) => {
                let update = patch.update(operation, &mut expression);
                item.update(
                    Update::builder()
                        .table_name(&self.table)
                        .set_key(Some(write.key.document()))
                        .update_expression(update)
                        .set_condition_expression(condition)
                        .set_expression_attribute_names(expression.names())
                        .set_expression_attribute_values(expression.values())
                        .return_values_on_condition_check_failure(OnFailure::AllOld)
                        .build()?,
                )
            }
            Action::Delete => item.delete(
                Delete::builder()
                    .table_name(&self.table)
                    .set_key(Some(write.key.document()))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .build()?,
            ),
            Action::Check => item.condition_check(
                ConditionCheck::builder()
                    .table_name(&self.table)
                    .set_key(Some(write.key.document()))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .build()?,
            ),
        }
        .build())
    }
}

/// The result of a canceled transaction, from its reasons.
fn classify(writes: &[Write], reasons: &[CancellationReason]) -> Result<Committed, StoreError> {
    let mut refused = None;
    for (place, (write, reason)) in writes.iter().zip(reasons).enumerate() {
        match reason.code().unwrap_or("None") {
            "None" => {}
            "ConditionalCheckFailed" if write.expect.is_race() => return Ok(Committed::Contended),
            "ConditionalCheckFailed" => refused = refused.or(Some(place)),
            "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" => {
                return Ok(Committed::Contended);
            }
            code => {
                return Err(StoreError::Unavailable { operation: "TransactWriteItems", code: code.to_owned() });
            }
        }
    }
    Ok(refused.map_or(Committed::Contended, Committed::Refused))
}

fn has_operation(old: Option<&Document>, operation: &str) -> bool {
    old.and_then(|old| old.get("op")).and_then(|op| op.as_s().ok()).is_some_and(|op| op == operation)
}

/// The kinds of errors of a single write that the store distinguishes.
pub(super) enum Single<'a> {
    /// The condition failed. Contains the old item, if the table returned it.
    Conditional(Option<&'a Document>),
    /// A transaction was changing the item.
    Conflict,
    Other,
}

/// The common part of the error types of the three single writes.
pub(super) trait SingleError: ProvideErrorMetadata {
    fn as_conditional(&self) -> Single<'_>;
}

macro_rules! single_error {
    ($($error:ty),*) => { $(impl SingleError for $error {
        fn as_conditional(&self) -> Single<'_> {
            match self {
                Self::ConditionalCheckFailedException(failed) => Single::Conditional(failed.item()),
                Self::TransactionConflictException(_) => Single::Conflict,
                _ => Single::Other,
            }
        }
    })* };
}

single_error!(
    aws_sdk_dynamodb::operation::put_item::PutItemError,
    aws_sdk_dynamodb::operation::update_item::UpdateItemError,
    aws_sdk_dynamodb::operation::delete_item::DeleteItemError
);

fn outcome<O, E: SingleError, R>(
    name: &'static str,
    operation: &str,
    write: &Write,
    answer: Result<O, SdkError<E, R>>,
    kind: impl Fn(&E) -> Single<'_>,
) -> Result<Committed, StoreError> {
    let Err(error) = answer else { return Ok(Committed::Done) };
    match error.as_service_error().map(kind) {
        Some(Single::Conditional(old)) if has_operation(old, operation) => Ok(Committed::Done),
        Some(Single::Conditional(_)) if write.expect.is_race() => Ok(Committed::Contended),
        Some(Single::Conditional(_)) => Ok(Committed::Refused(0)),
        Some(Single::Conflict) => Ok(Committed::Contended),
        _ => Err(StoreError::sdk(name, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::random::SystemRandom;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_commit_with_more_writes_than_a_transaction_allows_is_refused_without_a_request() {
        let client = || panic!("a request to the table");
        let store = Store::with_lazy_client(client, "t".to_owned(), Arc::new(SystemClock), Arc::new(SystemRandom));
        let writes = (0..=Store::MOST_WRITES).map(|n| Write::discard(Key::new("A", n.to_string()))).collect();
        assert!(matches!(store.commit(writes).await, Err(StoreError::TooManyWrites(101))));
    }
}
