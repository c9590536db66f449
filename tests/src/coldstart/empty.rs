//! A function that does nothing: what a cold start costs before anything of ours.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value as Json, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(|_: LambdaEvent<Json>| async { Ok::<_, Error>(json!({"statusCode": 200})) })).await
}
