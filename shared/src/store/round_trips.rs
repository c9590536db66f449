//! Counting the requests to the table that one request of a client causes, for its log line.

use std::cell::Cell;
use std::future::Future;

/// The number of requests to the table, and of sequential round trips.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RoundTrips {
    /// Groups of concurrent requests. The groups follow each other.
    pub round_trips: u32,
    /// All requests.
    pub requests: u32,
    in_flight: u32,
}

tokio::task_local! {
    static COUNT: Cell<RoundTrips>;
}

/// Runs a future and counts its requests to the table.
pub async fn counted<T>(work: impl Future<Output = T>) -> (T, RoundTrips) {
    let count = Cell::new(RoundTrips::default());
    COUNT
        .scope(count, async {
            let value = work.await;
            (value, COUNT.with(Cell::get))
        })
        .await
}

/// Counts one request to the table.
pub(super) fn count<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    // While it waits, the SDK's future takes some kilobytes. The box keeps them out of every future up to the
    // handler's. An async function would also store its argument, so this is not an async function.
    let work = Box::pin(work);
    async move {
        // Outside of `counted`, there is nothing to count.
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
