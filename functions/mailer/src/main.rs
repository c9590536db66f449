//! The `mailer` function in AWS Lambda: events of the table's stream, and of a schedule.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use mailer::{Aws, Mailer, handle_stream};
use serde_json::{Value as Json, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let app = shared::http::aws_app()?;
    let transport = Aws::from_environment(&app.settings)?;
    let mailer = Mailer::new(app, Box::new(transport))?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Json>| handle(&mailer, event.payload))).await
}

/// A batch of records, or else the schedule.
async fn handle(mailer: &Mailer, event: Json) -> Result<Json, Error> {
    match event.get("Records").and_then(Json::as_array) {
        Some(records) => Ok(handle_stream(mailer, records).await),
        None => Ok(json!({"swept": mailer.sweep().await?.len()})),
    }
}
