//! Delivers the messages in the outbox. The table's stream triggers it. A schedule delivers what the stream missed.
//!
//! A message is leased with a conditional write before it is sent, and deleted afterwards. If delivery fails, the
//! message stays due and is retried later. Messages that are too late to be useful are dropped and counted. After a
//! crash, a message can be sent twice.

mod aws;
mod deliver;
mod stream;

pub use aws::Aws;
pub use deliver::{Delivery, Mailer, SendError, Sent, Transport};
pub use stream::{handle_stream, message_ids};
