//! The `flat` function in AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let app = shared::http::aws_app()?;
    // The first request to the table is mostly TLS: it is done with before the first event comes.
    app.store.warm().await;
    shared::http::run(&app, flat::endpoints()).await
}
