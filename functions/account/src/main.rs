//! The `account` function in AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = shared::http::aws_app()?;
    // The first request to the table is mostly TLS: it goes out while the runtime starts.
    let warming = tokio::spawn({
        let app = app.clone();
        async move { app.store.warm().await }
    });
    let served = shared::http::run(shared::http::router(&app, account::endpoints())).await;
    warming.abort();
    served
}
