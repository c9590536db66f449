//! The table of the local service: embedded, or a DynamoDB table elsewhere.

use crate::{Error, io, private};
use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use embedded::Embedded;
use embedded::faults::Faults;
use shared::settings::Settings;
use shared::store::aws;
use std::path::Path;

/// The name of the embedded table's file in a data folder.
pub(crate) const DATABASE: &str = "latchkey.db";

/// The table of the service.
pub(crate) enum Table {
    Embedded(Embedded),
    /// A DynamoDB table at `AWS_ENDPOINT_URL_DYNAMODB`.
    Elsewhere(SharedHttpClient),
}

impl Table {
    /// Opens the table of a data folder, or one in memory. If `AWS_ENDPOINT_URL_DYNAMODB` is set, uses the table at
    /// that endpoint.
    pub(crate) fn open(data: Option<&Path>, settings: &Settings) -> Result<Self, Error> {
        if std::env::var_os("AWS_ENDPOINT_URL_DYNAMODB").is_some() {
            return Ok(Self::Elsewhere(aws::http_client(&settings.service)));
        }
        data.map_or_else(|| Ok(Self::Embedded(Embedded::memory()?)), Self::embedded)
    }

    /// Opens the table of a data folder.
    pub(crate) fn embedded(folder: &Path) -> Result<Self, Error> {
        let file = folder.join(DATABASE);
        // SQLite gives the files that it creates beside this one the same permissions.
        private::touch(&file).map_err(io(file.display()))?;
        Ok(Self::Embedded(Embedded::open(&file)?))
    }

    /// Returns a client of the table. `faults` are injected between the client and the table.
    pub(crate) fn client(&self, faults: Option<&Faults>) -> Result<Client, Error> {
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
