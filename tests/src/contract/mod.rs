//! Checks every response against the description of the APIs with the service's settings.
//!
//! With `CONTRACT_SEEN` in the environment, each operation with its status, and each fault, is appended to the file
//! with that name. `just contract` compares these operations with the described ones.

mod document;

use axum::http::{Method, Uri, header};
use document::Document;
use local::{Answer, Check};
use shared::settings::Settings;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// The check. It reads the description at the first response.
#[derive(Default)]
pub struct Contract {
    document: OnceLock<Document>,
    seen: Option<PathBuf>,
}

/// The statuses of requests with a method that an endpoint does not support. Some endpoints check the body or the
/// caller first.
const OF_OTHER_METHODS: [u16; 7] = [400, 401, 403, 405, 408, 410, 413];

impl Contract {
    /// Creates the check with the options from the environment.
    pub fn from_environment() -> Self {
        Self { document: OnceLock::new(), seen: std::env::var_os("CONTRACT_SEEN").map(PathBuf::from) }
    }

    /// Appends a line to the file of `CONTRACT_SEEN`.
    fn write(&self, line: &str) {
        let Some(file) = &self.seen else { return };
        let file = OpenOptions::new().create(true).append(true).open(file);
        // Each line is a single write, because several processes write to the same file.
        file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes())).expect("CONTRACT_SEEN");
    }
}

impl Check for Contract {
    fn renewed(&self) -> Arc<dyn Check> {
        Arc::new(Self { document: OnceLock::new(), seen: self.seen.clone() })
    }

    fn check(&self, settings: &Settings, method: &Method, uri: &Uri, answer: &Answer<'_>) -> Result<(), String> {
        let checked = self.compare(settings, method, uri, answer);
        if let Err(fault) = &checked {
            self.write(&format!("fault: {method} {}, {}: {fault}", uri.path(), answer.status));
        }
        checked
    }
}

impl Contract {
    fn compare(&self, settings: &Settings, method: &Method, uri: &Uri, answer: &Answer<'_>) -> Result<(), String> {
        let document = self.document.get_or_init(|| Document::new(settings));
        let status = answer.status.as_u16();
        let is_head = method == Method::HEAD;
        let name = if is_head { "get".to_owned() } else { method.as_str().to_lowercase() };
        let Some(path) = document.find(uri.path()) else { return Ok(()) };
        if method == Method::OPTIONS {
            return if status == 200 { Ok(()) } else { Err("OPTIONS is not 200".to_owned()) };
        }
        let Some(operation) = path.operation(&name) else {
            let is_known = OF_OTHER_METHODS.contains(&status);
            return if is_known { Ok(()) } else { Err("no operation has this method".to_owned()) };
        };
        // If GET has an effect, HEAD does nothing and answers 200.
        if is_head && status == 200 {
            return Ok(());
        }
        self.write(&format!("{} {status}", operation.id));
        let response = operation.responses.get(&status).ok_or("the operation does not have this status")?;
        if let Some(header) = response.headers.iter().find(|name| !answer.headers.contains_key(*name)) {
            return Err(format!("the header {header} is missing"));
        }
        let kind = answer.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default();
        if is_head {
            return Ok(());
        }
        if response.content.is_empty() {
            return if answer.body.is_empty() { Ok(()) } else { Err("the response has a body".to_owned()) };
        }
        let schema = response.content.get(kind).ok_or_else(|| format!("the content type is {kind}"))?;
        if !kind.ends_with("json") {
            return Ok(());
        }
        let body = serde_json::from_slice(answer.body).map_err(|error| error.to_string())?;
        document.validate(schema, &body)
    }
}
