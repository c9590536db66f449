//! The `mailer` function in AWS Lambda. It handles events of the table's stream and of a schedule.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use mailer::{Aws, Mailer, handle_stream};
use serde_json::{Value as Json, json};
use shared::clock::Timestamp;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let app = shared::http::aws_app()?;
    let transport = Aws::from_environment(&app.settings)?;
    let mailer = Mailer::new(app, Box::new(transport))?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Json>| handle(&mailer, event))).await
}

/// Handles a batch of stream records, or an event of the schedule.
async fn handle(mailer: &Mailer, event: LambdaEvent<Json>) -> Result<Json, Error> {
    let deadline = i64::try_from(event.context.deadline).unwrap_or(i64::MAX);
    let until = Some(Timestamp(deadline.saturating_mul(1000)));
    match event.payload.get("Records").and_then(Json::as_array) {
        Some(records) => Ok(handle_stream(mailer, records, until).await),
        None => Ok(json!({"swept": mailer.sweep(until).await?.len()})),
    }
}
