//! The parts of the service, in one value.

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

/// The parts of the service.
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
    /// The cost of new password hashes.
    pub hashing: Parameters,
    /// The rules for new passwords.
    pub password_policy: Policy,
    turns: OnceLock<Arc<Semaphore>>,
    /// The destination of metrics. There is none unless a runner sets it.
    pub metrics: Metrics,
    /// The keys that sign tokens, as last read from the table, and the time of the read.
    pub keyring: Mutex<Option<(Arc<Keyring>, Timestamp)>>,
    /// The keys that sign refresh tokens. Created at first use.
    pub refresh_keys: OnceLock<Keyring>,
    /// The keys of the JWT API's tokens. The first signs, all verify. Created at first use.
    pub api_keys: OnceLock<Vec<SigningKey>>,
    /// The client of the identity providers. Created at first use.
    pub providers: OnceLock<Engine>,
    /// Whether the dummy provider exists, which accepts every login. Only in the local service, if the settings ask for
    /// it.
    pub has_dummy_provider: bool,
    /// Seconds after which the sweep delivers a message that the table's stream should have delivered.
    pub outbox_grace: i64,
}

impl App {
    /// Creates the app from settings, table, clock and random source.
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

    /// Returns the current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns `N` random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        random_bytes(&*self.random)
    }

    /// Hashes a password on a blocking thread.
    pub async fn hash_password(&self, password: String) -> String {
        let (salt, parameters) = (self.random(), self.hashing);
        self.blocking(move || password::hash(&password, salt, &parameters)).await
    }

    /// Verifies a password on a blocking thread. Without a usable hash it computes one anyway, so that the time does
    /// not reveal this (ASVS 5.0 6.3.8).
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

    /// Runs work that takes milliseconds of CPU and megabytes of memory on a blocking thread. At most as many run at a
    /// time as there are cores, because more would not be faster.
    pub(crate) async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        // Reading the number of cores takes about twenty system calls, so it is not done at startup.
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let turns = self.turns.get_or_init(|| Arc::new(Semaphore::new(cores()))).clone();
        let turn = turns.acquire_owned().await;
        // The work holds the permit. If the caller is dropped, the work continues and so does the permit.
        let work = move || (work(), turn).0;
        match tokio::task::spawn_blocking(work).await {
            Ok(value) => value,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is shutting down and drops this task too, so the value is never used.
                Err(_) => std::future::pending().await,
            },
        }
    }
}
