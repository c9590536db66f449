//! The table of the local service: embedded, or a DynamoDB elsewhere.

use crate::{Error, io, private};
use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use embedded::Embedded;
use embedded::faults::Faults;
use shared::settings::Settings;
use shared::store::aws;
use std::path::Path;

/// The embedded table's file in a data folder.
pub(crate) const DATABASE: &str = "latchkey.db";

/// Where the table of the service is.
pub(crate) enum Table {
    Embedded(Embedded),
    /// Where `AWS_ENDPOINT_URL_DYNAMODB` says.
    Elsewhere(SharedHttpClient),
}

impl Table {
    /// The table of a data folder, or one in memory. `AWS_ENDPOINT_URL_DYNAMODB` names one elsewhere.
    pub(crate) fn open(data: Option<&Path>, settings: &Settings) -> Result<Self, Error> {
        if std::env::var_os("AWS_ENDPOINT_URL_DYNAMODB").is_some() {
            return Ok(Self::Elsewhere(aws::http_client(&settings.service)));
        }
        data.map_or_else(|| Ok(Self::Embedded(Embedded::memory()?)), Self::embedded)
    }

    /// The table of a data folder.
    pub(crate) fn embedded(folder: &Path) -> Result<Self, Error> {
        let file = folder.join(DATABASE);
        // Files that SQLite puts beside it are readable by those who may read it.
        private::touch(&file).map_err(io(file.display()))?;
        Ok(Self::Embedded(Embedded::open(&file)?))
    }

    /// A client of the table. With faults, these lie between the two.
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
