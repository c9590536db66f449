//! Trying again where others were faster, a few times, with jitter.

use super::{Committed, Store, StoreError, Write};
use crate::random::{RandomSource, random_bytes};
use std::time::Duration;

/// What one attempt at an operation has decided.
#[derive(Debug)]
pub enum Decision<S, T> {
    /// To write this. The value is the operation's result once it is written; with the state it is decided again where
    /// others were faster.
    Write(Vec<Write>, T, S),
    /// That there is nothing to write, or that it is written already.
    Settled(T),
    /// That somebody was faster, which this attempt has found out before it came to writing.
    Again(S),
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
            let reason;
            (state, reason) = match decide(state, again).await? {
                Decision::Settled(value) => return Ok(value),
                Decision::Again(kept) => (kept, Again::Contended),
                Decision::Write(writes, value, kept) => match self.commit(writes).await? {
                    Committed::Done => return Ok(value),
                    Committed::Refused(place) => (kept, Again::Refused(place)),
                    Committed::Contended => (kept, Again::Contended),
                },
            };
            again = Some(reason);
        }
    }

    /// Attempts at an operation that others may disturb.
    pub(super) fn attempts(&self) -> Attempts<'_> {
        Attempts { random: &*self.random, made: 0 }
    }
}

/// Attempts at one operation.
pub(super) struct Attempts<'a> {
    random: &'a dyn RandomSource,
    made: u32,
}

impl Attempts<'_> {
    const LIMIT: u32 = 12;
    const FIRST_PAUSE: Duration = Duration::from_millis(4);
    const LONGEST_PAUSE: Duration = Duration::from_millis(250);

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
            let share = f64::from(u16::from_le_bytes(random_bytes(self.random))) / 65_536.0;
            tokio::time::sleep(longest.mul_f64(share)).await;
        }
        self.made += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use std::sync::Arc;

    /// Makes every pause the shortest.
    struct Zero;

    impl RandomSource for Zero {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(0);
        }
    }

    fn store() -> Store {
        Store::with_lazy_client(|| unreachable!(), String::new(), Arc::new(SystemClock), Arc::new(Zero))
    }

    #[tokio::test]
    async fn the_first_decision_is_given_no_reason_and_later_ones_are() {
        let decide = |seen: Vec<Option<Again>>, again: Option<Again>| async move {
            let seen = [seen, vec![again]].concat();
            Ok::<_, StoreError>(if seen.len() < 3 { Decision::Again(seen) } else { Decision::Settled(seen) })
        };
        let seen = store().run(Vec::new(), decide).await.unwrap();
        assert_eq!(seen, [None, Some(Again::Contended), Some(Again::Contended)]);
    }

    #[tokio::test]
    async fn an_operation_for_which_others_are_always_faster_ends_busy() {
        let decide = |made: u32, _| async move {
            assert!(made < Attempts::LIMIT, "one attempt too many");
            Ok::<Decision<u32, ()>, StoreError>(Decision::Again(made + 1))
        };
        assert!(matches!(store().run(0, decide).await, Err(StoreError::Busy)));
    }

    #[tokio::test]
    async fn what_is_written_ends_the_operation() {
        let decide = |(), _| async { Ok::<_, StoreError>(Decision::Write(Vec::new(), "done", ())) };
        assert_eq!(store().run((), decide).await.unwrap(), "done");
    }
}
