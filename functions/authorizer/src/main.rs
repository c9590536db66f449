//! The `authorizer` function in AWS Lambda.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value as Json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let app = shared::http::aws_app()?;
    authorizer::prepare(&app).await;
    let app = &app;
    let answer = async |event: LambdaEvent<Json>| {
        // API Gateway reads the text of the error and answers 401 if it is `Unauthorized`.
        authorizer::authorize(app, &event.payload).await.map_err(Error::from)
    };
    lambda_runtime::run(service_fn(answer)).await
}
