//! Tests of the example of a protected API, with the authorizer in front of it as in API Gateway.

use super::deployment::{Cloud, environment};
use super::runtime::Function;
use super::server::block_on;
use super::walk::walk;
use crate::lab::PASSWORD;
use lambda_http::Body;
use serde_json::{Value, json};

/// Returns the answer that API Gateway gives to a request: 403 if the authorizer refuses it, otherwise the function's
/// answer.
fn call(authorizer: &Function, session_token: &str) -> (u16, Value) {
    let http = json!({
        "method": "GET", "path": "/hello", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7", "userAgent": "an app",
    });
    let context = json!({"accountId": "123456789012", "apiId": "a1b2c3d4e5", "stage": "$default", "http": http});
    let mut event = json!({
        "version": "2.0", "routeKey": "GET /hello", "rawPath": "/hello", "rawQueryString": "",
        "headers": {"host": "api.example.test", "x-session-token": session_token},
        "requestContext": context, "isBase64Encoded": false,
    });
    let mut question = event.clone();
    question["type"] = json!("REQUEST");
    question["routeArn"] = json!("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/$default/GET/hello");
    let verdict = authorizer.invoke(&question).unwrap();
    if verdict["isAuthorized"] != true {
        return (403, Value::Null);
    }
    event["requestContext"]["authorizer"] = json!({"lambda": verdict["context"]});
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    let answer = block_on(protected_api::hello(request)).unwrap();
    let Body::Text(body) = answer.body() else { panic!("the body is not text: {:?}", answer.body()) };
    (answer.status().as_u16(), serde_json::from_str(body).unwrap())
}

#[test]
fn the_example_of_a_protected_api_serves_a_user_until_the_logout() {
    let cloud = Cloud::start(&[]);
    walk(&cloud, &mut cloud.gateway.app(), "ada@example.com");
    let credential = [("LATCHKEY_AUTHORIZER_CREDENTIAL", "session_token")];
    let authorizer = Function::start("authorizer", &environment(&cloud.ground, &credential));

    let mut app = cloud.gateway.app();
    let login = app.post("auth/login", json!({"email": "ada@example.com", "password": PASSWORD}));
    let token = app.token.clone().unwrap();
    let user = &login.json["data"]["user"];
    assert_eq!(call(&authorizer, &token), (200, json!({"user": user["id"], "email": "ada@example.com"})));
    assert_eq!(call(&authorizer, "garbage").0, 403);

    assert_eq!(app.delete("auth/session").status, 401);
    assert_eq!(call(&authorizer, &token).0, 403);
}
