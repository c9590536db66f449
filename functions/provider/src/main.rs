//! The `provider` function in AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let app = shared::http::aws_app()?;
    // The first request to the table spends most of its time on the TLS handshake. Send it before the first event
    // arrives.
    app.store.warm().await;
    shared::http::run(&app, provider::endpoints()).await
}
