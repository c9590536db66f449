//! Delivers what the outbox holds. The table's stream wakes it; a schedule sweeps up what the stream missed.
//!
//! A message is leased by a conditional write before it is sent, and deleted after. What fails stays due and is
//! tried again later; what would only confuse by now is dropped and counted. After a crash a message can be sent
//! twice.

mod aws;
mod deliver;
mod stream;

pub use aws::Aws;
pub use deliver::{Delivery, Mailer, SendError, Sent, Transport};
pub use stream::{handle_stream, message_ids};
