//! The plan that chooses faults, and its random numbers.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// The faults to inject and their frequency. The default injects none.
///
/// The same plan injects the same faults for the same sequence of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// The seed of the random numbers.
    pub seed: u64,
    /// The delay of every request before it is performed, written in milliseconds as `latency_ms`. Even with zero,
    /// concurrent requests start together, without a delay.
    #[serde(rename = "latency_ms", deserialize_with = "milliseconds")]
    pub latency: Duration,
    /// A conflict with another transaction. A transaction is cancelled with the reason `TransactionConflict`. A write
    /// of one item fails with `TransactionConflictException`.
    pub conflict: Probability,
    /// Throttling: `ProvisionedThroughputExceededException`. In half of the cases, a `TransactWriteItems` is instead
    /// cancelled with the reason `ThrottlingError`.
    pub throttle: Probability,
    /// A `BatchGetItem` is answered for only some of the keys, or for none.
    pub unprocessed: Probability,
    /// The request is performed but its answer is lost. The SDK sees a timeout.
    pub timeout_after_commit: Probability,
    /// The process aborts when this number of requests has been performed, before the last one is answered.
    pub die_after: Option<u64>,
}

/// The frequency of a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Probability {
    /// The probability in percent, 0 to 100.
    #[serde(deserialize_with = "percent")]
    pub percent: u8,
    /// The maximum number of times in total. `None` means no limit.
    pub budget: Option<u64>,
}

impl Probability {
    /// Always.
    pub const ALWAYS: Self = Self { percent: 100, budget: None };

    /// The first `n` times.
    pub const fn times(n: u64) -> Self {
        Self { percent: 100, budget: Some(n) }
    }

    /// With this probability in percent.
    pub const fn percent(percent: u8) -> Self {
        Self { percent, budget: None }
    }

    fn hits(&mut self, random: &mut Random) -> bool {
        if self.budget == Some(0) || random.below(100) >= u64::from(self.percent) {
            return false;
        }
        self.budget = self.budget.map(|left| left - 1);
        true
    }
}

/// A fault for a request, with the random numbers that it needs.
#[derive(Debug)]
pub(super) enum Fault {
    Conflict { which: u64 },
    Throttle { in_reasons: bool },
    Unprocessed { random: Random },
    TimeoutAfterCommit,
}

impl Plan {
    /// Chooses the fault of a request, if any, and reduces the budget.
    pub(super) fn draw(&mut self, operation: &str, random: &mut Random) -> Option<Fault> {
        let conflicts =
            matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" | "TransactGetItems");
        if self.throttle.hits(random) {
            let in_reasons = operation == "TransactWriteItems" && random.below(2) == 0;
            Some(Fault::Throttle { in_reasons })
        } else if conflicts && self.conflict.hits(random) {
            let which = random.next();
            Some(Fault::Conflict { which })
        } else if operation == "BatchGetItem" && self.unprocessed.hits(random) {
            let random = Random::new(random.next());
            Some(Fault::Unprocessed { random })
        } else if self.timeout_after_commit.hits(random) {
            Some(Fault::TimeoutAfterCommit)
        } else {
            None
        }
    }
}

/// SplitMix64. It is repeatable, and its quality is sufficient for choosing faults.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

fn milliseconds<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
    u64::deserialize(input).map(Duration::from_millis)
}

fn percent<'de, D: Deserializer<'de>>(input: D) -> Result<u8, D::Error> {
    let percent = u8::deserialize(input)?;
    if percent > 100 {
        return Err(serde::de::Error::custom("a percentage is at most 100"));
    }
    Ok(percent)
}
