//! Renewing signed tokens.

pub mod refresh;
