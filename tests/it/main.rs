//! Stories about the service, told over HTTP.

#![allow(clippy::disallowed_methods)] // waits by the clock of the machine

mod cloud;
mod docs;
mod fixtures;
mod lab;
mod latchkey;
mod other_version;
mod story;
