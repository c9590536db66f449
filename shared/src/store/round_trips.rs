//! How often one request goes to the table: counted for its log line.

use std::cell::Cell;
use std::future::Future;

/// Requests to the table, and the sequential trips that they make.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RoundTrips {
    /// Groups of requests that follow each other.
    pub round_trips: u32,
    /// Requests in all.
    pub requests: u32,
    in_flight: u32,
}

tokio::task_local! {
    static COUNT: Cell<RoundTrips>;
}

/// Runs something and counts what it asks of the table.
pub async fn counted<T>(work: impl Future<Output = T>) -> (T, RoundTrips) {
    let count = Cell::new(RoundTrips::default());
    COUNT
        .scope(count, async {
            let value = work.await;
            (value, COUNT.with(Cell::get))
        })
        .await
}

/// One request to the table.
pub(super) fn count<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    // What the SDK keeps while it waits is some kilobytes: of its own, and not in every future up to the handler's.
    // An async function would hold its argument too, so this is not one.
    let work = Box::pin(work);
    async move {
        // Outside of a counted request nobody asks.
        let change = |change: fn(RoundTrips) -> RoundTrips| {
            let _ = COUNT.try_with(|count| count.set(change(count.get())));
        };
        change(|count| RoundTrips {
            round_trips: count.round_trips + u32::from(count.in_flight == 0),
            requests: count.requests + 1,
            in_flight: count.in_flight + 1,
        });
        let value = work.await;
        change(|count| RoundTrips { in_flight: count.in_flight.saturating_sub(1), ..count });
        value
    }
}
