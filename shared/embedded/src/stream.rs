//! A table's stream, in the format in which Lambda delivers it.

use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::describe_table::DescribeTableRequest;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use serde_json::Value;
use std::time::Duration;

use crate::{Embedded, Error};

/// The position in a stream at which to start reading.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// The oldest record.
    TrimHorizon,
    /// The first record that is written from now on.
    Latest,
    /// The record after the one with this sequence number.
    After(String),
}

/// A reader of a table's stream.
///
/// A clone is a bookmark. Keep one before handling a batch, and return to it if the batch fails.
#[derive(Clone, Debug)]
pub struct Stream {
    embedded: Embedded,
    arn: String,
    shard: String,
    /// Never `Latest`.
    position: Start,
    /// The position up to which the records are deleted.
    trimmed: Option<String>,
}

impl Stream {
    pub(crate) fn new(embedded: Embedded, table: &str, from: Start) -> Result<Self, Error> {
        let database = embedded.database();
        let request = DescribeTableRequest { table_name: table.to_owned() };
        let described = database.describe_table(request).map_err(Error::database)?.table;
        let arn = described.latest_stream_arn.ok_or_else(|| Error::NoStream(table.to_owned()))?;
        let request = DescribeStreamRequest { stream_arn: arn.clone(), ..Default::default() };
        let shards = database.describe_stream(request).map_err(Error::database)?.stream_description.shards;
        // Dynoxide keeps one shard for a table, for ever.
        let shard = shards.into_iter().next().ok_or_else(|| Error::NoStream(table.to_owned()))?;
        // "From now on" is resolved here and not at the first read, which can be much later.
        let position = match from {
            Start::Latest => {
                shard.sequence_number_range.ending_sequence_number.map_or(Start::TrimHorizon, Start::After)
            }
            from => from,
        };
        Ok(Self { arn, shard: shard.shard_id, position, trimmed: None, embedded })
    }

    /// Returns all records since the last call. Each is an element of `Records` in the event that Lambda passes to a
    /// function.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn next_records(&mut self) -> Result<Vec<Value>, Error> {
        let mut records = Vec::new();
        // Each call creates an iterator. Unlike a position, an iterator expires if it is not used.
        let mut iterator = Some(self.iterator()?);
        while let Some(shard_iterator) = iterator {
            let request = GetRecordsRequest { shard_iterator, limit: None };
            let page = self.embedded.database().get_records(request).map_err(Error::database)?;
            let Some(last) = page.records.last() else {
                break;
            };
            self.position = Start::After(last.dynamodb.sequence_number.clone());
            for record in &page.records {
                let mut record = serde_json::to_value(record).map_err(Error::database)?;
                // The one field that the stream's own API leaves out and Lambda adds.
                record["eventSourceARN"] = Value::from(self.arn.as_str());
                records.push(record);
            }
            iterator = page.next_shard_iterator;
        }
        Ok(records)
    }

    /// Returns where the next read starts, never [`Start::Latest`]. A reader that is started again continues there.
    pub fn position(&self) -> &Start {
        &self.position
    }

    /// Deletes the records before the last one that was read. DynamoDB does so after a day. Here every write takes longer
    /// the more records there are. Does nothing for a database in memory.
    ///
    /// # Errors
    /// [`Error::Trim`].
    pub fn trim(&mut self) -> Result<(), Error> {
        let (Start::After(last), Some(file)) = (&self.position, self.embedded.file()) else {
            return Ok(());
        };
        if self.trimmed.as_ref() == Some(last) {
            return Ok(());
        }
        self.trimmed = Some(last.clone());
        // The stored sequence number lacks this offset, which dynoxide adds to the numbers that it returns.
        const ON_TOP: u128 = 100_000_000_000_000_000_000;
        let stored = last.parse::<u128>().ok().and_then(|number| number.checked_sub(ON_TOP));
        let Some(stored) = stored.and_then(|number| i64::try_from(number).ok()) else { return Ok(()) };
        let connection = rusqlite::Connection::open(file).map_err(Error::trim)?;
        connection.busy_timeout(Duration::from_secs(5)).map_err(Error::trim)?;
        let forget = "DELETE FROM _stream_records WHERE CAST(sequence_number AS INTEGER) < ?1";
        connection.execute(forget, [stored]).map_err(Error::trim)?;
        Ok(())
    }

    fn iterator(&self) -> Result<String, Error> {
        let (kind, sequence_number) = match &self.position {
            Start::After(number) => ("AFTER_SEQUENCE_NUMBER", Some(number.clone())),
            _ => ("TRIM_HORIZON", None),
        };
        let request = GetShardIteratorRequest {
            stream_arn: self.arn.clone(),
            shard_id: self.shard.clone(),
            shard_iterator_type: kind.to_owned(),
            sequence_number,
        };
        let answer = self.embedded.database().get_shard_iterator(request).map_err(Error::database)?;
        answer.shard_iterator.ok_or_else(|| Error::database("the stream gave no iterator"))
    }
}
