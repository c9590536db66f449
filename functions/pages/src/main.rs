//! The `pages` function in AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let app = shared::http::aws_app()?;
    shared::http::run(&app, pages::endpoints()).await
}
