//! Signed tokens: renewing them.

pub mod refresh;
