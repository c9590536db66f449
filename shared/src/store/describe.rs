//! The structure and protection of the table, for the report on a service.

use super::schema::TTL_ATTRIBUTE;
use super::{Store, StoreError};
use crate::clock::Timestamp;
use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::{
    IndexStatus, KeySchemaElement, KeyType, PointInTimeRecoveryStatus, TableDescription, TimeToLiveStatus,
};
use aws_smithy_types::date_time::{DateTime, Format};
use std::sync::{Arc, Mutex, PoisonError};

/// The parts of the table's description that the service depends on.
#[derive(Debug, Clone)]
pub struct Description {
    /// The key's attributes: partition, then sort key.
    pub key: Vec<String>,
    /// The indexes.
    pub indexes: Vec<Index>,
    /// The view type of the stream. `None` if there is no stream.
    pub stream: Option<String>,
    /// The attribute by which items expire, `None` if they do not, or the error of the request.
    pub ttl: Result<Option<String>, String>,
    /// Whether point-in-time recovery is on, or the error of the request.
    pub has_backups: Result<bool, String>,
    /// Whether the table is protected from deletion.
    pub is_protected: bool,
    /// The time at which DynamoDB answered. `None` if the answer has no `Date` header.
    pub answered_at: Option<Timestamp>,
}

/// An index of the table.
#[derive(Debug, Clone)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its keys: partition, then sort key.
    pub key: Vec<String>,
    /// Whether it is complete.
    pub is_active: bool,
}

impl Store {
    /// Describes the table.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn describe(&self) -> Result<Description, StoreError> {
        let date = DateHeader::default();
        let request = self.client.describe_table().table_name(&self.table).customize().interceptor(date.clone());
        let answer = request.send().await.map_err(|e| StoreError::sdk("DescribeTable", &e))?;
        let table = answer.table.unwrap_or_else(|| TableDescription::builder().build());
        let indexes = table.global_secondary_indexes().iter().map(|index| Index {
            name: index.index_name().unwrap_or_default().to_owned(),
            key: names(index.key_schema()),
            is_active: index.index_status() == Some(&IndexStatus::Active),
        });
        let stream = table.stream_specification().filter(|stream| stream.stream_enabled());
        let (ttl, has_backups) = tokio::join!(self.ttl(), self.has_backups());
        Ok(Description {
            key: names(table.key_schema()),
            indexes: indexes.collect(),
            stream: stream.and_then(|it| it.stream_view_type()).map(|view| view.as_str().to_owned()),
            ttl: ttl.map_err(|error| error.to_string()),
            has_backups: has_backups.map_err(|error| error.to_string()),
            is_protected: table.deletion_protection_enabled().unwrap_or_default(),
            answered_at: date.moment(),
        })
    }

    /// Returns the attribute by which items expire.
    async fn ttl(&self) -> Result<Option<String>, StoreError> {
        let answer = self.client.describe_time_to_live().table_name(&self.table).send().await;
        let answer = answer.map_err(|e| StoreError::sdk("DescribeTimeToLive", &e))?;
        let is_on =
            |status: &TimeToLiveStatus| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling);
        let on = answer.time_to_live_description.filter(|ttl| ttl.time_to_live_status().is_some_and(is_on));
        Ok(on.map(|ttl| ttl.attribute_name.unwrap_or_else(|| TTL_ATTRIBUTE.to_owned())))
    }

    /// Returns whether point-in-time recovery is on.
    async fn has_backups(&self) -> Result<bool, StoreError> {
        let answer = self.client.describe_continuous_backups().table_name(&self.table).send().await;
        let answer = answer.map_err(|e| StoreError::sdk("DescribeContinuousBackups", &e))?;
        let recovery = answer.continuous_backups_description.and_then(|it| it.point_in_time_recovery_description);
        let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status);
        Ok(status == Some(PointInTimeRecoveryStatus::Enabled))
    }
}

/// Returns the attributes of a key: partition, then sort key.
fn names(schema: &[KeySchemaElement]) -> Vec<String> {
    let of = |kind: KeyType| schema.iter().filter(move |key| *key.key_type() == kind);
    of(KeyType::Hash).chain(of(KeyType::Range)).map(|key| key.attribute_name().to_owned()).collect()
}

/// Keeps the `Date` header of an answer.
#[derive(Debug, Clone, Default)]
struct DateHeader(Arc<Mutex<Option<String>>>);

impl DateHeader {
    fn moment(&self) -> Option<Timestamp> {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        Some(Timestamp::from_seconds(DateTime::from_str(&text, Format::HttpDate).ok()?.secs()))
    }
}

impl Intercept for DateHeader {
    fn name(&self) -> &'static str {
        "DateHeader"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").map(str::to_owned);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}
