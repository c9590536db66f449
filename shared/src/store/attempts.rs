//! Repeating operations if other requests were faster: a limited number of attempts, with random pauses.

use super::{Committed, Store, StoreError, Write};
use crate::random::{RandomSource, random_bytes};
use std::time::Duration;

/// The decision of one attempt at an operation.
#[derive(Debug)]
pub enum Decision<S, T> {
    /// Write this. The value is the result of the operation if the commit succeeds. If another request was faster, the
    /// state is passed to the next attempt.
    Write(Vec<Write>, T, S),
    /// Nothing has to be written, or it is already written.
    Settled(T),
    /// The attempt has found that another request was faster. The state is passed to the next attempt.
    Again(S),
}

/// Why an operation has to decide again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// The write at this position in the list did not find the state that it expects.
    Refused(usize),
    /// Another request has changed the same items.
    Contended,
}

impl Store {
    /// Runs an operation until its decision is written. Decides and commits, and repeats both if another request was
    /// faster: a limited number of times, with pauses of random length.
    ///
    /// `decide` gets the state, and the reason of the repetition: `None` for the first attempt. With a reason, it has
    /// to read its data again. State and futures are passed by value instead of borrowed, so that the whole future is
    /// `Send`.
    ///
    /// # Errors
    /// The refusal of `decide`; [`StoreError::Busy`] after the last attempt; the table is unavailable.
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

    /// The attempts at an operation that other requests may disturb.
    pub(super) fn attempts(&self) -> Attempts<'_> {
        Attempts { random: &*self.random, made: 0 }
    }
}

/// The attempts at one operation.
pub(super) struct Attempts<'a> {
    random: &'a dyn RandomSource,
    made: u32,
}

impl Attempts<'_> {
    const LIMIT: u32 = 12;
    const FIRST_PAUSE: Duration = Duration::from_millis(4);
    const LONGEST_PAUSE: Duration = Duration::from_millis(250);

    /// Waits until the next attempt is allowed: not at all before the first one, later for a growing pause of random
    /// length.
    ///
    /// # Errors
    /// [`StoreError::Busy`] after the last attempt.
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

    /// Makes every pause as short as possible.
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
    async fn only_repeated_decisions_get_a_reason() {
        let decide = |seen: Vec<Option<Again>>, again: Option<Again>| async move {
            let seen = [seen, vec![again]].concat();
            Ok::<_, StoreError>(if seen.len() < 3 { Decision::Again(seen) } else { Decision::Settled(seen) })
        };
        let seen = store().run(Vec::new(), decide).await.unwrap();
        assert_eq!(seen, [None, Some(Again::Contended), Some(Again::Contended)]);
    }

    #[tokio::test]
    async fn an_operation_that_always_loses_the_race_ends_with_busy() {
        let decide = |made: u32, _| async move {
            assert!(made < Attempts::LIMIT, "one attempt too many");
            Ok::<Decision<u32, ()>, StoreError>(Decision::Again(made + 1))
        };
        assert!(matches!(store().run(0, decide).await, Err(StoreError::Busy)));
    }

    #[tokio::test]
    async fn a_successful_write_ends_the_operation() {
        let decide = |(), _| async { Ok::<_, StoreError>(Decision::Write(Vec::new(), "done", ())) };
        assert_eq!(store().run((), decide).await.unwrap(), "done");
    }
}
