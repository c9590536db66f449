//! A clock that tests control.

use shared::clock::{Clock, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

/// A clock that runs ahead of another clock, or is frozen.
pub(super) struct LabClock {
    source: Arc<dyn Clock>,
    state: Mutex<State>,
}

enum State {
    /// The clock is this number of microseconds ahead of the source.
    Running { ahead: i64 },
    /// Each reading advances the clock by a microsecond, so that no two times are equal.
    Frozen { at: Timestamp },
}

impl LabClock {
    pub(super) fn new(source: Arc<dyn Clock>) -> Self {
        Self { source, state: Mutex::new(State::Running { ahead: 0 }) }
    }

    pub(super) fn advance(&self, seconds: u32) {
        let by = i64::from(seconds) * 1_000_000;
        self.change(|state| match state {
            State::Running { ahead } => *ahead += by,
            State::Frozen { at } => at.0 += by,
        });
    }

    /// Stops the clock, or lets it continue from its current time.
    pub(super) fn set_frozen(&self, frozen: bool) {
        let at = self.now();
        let ahead = at.0 - self.source.now().0;
        self.change(|state| *state = if frozen { State::Frozen { at } } else { State::Running { ahead } });
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.change(|state| matches!(state, State::Frozen { .. }))
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        // No change can panic, so the state of a poisoned lock is valid.
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Clock for LabClock {
    fn now(&self) -> Timestamp {
        let real = self.source.now();
        self.change(|state| match state {
            State::Running { ahead } => Timestamp(real.0 + *ahead),
            State::Frozen { at } => {
                at.0 += 1;
                *at
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// A source whose time the test sets.
    struct Source(AtomicI64);

    impl Clock for Source {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::Relaxed))
        }
    }

    fn clock() -> (Arc<Source>, LabClock) {
        let source = Arc::new(Source(AtomicI64::new(1_000_000_000)));
        (source.clone(), LabClock::new(source))
    }

    #[test]
    fn a_running_clock_follows_its_source_and_can_be_advanced() {
        let (source, clock) = clock();
        clock.advance(60);
        assert_eq!(clock.now().seconds(), 1060);
        source.0.fetch_add(5_000_000, Ordering::Relaxed);
        assert_eq!(clock.now().seconds(), 1065);
    }

    #[test]
    fn a_frozen_clock_moves_only_when_it_is_advanced_and_then_continues() {
        let (source, clock) = clock();
        clock.set_frozen(true);
        source.0.fetch_add(5_000_000, Ordering::Relaxed);
        assert!(clock.is_frozen());
        assert_eq!(clock.now().seconds(), 1000);
        assert!(clock.now() < clock.now(), "the clock never returns the same time twice");
        clock.advance(60);
        clock.set_frozen(false);
        source.0.fetch_add(1_000_000, Ordering::Relaxed);
        assert_eq!((clock.is_frozen(), clock.now().seconds()), (false, 1061));
    }
}
