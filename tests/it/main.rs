//! Stories about the service, told over HTTP.

mod lab;
mod story;
