//! A function that does nothing. It shows the cost of a cold start without any code of Latchkey.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value as Json, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(|_: LambdaEvent<Json>| async { Ok::<_, Error>(json!({"statusCode": 200})) })).await
}
