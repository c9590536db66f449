//! The random source. Functions take it as a value, so that tests can control it.

/// A source of randomness fit for secrets.
pub trait RandomSource: Send + Sync {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// So many random bytes.
pub fn random_bytes<const N: usize>(random: &dyn RandomSource) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// The operating system's random source (ASVS 5.0 6.5.3, 11.5.1).
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    #[allow(clippy::disallowed_methods)] // the one place that asks the operating system
    fn fill(&self, buffer: &mut [u8]) {
        // Without randomness nothing here is safe: stopping is the only right answer.
        getrandom::fill(buffer).expect("the operating system gives random bytes");
    }
}
