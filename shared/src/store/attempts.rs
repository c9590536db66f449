//! Trying again where others were faster, a few times, with jitter.

use super::StoreError;
use crate::ambient::{Chance, random};
use std::time::Duration;

/// Attempts at one operation.
pub struct Attempts<'a> {
    chance: &'a dyn Chance,
    made: u32,
}

impl<'a> Attempts<'a> {
    const LIMIT: u32 = 12;
    const FIRST_PAUSE: Duration = Duration::from_millis(4);
    const LONGEST_PAUSE: Duration = Duration::from_millis(250);

    pub(super) fn new(chance: &'a dyn Chance) -> Self {
        Self { chance, made: 0 }
    }

    /// The first time at once; later after a pause of random length that grows.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when there were enough.
    pub async fn next(&mut self) -> Result<(), StoreError> {
        if self.made >= Self::LIMIT {
            return Err(StoreError::Busy);
        }
        if self.made > 0 {
            let longest = (Self::FIRST_PAUSE * 2u32.saturating_pow(self.made)).min(Self::LONGEST_PAUSE);
            let share = f64::from(u16::from_le_bytes(random(self.chance))) / 65_536.0;
            tokio::time::sleep(longest.mul_f64(share)).await;
        }
        self.made += 1;
        Ok(())
    }
}
