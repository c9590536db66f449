//! Trying again where others were faster, a few times, with jitter.

use super::{Committed, Store, StoreError, Write};
use crate::ambient::{Chance, random};
use std::time::Duration;

/// What one attempt at an operation has decided.
#[derive(Debug)]
pub enum Decision<S, T> {
    /// To write this. The value is the operation's result once it is written; with the state it is decided again where
    /// others were faster.
    Write(Vec<Write>, T, S),
    /// That there is nothing to write, or that it is written already.
    Settled(T),
}

/// Why an operation is decided again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// One of the writes, by its place in the list, found what it did not expect.
    Refused(usize),
    /// Others were at the same items.
    Contended,
}

impl Store {
    /// Runs an operation until what it decides is written: decides, commits, and decides again where others were faster,
    /// a few times, with pauses of random length between.
    ///
    /// `decide` gets the state that it decides on, and why it is asked again, so that it reads that state anew; the first
    /// time it is given no reason. State and futures are handed over rather than borrowed, so that the whole is `Send`.
    ///
    /// # Errors
    /// What `decide` refuses; [`StoreError::Busy`] when there were enough attempts; the table is unavailable.
    pub async fn run<S, T, E, F>(&self, mut state: S, mut decide: impl FnMut(S, Option<Again>) -> F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: Future<Output = Result<Decision<S, T>, E>>,
    {
        let mut attempts = self.attempts();
        let mut again = None;
        loop {
            attempts.next().await?;
            let (writes, value, kept) = match decide(state, again).await? {
                Decision::Write(writes, value, kept) => (writes, value, kept),
                Decision::Settled(value) => return Ok(value),
            };
            state = kept;
            again = Some(match self.commit(writes).await? {
                Committed::Done => return Ok(value),
                Committed::Refused(place) => Again::Refused(place),
                Committed::Contended => Again::Contended,
            });
        }
    }
}

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
