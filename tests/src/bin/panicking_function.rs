//! A function whose endpoints panic, to test its log. It is not deployed.

use axum::body::Body;
use axum::http::{Method, Response};
use lambda_runtime::Error;
use shared::http::{PageRequest, aws_app, page, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    const GET: &[Method] = &[Method::GET];
    run(&aws_app()?, vec![page("/literal", GET, literal), page("/formatted", GET, formatted)]).await
}

async fn literal(_: PageRequest) -> Response<Body> {
    panic!("no page")
}

async fn formatted(request: PageRequest) -> Response<Body> {
    panic!("no page for {}", request.http.uri())
}
