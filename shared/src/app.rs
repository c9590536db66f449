//! The service's parts, in one value.

use crate::clock::{Clock, Timestamp};
use crate::jwt::{Keyring, SigningKey};
use crate::metrics::Metrics;
use crate::provider::Engine;
use crate::random::{RandomSource, random_bytes};
use crate::secret::Keys;
use crate::secret::password::{self, Parameters, Verdict};
use crate::secret::strength::Policy;
use crate::settings::Settings;
use crate::store::Store;
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::Semaphore;

/// The service's parts.
pub struct App {
    /// All settings.
    pub settings: Arc<Settings>,
    /// The table.
    pub store: Store,
    /// Keys derived from `SECRET_KEY`.
    pub keys: Keys,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub random: Arc<dyn RandomSource>,
    /// Cost of new password hashes.
    pub hashing: Parameters,
    /// What a new password must be.
    pub password_policy: Policy,
    turns: OnceLock<Arc<Semaphore>>,
    /// Where metrics go; nowhere, unless a runner says so.
    pub metrics: Metrics,
    /// The keys that sign tokens, as they were read last, and when that was.
    pub keyring: Mutex<Option<(Arc<Keyring>, Timestamp)>>,
    /// The keys that sign refresh tokens, from their first use on.
    pub refresh_keys: OnceLock<Keyring>,
    /// The keys of the JWT API's tokens, from their first use on: the first one signs, all of them verify.
    pub api_keys: OnceLock<Vec<SigningKey>>,
    /// The way to identity providers, from its first use on.
    pub providers: OnceLock<Engine>,
    /// Whether there is a provider that believes everybody: in the local service, where the settings ask for it.
    pub has_dummy_provider: bool,
    /// Seconds until the sweep looks for a message that the table's stream should have delivered.
    pub outbox_grace: i64,
}

impl App {
    /// The parts, from settings, table, clock and random source.
    pub fn new(settings: Arc<Settings>, store: Store, clock: Arc<dyn Clock>, random: Arc<dyn RandomSource>) -> Self {
        let keys = Keys::new(&settings.service);
        let store = store.restored_at(settings.service.restored_at.map(|restored| restored.0));
        let (hashing, password_policy) = (Parameters::default(), Policy::default());
        Self {
            settings,
            store,
            keys,
            clock,
            random,
            hashing,
            password_policy,
            turns: OnceLock::new(),
            metrics: Metrics::default(),
            keyring: Mutex::default(),
            refresh_keys: OnceLock::new(),
            api_keys: OnceLock::new(),
            providers: OnceLock::new(),
            has_dummy_provider: false,
            outbox_grace: 60,
        }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// So many random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        random_bytes(&*self.random)
    }

    /// Hashes a password, off the async threads.
    pub async fn hash_password(&self, password: String) -> String {
        let (salt, parameters) = (self.random(), self.hashing);
        self.blocking(move || password::hash(&password, salt, &parameters)).await
    }

    /// Checks a password, off the async threads. Where there is nothing to check it against, a hash is
    /// computed all the same: the time tells nothing (ASVS 5.0 6.3.8).
    pub async fn verify_password(&self, password: String, encoded: Option<String>) -> Verdict {
        let (salt, parameters) = (self.random(), self.hashing);
        self.blocking(move || match encoded {
            Some(encoded) if password::is_usable(&encoded) => password::verify(&password, &encoded, &parameters),
            _ => {
                password::pretend_to_verify(&password, salt, &parameters);
                Verdict::Wrong
            }
        })
        .await
    }

    /// Runs what takes milliseconds of CPU and megabytes of memory on a thread for such things, as many at a time as
    /// there are cores: more would only compete.
    pub(crate) async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        // To ask how many there are is some twenty system calls: not at the start.
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let turns = self.turns.get_or_init(|| Arc::new(Semaphore::new(cores()))).clone();
        let turn = turns.acquire_owned().await;
        // The turn goes with the work: a caller who goes away does not end it.
        let work = move || (work(), turn).0;
        match tokio::task::spawn_blocking(work).await {
            Ok(value) => value,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime ends, and this task with it: nobody waits for the value.
                Err(_) => std::future::pending().await,
            },
        }
    }
}
