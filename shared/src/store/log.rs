//! Sliding logs and counters. Reservations are written before an operation decides, and are not part of its commit.

use super::commit::{Single, SingleError};
use super::expression::Expression;
use super::item::{Document, Item, Key, from_document, number};
use super::{Store, StoreError, round_trips};
use crate::clock::Timestamp;
use crate::random::random_bytes;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure as OnFailure};

/// A log within an item, with its capacity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name of the attribute.
    pub name: String,
    /// Most moments that the log holds.
    pub amount: u32,
    /// Microseconds for which a moment counts.
    pub micros: i64,
}

/// A reservation, which can be given back.
#[derive(Debug, Clone)]
pub struct LogUse {
    key: Key,
    stamp: i64,
}

/// The result of a reservation.
#[derive(Debug)]
pub enum Reserved {
    /// The moment was added to all logs.
    Taken(LogUse),
    /// The moment was added to no log, because at least one is full.
    Full {
        /// The position of the first full log.
        place: usize,
        /// Seconds until all full logs have room again; at least 1.
        seconds: u32,
    },
}

/// A stamp consists of a moment in microseconds and three random digits, so that two requests within one microsecond
/// count as two.
const PER_MICRO: i64 = 1000;

impl Store {
    /// Adds the current moment to the logs of an item, unless one of them is full.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn reserve(&self, key: &Key, entries: &[Entry]) -> Result<Reserved, StoreError> {
        let now = self.clock.now();
        let noise = i64::from(u16::from_le_bytes(random_bytes(&*self.random))) % PER_MICRO;
        let stamp = now.0 * PER_MICRO + noise;
        let longest = entries.iter().map(|entry| entry.micros).max().unwrap_or(0);
        // At least a day, because other logs of the item may have to be kept longer than these.
        let expires = number(now.seconds() + (longest / 1_000_000 + 1).max(86_400));
        let mut known: Option<Document> = None;
        for _ in 0..3 {
            let mut expression = Expression::default();
            let (mut sets, mut adds, mut conditions) = (Vec::new(), Vec::new(), Vec::new());
            for entry in entries {
                let name = expression.name(&entry.name);
                let old = known.as_ref().map(|item| stamps(item, &entry.name)).unwrap_or_default();
                let live = old.iter().copied().filter(|old| counts(*old, entry, now.0)).collect::<Vec<_>>();
                if live.len() < old.len() {
                    // Drop the moments that no longer count, if the log has not changed since it was read.
                    let fresh = live.into_iter().chain([stamp]).collect::<Vec<_>>();
                    sets.push(format!("{name} = {}", expression.value(set(&fresh))));
                    conditions.push(format!("{name} = {}", expression.value(set(&old))));
                } else {
                    adds.push(format!("{name} {}", expression.value(set(&[stamp]))));
                    let amount = expression.value(number(entry.amount));
                    let room = format!("attribute_not_exists({name}) OR size({name}) < {amount}");
                    // The log never has room, so this condition always fails.
                    let room = if entry.amount == 0 {
                        "attribute_exists(pk) AND attribute_not_exists(pk)".into()
                    } else {
                        room
                    };
                    conditions.push(format!("({room})"));
                }
            }
            sets.push(format!("{} = {}", expression.name("expires_at"), expression.value(expires.clone())));
            let adds = if adds.is_empty() { String::new() } else { format!(" ADD {}", adds.join(", ")) };
            let request = self.client.update_item().table_name(&self.table).set_key(Some(key.document()));
            let request = request
                .update_expression(format!("SET {}{adds}", sets.join(", ")))
                .condition_expression(conditions.join(" AND "))
                .set_expression_attribute_names(expression.names())
                .set_expression_attribute_values(expression.values())
                .return_values_on_condition_check_failure(OnFailure::AllOld);
            let answer = round_trips::count(request.send()).await;
            let taken = Reserved::Taken(LogUse { key: key.clone(), stamp });
            let Err(error) = answer else { return Ok(taken) };
            match error.as_service_error().map(SingleError::as_conditional) {
                Some(Single::Conditional(old)) => {
                    let old = old.cloned().unwrap_or_default();
                    let has_ours = |entry: &Entry| stamps(&old, &entry.name).contains(&stamp);
                    if entries.iter().any(has_ours) {
                        return Ok(taken); // an earlier attempt of this request wrote it
                    }
                    if let Some(place) = entries.iter().position(|entry| is_full(&old, entry, now.0)) {
                        let waits = entries.iter().map(|entry| seconds_until_free(&old, entry, now.0));
                        return Ok(Reserved::Full { place, seconds: waits.max().unwrap_or(1) });
                    }
                    known = Some(old);
                }
                Some(Single::Conflict) => {}
                _ => return Err(StoreError::sdk("UpdateItem", &error)),
            }
        }
        Ok(Reserved::Full { place: 0, seconds: 1 }) // with this number of concurrent requests, the log counts as full
    }

    /// Removes a reservation from the named logs. An error leaves the limit stricter and is only logged.
    pub async fn release(&self, reservation: &LogUse, names: &[&str]) {
        let mut expression = Expression::default();
        let deletions = names
            .iter()
            .map(|name| format!("{} {}", expression.name(name), expression.value(set(&[reservation.stamp]))))
            .collect::<Vec<_>>();
        let request = self.client.update_item().table_name(&self.table).set_key(Some(reservation.key.document()));
        let request = request
            .update_expression(format!("DELETE {}", deletions.join(", ")))
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values());
        let answer = round_trips::count(request.send()).await;
        if let Err(error) = answer {
            tracing::warn!(error = %StoreError::sdk("UpdateItem", &error), "reservation not given back");
        }
    }

    /// Returns the moment at which a full log has room again; `None` if it has room now.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn free_again(&self, key: &Key, entry: &Entry) -> Result<Option<Timestamp>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key.document()));
        let answer = round_trips::count(request.consistent_read(true).send()).await;
        let item = answer.map_err(|e| StoreError::sdk("GetItem", &e))?.item.unwrap_or_default();
        Ok(free_at(&item, entry, self.clock.now().0).map(Timestamp))
    }

    /// Empties these logs of an item.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn clear_logs(&self, key: &Key, names: &[String]) -> Result<(), StoreError> {
        let mut expression = Expression::default();
        let names = names.iter().map(|name| expression.name(name)).collect::<Vec<_>>();
        let request = self.client.update_item().table_name(&self.table).set_key(Some(key.document()));
        let request = request.update_expression(format!("REMOVE {}", names.join(", ")));
        let answer = round_trips::count(request.set_expression_attribute_names(expression.names()).send()).await;
        answer.map(|_| ()).map_err(|e| StoreError::sdk("UpdateItem", &e))
    }

    /// Increments `attempts` in the map at `path` of an item, if the map has this `id` and fewer than `limit` attempts.
    /// Returns the changed item, or `None` if the attempt is not allowed.
    ///
    /// # Errors
    /// The table is unavailable, or other requests kept changing the item.
    pub async fn count_up<I: Item>(
        &self,
        key: &Key,
        path: &[&str],
        id: &str,
        limit: u32,
    ) -> Result<Option<I>, StoreError> {
        let operation = self.operation_id();
        let mut attempts = self.attempts();
        loop {
            attempts.next().await?;
            let mut expression = Expression::default();
            let counter = expression.path(&[path, &["attempts"]].concat());
            let own = expression.path(&[path, &["id"]].concat());
            let (op, version) = (expression.name("op"), expression.name("version"));
            let one = expression.value(number(1));
            let limit = expression.value(number(limit));
            let id = expression.value(AttributeValue::S(id.to_owned()));
            let ours = expression.value(AttributeValue::S(operation.clone()));
            let request = self.client.update_item().table_name(&self.table).set_key(Some(key.document()));
            let request = request
                .update_expression(format!("SET {counter} = {counter} + {one}, {op} = {ours} ADD {version} {one}"))
                .condition_expression(format!("{own} = {id} AND {counter} < {limit} AND {op} <> {ours}"))
                .set_expression_attribute_names(expression.names())
                .set_expression_attribute_values(expression.values())
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(OnFailure::AllOld);
            let answer = round_trips::count(request.send()).await;
            let error = match answer {
                Ok(output) => return output.attributes.map(from_document).transpose(),
                Err(error) => error,
            };
            match error.as_service_error().map(SingleError::as_conditional) {
                Some(Single::Conditional(old)) => {
                    let bears = |old: &&Document| old.get("op").and_then(|op| op.as_s().ok()) == Some(&operation);
                    // Either an earlier attempt of this request has changed the item, or the attempt is not allowed.
                    return old.filter(bears).cloned().map(from_document).transpose();
                }
                Some(Single::Conflict) => {}
                _ => return Err(StoreError::sdk("UpdateItem", &error)),
            }
        }
    }
}

fn set(stamps: &[i64]) -> AttributeValue {
    AttributeValue::Ns(stamps.iter().map(i64::to_string).collect())
}

fn stamps(item: &Document, name: &str) -> Vec<i64> {
    let numbers = item.get(name).and_then(|value| value.as_ns().ok());
    numbers.map(|numbers| numbers.iter().filter_map(|n| n.parse().ok()).collect()).unwrap_or_default()
}

fn counts(stamp: i64, entry: &Entry, now: i64) -> bool {
    stamp / PER_MICRO > now - entry.micros
}

/// The moment at which a full log has room again: when enough of its oldest stamps have expired.
fn free_at(item: &Document, entry: &Entry, now: i64) -> Option<i64> {
    let mut live = stamps(item, &entry.name);
    live.retain(|stamp| counts(*stamp, entry, now));
    live.sort_unstable();
    let place = live.len().checked_sub(entry.amount as usize);
    let stamp = place.and_then(|place| live.get(place));
    stamp.map(|stamp| stamp / PER_MICRO + entry.micros)
}

/// Whole seconds until the log has room again; at least 1. A log that never has room counts as if it had room after its
/// period.
fn seconds_until_free(item: &Document, entry: &Entry, now: i64) -> u32 {
    let micros = match free_at(item, entry, now) {
        Some(moment) => moment - now,
        None if entry.amount == 0 => entry.micros,
        None => 0,
    };
    u32::try_from((micros.max(1) - 1) / 1_000_000 + 1).unwrap_or(u32::MAX)
}

fn is_full(item: &Document, entry: &Entry, now: i64) -> bool {
    let live = stamps(item, &entry.name).into_iter().filter(|stamp| counts(*stamp, entry, now)).count();
    live >= entry.amount as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_returns_the_seconds_until_it_has_room_again() {
        const SECOND: i64 = 1_000_000;
        let entry = |amount: u32| Entry { name: "log".to_owned(), amount, micros: 60 * SECOND };
        let item = Document::from([("log".to_owned(), set(&[10 * SECOND * PER_MICRO, 25 * SECOND * PER_MICRO + 7]))]);
        let wait = |amount: u32, now: i64| seconds_until_free(&item, &entry(amount), now);
        assert_eq!((wait(2, 30 * SECOND), wait(2, 30 * SECOND + 1), wait(2, 29 * SECOND + 1)), (40, 40, 41));
        assert_eq!(wait(1, 30 * SECOND), 55, "both have to expire");
        assert_eq!((wait(2, 70 * SECOND - 1), wait(3, 30 * SECOND)), (1, 1));
        assert_eq!(wait(0, 30 * SECOND), 60);
    }
}
