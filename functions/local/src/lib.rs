//! The whole service in one process: every function's endpoints, an embedded DynamoDB, and a mailer that writes
//! to a folder.

mod background;
mod check;
pub mod command;
mod description;
mod dummy;
mod folder;
pub mod inbox;
mod lab;
mod postbox;
mod private;
mod restored_at;
mod secret_key;
mod server;

pub use check::{Answer, Check};
pub use description::{DescriptionError, describe};
pub use folder::Folder;
pub use lab::Lab;
use postbox::Postbox;

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use axum::Router;
use embedded::Embedded;
use embedded::faults::Faults;
use inbox::Inbox;
use mailer::Mailer;
use shared::ambient::{Chance, Clock, SystemChance, SystemClock};
use shared::app::App;
use shared::flow::signup::provision::{Account, provision};
use shared::http::{Endpoint, service};
use shared::outbox::render::RenderError;
use shared::settings::{Problems, Settings, Source};
use shared::store::{Store, StoreError, aws, create_table};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long a client may take to send the headers of a request, unless [`Options`] say otherwise.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// How the service is to run.
pub struct Options {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The folder of the embedded table; none keeps it in memory.
    pub data: Option<PathBuf>,
    /// The folder that messages are written to.
    pub outbox: PathBuf,
    /// The settings.
    pub source: Source,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub chance: Arc<dyn Chance>,
    /// How long a client may take to send the headers of a request. Its connection is closed then.
    pub header_timeout: Duration,
    /// Puts the service into the hands of tests. Its clock replaces `clock`; it needs a loopback address in `listen`.
    pub lab: Option<Lab>,
    /// Accounts to make at the start, where they do not exist yet.
    pub accounts: Vec<Account>,
    /// Looks at every response of the functions before it is sent. For tests.
    pub check: Option<Arc<dyn Check>>,
}

impl Options {
    /// As it runs on a laptop.
    pub fn new(listen: SocketAddr, data: Option<PathBuf>, outbox: PathBuf, source: Source) -> Self {
        let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemChance));
        let (header_timeout, lab, accounts) = (HEADER_TIMEOUT, None, Vec::new());
        Self { listen, data, outbox, source, clock, chance, header_timeout, lab, accounts, check: None }
    }
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings.
    #[error(transparent)]
    Settings(#[from] Problems),
    /// The embedded table.
    #[error("the embedded table: {0}")]
    Embedded(#[from] embedded::Error),
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The message templates.
    #[error(transparent)]
    Templates(#[from] RenderError),
    /// A folder, a file or a socket.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// A lab on an address that other machines may reach.
    #[error("--lab needs a loopback address to listen on, such as 127.0.0.1:8000; {0} is not one")]
    LabBeyondLoopback(SocketAddr),
    /// A table elsewhere is named, but the environment does not have what it takes to reach it.
    #[error("the table in AWS cannot be reached: {0} in the environment")]
    Endpoint(#[from] aws::NotInLambda),
}

fn io(what: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> Error {
    move |error| Error::Io(what.to_string(), error)
}

/// Every function's endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let all = [
        config::endpoints(),
        auth::endpoints(),
        account::endpoints(),
        mfa::endpoints(),
        provider::endpoints(),
        jwt::endpoints(),
        flat::endpoints(),
    ];
    all.into_iter().flatten().collect()
}

/// Runs the service. `ready` is told once it answers, with its URL and where it listens.
///
/// # Errors
/// It cannot start.
pub async fn serve(options: Options, ready: impl FnOnce(&str, SocketAddr)) -> Result<(), Error> {
    let (listen, data) = (options.listen, options.data);
    if options.lab.is_some() && !listen.ip().is_loopback() {
        return Err(Error::LabBeyondLoopback(listen));
    }
    let clock = options.lab.as_ref().map_or(options.clock, Lab::clock);
    private::create_folder(&options.outbox).map_err(io(options.outbox.display()))?;
    let listener = TcpListener::bind(listen).await.map_err(io(listen))?;
    let listening = listener.local_addr().map_err(io(listen))?;
    let secret_key = secret_key::find_or_make(data.as_deref(), &*options.chance).map_err(io("the secret key"))?;
    let source = options
        .source
        .with_default("PUBLIC_URL", || format!("http://localhost:{}", listening.port()))
        .with_default("SECRET_KEY", || secret_key);
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
    let postbox = Arc::new(Postbox::default());
    let app = |client: Client| {
        let name = settings.service.table.clone();
        let store = Store::new(client, name, clock.clone(), options.chance.clone());
        let store = store.observed_by(postbox.observer());
        let mut app = App::new(settings.clone(), store, clock.clone(), options.chance.clone());
        if matches!(table, Table::Elsewhere(_)) {
            app.outbox_grace = 0; // no stream to read: the sweep delivers
        }
        app.has_dummy_provider = settings.social.enabled && settings.social.providers.dummy;
        Arc::new(app)
    };
    let maker = app(table.client(None)?);
    for account in &options.accounts {
        if !provision(&maker, account).await? {
            tracing::info!("an account of the list is there already");
        }
    }
    let mailer = Mailer::new(app(table.client(None)?), Box::new(Folder::new(options.outbox.clone())))?;
    background::start(&table, &settings.service.table, mailer, postbox.clone())?;

    let app = app(table.client(options.lab.as_ref().map(Lab::faults))?);
    let service = service(&app, endpoints().into_iter().chain(dummy::endpoints(&app)).collect())?;
    let service = Router::new().fallback_service(service);
    let mut service = service.layer(axum::middleware::from_fn_with_state(postbox, postbox::deliver_first));
    if let Some(check) = options.check {
        let checked = check::Checked { check, settings: settings.clone() };
        service = service.layer(axum::middleware::from_fn_with_state(checked, check::check));
    }
    if let Some(lab) = options.lab {
        let (inbox, accounts) = (Inbox::new(options.outbox), options.accounts);
        let table = matches!(table, Table::Embedded(_)).then(|| table.client(None)).transpose()?;
        service = lab.routes(lab::Service { inbox, table, app: maker, accounts }).fallback_service(service);
    }
    ready(settings.service.public_url.as_str().trim_end_matches('/'), listening);
    server::run(listener, service, options.header_timeout).await;
    Ok(())
}

/// Where the table is.
enum Table {
    Embedded(Embedded),
    /// Where `AWS_ENDPOINT_URL_DYNAMODB` says.
    Elsewhere(SharedHttpClient),
}

impl Table {
    fn open(data: Option<&std::path::Path>, settings: &Settings) -> Result<Self, Error> {
        if std::env::var_os("AWS_ENDPOINT_URL_DYNAMODB").is_some() {
            return Ok(Self::elsewhere(settings));
        }
        data.map_or_else(|| Ok(Self::Embedded(Embedded::memory()?)), Self::embedded)
    }

    fn elsewhere(settings: &Settings) -> Self {
        Self::Elsewhere(aws::http_client(&settings.service))
    }

    fn embedded(folder: &std::path::Path) -> Result<Self, Error> {
        let file = folder.join("latchkey.db");
        // Files that SQLite puts beside it are readable by those who may read it.
        private::touch(&file).map_err(io(file.display()))?;
        Ok(Self::Embedded(Embedded::open(&file)?))
    }

    /// A client of the table. With faults, these lie between the two.
    fn client(&self, faults: Option<&Faults>) -> Result<Client, Error> {
        let wrapped = |http: SharedHttpClient| match faults {
            Some(faults) => faults.wrap(http),
            None => http,
        };
        Ok(match self {
            Self::Elsewhere(http) => aws::client(wrapped(http.clone()))?(),
            Self::Embedded(embedded) => embedded::client(wrapped(embedded.http_client())),
        })
    }
}
