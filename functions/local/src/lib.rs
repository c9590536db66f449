//! The whole service in one process: every function's endpoints, an embedded DynamoDB, and a mailer that writes to a
//! folder.

mod background;
mod check;
pub mod cli;
pub mod command;
mod delivery;
mod description;
mod dev;
mod dummy;
mod folder;
pub mod inbox;
mod lab;
mod live;
pub mod manual;
mod private;
mod restored_at;
mod secret_key;
mod server;
mod switches;
mod table;
mod this_machine;

pub use check::{Answer, Check};
use delivery::DeliveryTracker;
pub use description::{DescriptionError, describe};
pub use folder::Folder;
pub use lab::Lab;
use table::Table;

use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::middleware::from_fn_with_state;
use embedded::faults::Faults;
use inbox::Inbox;
use live::Live;
use mailer::Mailer;
use shared::app::App;
use shared::clock::{Clock, SystemClock};
use shared::flow::signup::provision::{Account, provision};
use shared::http::{Endpoint, service};
use shared::outbox::render::RenderError;
use shared::random::{RandomSource, SystemRandom};
use shared::settings::{Problems, Settings, Source};
use shared::store::{Store, StoreError, aws, create_table};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tower::service_fn;

/// The default time limit for a client to send the headers of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// The options of the service.
pub struct Options {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The folder of the embedded table. `None` keeps the table in memory.
    pub data: Option<PathBuf>,
    /// The folder that messages are written to.
    pub outbox: PathBuf,
    /// The settings.
    pub source: Source,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub random: Arc<dyn RandomSource>,
    /// The time limit for a client to send the headers of a request. After that the connection is closed.
    pub header_timeout: Duration,
    /// The controls for tests. The lab's clock replaces `clock`. `listen` must be a loopback address.
    pub lab: Option<Lab>,
    /// Accounts to create at startup if they do not exist.
    pub accounts: Vec<Account>,
    /// Checks every response of the functions before it is sent. For tests.
    pub check: Option<Arc<dyn Check>>,
}

impl Options {
    /// The default options, as on a developer's machine.
    pub fn new(listen: SocketAddr, data: Option<PathBuf>, outbox: PathBuf, source: Source) -> Self {
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        let (header_timeout, lab, accounts) = (HEADER_TIMEOUT, None, Vec::new());
        Self { listen, data, outbox, source, clock, random, header_timeout, lab, accounts, check: None }
    }
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings are invalid.
    #[error(transparent)]
    Settings(#[from] Problems),
    /// The embedded table failed.
    #[error("the embedded table: {0}")]
    Embedded(#[from] embedded::Error),
    /// The table is unavailable.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The message templates cannot be loaded.
    #[error(transparent)]
    Templates(#[from] RenderError),
    /// A folder, a file or a socket cannot be used.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// A lab on an address that other machines can reach.
    #[error("--lab needs a loopback address to listen on, such as 127.0.0.1:8000; {0} is not one")]
    LabBeyondLoopback(SocketAddr),
    /// The environment names a table elsewhere, but lacks something that is needed to access it.
    #[error("the DynamoDB table cannot be used: {0} in the environment")]
    Endpoint(#[from] aws::NotInLambda),
}

fn io(what: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> Error {
    move |error| Error::Io(what.to_string(), error)
}

/// Returns the endpoints of all functions.
pub fn endpoints() -> Vec<Endpoint> {
    let all = [
        config::endpoints(),
        auth::endpoints(),
        account::endpoints(),
        mfa::endpoints(),
        provider::endpoints(),
        jwt::endpoints(),
        flat::endpoints(),
        pages::endpoints(),
    ];
    all.into_iter().flatten().collect()
}

/// Runs the service. Calls `ready` with the URL and the socket address when the service answers requests.
///
/// # Errors
/// The service cannot start.
pub async fn serve(options: Options, ready: impl FnOnce(&str, SocketAddr)) -> Result<(), Error> {
    let (listen, data) = (options.listen, options.data);
    if options.lab.is_some() && !listen.ip().is_loopback() {
        return Err(Error::LabBeyondLoopback(listen));
    }
    let clock = options.lab.as_ref().map_or(options.clock, Lab::clock);
    private::create_folder(&options.outbox).map_err(io(options.outbox.display()))?;
    let listener = TcpListener::bind(listen).await.map_err(io(listen))?;
    let listening = listener.local_addr().map_err(io(listen))?;
    let secret_key = secret_key::find_or_make(data.as_deref(), &*options.random).map_err(io("the secret key"))?;
    let source = options
        .source
        .with_default("PUBLIC_URL", || format!("http://localhost:{}", listening.port()))
        .with_default("SECRET_KEY", || secret_key)
        .with_default("LATCHKEY_PAGES", || "true".to_owned());
    let source = match restored_at::find(data.as_deref()).map_err(io("when the table was restored"))? {
        Some(moment) => source.with_default("LATCHKEY_RESTORED_AT", || moment),
        None => source,
    };
    for name in Settings::unread(&source) {
        tracing::warn!("{name} is set, but this version does not read it");
    }
    let settings = Arc::new(Settings::load(&source)?);
    for note in settings.notes() {
        tracing::warn!("{note}");
    }

    let table = Table::open(data.as_deref(), &settings)?;
    create_table(&table.client(None)?, &settings.service.table).await?;
    let faults = options.lab.as_ref().map(|lab| lab.faults().clone());
    let (random, check) = (options.random, options.check);
    let parts = Parts { table, clock, random, deliveries: Arc::default(), faults, check };
    let provisioner = parts.app(&settings, parts.table.client(None)?);
    for account in &options.accounts {
        if !provision(&provisioner, account).await? {
            tracing::info!("account of the list exists already");
        }
    }
    let deliveries = parts.deliveries.clone();
    let mailer = parts.app(&settings, parts.table.client(None)?);
    let mailer = Mailer::new(mailer, Box::new(Folder::new(options.outbox.clone())))?;
    background::start(&parts.table, &settings.service.table, mailer, deliveries.clone())?;

    let table = matches!(parts.table, Table::Embedded(_)).then(|| parts.table.client(None)).transpose()?;
    let (inbox, accounts) = (Inbox::new(options.outbox), options.accounts);
    let live = Arc::new(Live::new(parts, source, settings.clone())?);
    let mut router = Router::new();
    if listen.ip().is_loopback() {
        router = router.merge(dev::routes(live.clone(), inbox.clone(), deliveries));
    }
    if let Some(lab) = options.lab {
        router = router.merge(lab.routes(lab::Service { inbox, table, app: provisioner, accounts }));
    }
    let router = router.fallback_service(service_fn(move |request| {
        let live = live.clone();
        async move { live.answer(request).await }
    }));
    ready(settings.service.public_url.as_str().trim_end_matches('/'), listening);
    server::run(listener, router, options.header_timeout).await;
    Ok(())
}

/// Returns whether the local service has the provider for tests, which accepts every login.
fn has_dummy_provider(settings: &Settings) -> bool {
    settings.social.enabled && settings.social.providers.dummy
}

/// The parts of the service that do not depend on the settings.
struct Parts {
    table: Table,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    deliveries: Arc<DeliveryTracker>,
    /// Injects faults between the endpoints and the table.
    faults: Option<Faults>,
    /// Checks every response.
    check: Option<Arc<dyn Check>>,
}

impl Parts {
    fn app(&self, settings: &Arc<Settings>, client: Client) -> Arc<App> {
        let store = Store::new(client, settings.service.table.clone(), self.clock.clone(), self.random.clone());
        let store = store.observed_by(self.deliveries.observer());
        let mut app = App::new(settings.clone(), store, self.clock.clone(), self.random.clone());
        if matches!(self.table, Table::Elsewhere(_)) {
            app.outbox_grace = 0; // without a stream, the sweep delivers
        }
        app.has_dummy_provider = has_dummy_provider(settings);
        Arc::new(app)
    }

    /// Returns a router with the endpoints that these settings turn on.
    fn router(&self, settings: &Arc<Settings>) -> Result<Router, Error> {
        let app = self.app(settings, self.table.client(self.faults.as_ref())?);
        let service = service(&app, endpoints().into_iter().chain(dummy::endpoints(&app)).collect())?;
        let deliver_first = from_fn_with_state(self.deliveries.clone(), delivery::deliver_first);
        let router = Router::new().fallback_service(service).layer(deliver_first);
        Ok(match &self.check {
            Some(check) => {
                let checked = check::Checked { check: check.renewed(), settings: settings.clone() };
                router.layer(from_fn_with_state(checked, check::check))
            }
            None => router,
        })
    }
}
