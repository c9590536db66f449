//! The tasks that run in the background: the mailer on the table's stream, its sweep, and the table's TTL.

use crate::delivery::DeliveryTracker;
use crate::{Error, Table};
use embedded::{Embedded, Start, Stream};
use mailer::{Mailer, handle_stream};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// The interval of the sweep if the stream delivers most messages.
const SWEEP: Duration = Duration::from_secs(30);
/// The interval of the sweep if there is no stream.
const POLL: Duration = Duration::from_millis(200);
/// The interval at which expired items are deleted.
const EXPIRE: Duration = Duration::from_secs(20);
/// The interval at which read stream records are deleted. Records without messages are also read at this interval.
const TIDY: Duration = Duration::from_secs(1);

pub(crate) fn start(table: &Table, name: &str, mailer: Mailer, deliveries: Arc<DeliveryTracker>) -> Result<(), Error> {
    let mailer = Arc::new(mailer);
    match table {
        Table::Embedded(embedded) => {
            let stream = embedded.stream(name, Start::TrimHorizon)?;
            tokio::spawn(follow(deliveries, stream, mailer.clone()));
            tokio::spawn(sweep(mailer, SWEEP));
            tokio::spawn(expire(embedded.clone()));
        }
        Table::Elsewhere(_) => {
            tokio::spawn(poll(deliveries, mailer));
        }
    }
    Ok(())
}

/// Passes the stream's records to the mailer as Lambda would, and deletes the records that were read.
async fn follow(deliveries: Arc<DeliveryTracker>, mut stream: Stream, mailer: Arc<Mailer>) {
    let mut tidy = interval(TIDY);
    tidy.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let written = deliveries.written();
        match stream.next_records() {
            Ok(records) => drop(handle_stream(&mailer, &records, None).await), // failed messages stay due
            Err(error) => tracing::error!(%error, "the stream cannot be read"),
        }
        deliveries.has_delivered(written);
        tokio::select! {
            () = deliveries.filled() => {}
            _ = tidy.tick() => if let Err(error) = stream.trim() {
                tracing::warn!(%error, "old stream records were not deleted");
            }
        }
    }
}

/// Delivers messages by the due index, because a table elsewhere has no stream to read.
async fn poll(deliveries: Arc<DeliveryTracker>, mailer: Arc<Mailer>) {
    let mut ticks = interval(POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let written = deliveries.written();
        if let Err(error) = mailer.sweep(None).await {
            tracing::error!(%error, "sweep of the outbox failed");
        }
        deliveries.has_delivered(written);
        tokio::select! {
            () = deliveries.filled() => {}
            _ = ticks.tick() => {}
        }
    }
}

async fn sweep(mailer: Arc<Mailer>, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = mailer.sweep(None).await {
            tracing::error!(%error, "sweep of the outbox failed");
        }
    }
}

async fn expire(embedded: Embedded) {
    let mut ticks = interval(EXPIRE);
    loop {
        ticks.tick().await;
        if let Err(error) = embedded.sweep_expired() {
            tracing::error!(%error, "expired items were not deleted");
        }
    }
}
