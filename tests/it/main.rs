//! Tests of the service over HTTP.

#![allow(clippy::disallowed_methods)] // some tests wait, and measure time with the system clock

mod cloud;
mod docs;
mod fixtures;
mod lab;
mod latchkey;
mod other_version;
mod story;
