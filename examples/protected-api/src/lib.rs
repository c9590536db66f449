//! An API for logged-in users behind API Gateway and an authorizer of Latchkey: `docs/protect-your-api.md`.
//!
//! The gateway checks the credential before it calls the function. The function only reads who the user is, and depends on
//! nothing of Latchkey.

use lambda_http::http::StatusCode;
use lambda_http::request::RequestContext;
use lambda_http::{Body, Error, Request, RequestExt, Response};
use serde_json::{Value, json};

/// The user of a request.
#[derive(Debug, PartialEq, Eq)]
pub struct User {
    /// The user's id. It never changes and is never given to another user.
    pub id: String,
    /// The primary email address. An access token contains it only with `HEADLESS_JWT_CLAIMS=["email"]`.
    pub email: Option<String>,
}

impl User {
    /// Reads the user from the context that the gateway added to the request. Returns `None` if the route has no
    /// authorizer.
    pub fn of(request: &Request) -> Option<Self> {
        let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else { return None };
        let authorizer = context.authorizer.as_ref()?;
        if let Some(jwt) = &authorizer.jwt {
            // The gateway verified an access token itself.
            return Some(Self { id: jwt.claims.get("sub")?.clone(), email: jwt.claims.get("email").cloned() });
        }
        // Latchkey's function `authorizer` checked a session token, a cookie or an access token.
        let text = |name| {
            let text = authorizer.fields.get(name).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        Some(Self { id: text("user_id")?, email: text("email") })
    }
}

/// Answers `GET /hello`.
///
/// # Errors
/// Returns an error if the response cannot be built, which its constant parts exclude.
pub async fn hello(request: Request) -> Result<Response<Body>, Error> {
    match User::of(&request) {
        Some(User { id, email }) => answer(StatusCode::OK, &json!({"user": id, "email": email})),
        // The route was deployed without its authorizer. Refuse instead of serving everyone.
        None => answer(StatusCode::INTERNAL_SERVER_ERROR, &json!({"error": "this route has no authorizer"})),
    }
}

fn answer(status: StatusCode, body: &Value) -> Result<Response<Body>, Error> {
    let answer = Response::builder().status(status).header("content-type", "application/json");
    Ok(answer.body(Body::from(body.to_string()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a request as the gateway passes it on, in payload format 2.0.
    fn request(authorizer: Value) -> Request {
        let mut event = json!({
            "version": "2.0", "routeKey": "GET /hello", "rawPath": "/hello", "rawQueryString": "",
            "headers": {"host": "api.example.com"}, "isBase64Encoded": false,
            "requestContext": {
                "accountId": "123456789012", "apiId": "a1b2c3d4e5", "domainName": "api.example.com", "stage": "$default",
                "http": {"method": "GET", "path": "/hello", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7", "userAgent": "x"},
            },
        });
        if !authorizer.is_null() {
            event["requestContext"]["authorizer"] = authorizer;
        }
        lambda_http::request::from_str(&event.to_string()).unwrap()
    }

    fn user(authorizer: Value) -> Option<User> {
        User::of(&request(authorizer))
    }

    #[test]
    fn the_user_of_an_access_token_is_its_subject() {
        let claims = json!({"sub": "7", "email": "ada@example.com", "iss": "https://login.example.com"});
        let known = User { id: "7".to_owned(), email: Some("ada@example.com".to_owned()) };
        assert_eq!(user(json!({"jwt": {"claims": claims, "scopes": null}})), Some(known));
        assert_eq!(user(json!({"jwt": {"claims": {"sub": "7"}, "scopes": null}})).unwrap().email, None);
        assert_eq!(user(json!({"jwt": {"claims": {"iss": "x"}, "scopes": null}})), None);
    }

    #[test]
    fn the_user_of_a_session_comes_from_the_authorizer() {
        let context = json!({"user_id": "7", "email": "", "methods": "password", "authenticated_at": 1_700_000_000});
        assert_eq!(user(json!({"lambda": context})), Some(User { id: "7".to_owned(), email: None }));
        assert_eq!(user(json!({"lambda": {"user_id": ""}})), None);
    }

    #[tokio::test]
    async fn a_route_without_an_authorizer_refuses_every_request() {
        for authorizer in [json!(null), json!({}), json!({"lambda": null})] {
            let answer = hello(request(authorizer)).await.unwrap();
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
}
