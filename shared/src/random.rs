//! The random source. Functions take it as a value, so that tests can control it.

/// A random source that is suitable for secrets.
pub trait RandomSource: Send + Sync {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// Returns `N` random bytes.
pub fn random_bytes<const N: usize>(random: &dyn RandomSource) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// The operating system's random source (ASVS 5.0 6.5.3, 11.5.1).
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    #[allow(clippy::disallowed_methods)] // only this function uses the operating system's random source
    fn fill(&self, buffer: &mut [u8]) {
        // Without randomness the service is not secure, so it stops.
        getrandom::fill(buffer).expect("the operating system gives random bytes");
    }
}
