//! Stories about the service, told over HTTP.

mod cloud;
mod lab;
mod story;
