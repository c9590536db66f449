//! Responses and builders that the operations of this API share.

use super::API;
use crate::body::KINDS;
use crate::respond::{Code, Error, WHOLE};
use crate::rules::Body;
use axum::http::Method;
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::{Map, Value as Json, json};
use shared::description::{Header, Operation, Reply, Tag};
use shared::settings::Condition;

/// The cookies of a response.
pub const COOKIES: Header = Header { name: "Set-Cookie", about: "Cookies to keep.", kind: "string" };

const CHALLENGE: Header = Header { name: "WWW-Authenticate", about: "The credential that is missing.", kind: "string" };

/// An operation that needs no login.
pub fn open(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    let operation = page(method.clone(), path, id, summary).reply(unavailable());
    let is_safe = method == Method::GET;
    if is_safe { operation } else { operation.reply(cross_site().only_if(Condition::JwtRefreshInCookie)) }
}

/// An operation that needs no login. It refuses an invalid access token.
pub fn optional(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    open(method, path, id, summary).secured_by([&["jwtAllauth"] as &[_], &[]])
}

/// An operation for users who are logged in.
pub fn of_user(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    open(method, path, id, summary)
        .secured_by([&["jwtAllauth"] as &[_]])
        .reply(token_refused("The access token is missing or invalid.", &[]))
}

/// The operation of the button on the page of a link.
pub fn button(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    page(Method::POST, path, id, summary).replies([unavailable(), cross_site()])
}

/// An operation that does not use the table.
pub fn page(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(API, method, path, id, summary).replies([
        Reply::json::<Error<'_>>(408, "The body did not arrive in time.").named("JwtTimeout"),
        Reply::json::<Error<'_>>(413, "The body is larger than 2.5 MB.").named("JwtContentTooLarge"),
    ])
}

/// Adds this body to an operation, and the refusals of an invalid body.
pub fn reading<T: Body + JsonSchema>(operation: Operation) -> Operation {
    operation.takes_as::<T>(KINDS).replies([invalid::<T>(), malformed(), wrong_type()])
}

/// 400: the problems of the fields.
pub fn invalid<T: Body>() -> Reply {
    let about = "The input is invalid: messages for people, by field.";
    Reply::of_schema(400, about, Box::new(|_| field_errors(T::NAMES)))
}

fn field_errors(names: &[&str]) -> Schema {
    let texts = json!({"type": "array", "items": {"type": "string"}, "minItems": 1});
    let names = names.iter().copied().chain([WHOLE]);
    let properties = names.map(|name| (name.to_owned(), texts.clone())).collect::<Map<_, Json>>();
    json_schema!({"type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1})
}

/// 400 with one message: the body is not valid JSON or not a valid form.
pub fn malformed() -> Reply {
    wrong("The body is malformed.")
}

/// 400 with one message.
pub fn wrong(about: &'static str) -> Reply {
    Reply::json::<Error<'_>>(400, about)
}

/// 403 or 404 with one message.
pub fn error_detail(status: u16, about: &'static str) -> Reply {
    Reply::json::<Error<'_>>(status, about)
}

/// 415.
pub fn wrong_type() -> Reply {
    Reply::json::<Error<'_>>(415, "The content type is neither JSON nor a form.").named("JwtUnsupportedMediaType")
}

/// 401 for an access token. `others` are the codes of other refusals.
pub fn token_refused(about: &'static str, others: &[Code]) -> Reply {
    refused(401, about, [&[Code::BadAuthorizationHeader, Code::TokenNotValid], others].concat())
}

/// A refusal with one of these codes, or without a code.
pub fn refused(status: u16, about: &'static str, codes: impl Into<Vec<Code>>) -> Reply {
    let codes = codes.into();
    let schema = Box::new(move |generator: &mut schemars::SchemaGenerator| {
        let error = generator.subschema_for::<Error<'_>>();
        json_schema!({"allOf": [error, {"properties": {"code": {"enum": codes}}}]})
    });
    let reply = Reply::of_schema(status, about, schema);
    if status == 401 { reply.with_header(CHALLENGE) } else { reply }
}

/// 403: a page of another site sent the request.
pub fn cross_site() -> Reply {
    let about = "Browsers only: the settings do not list the origin of the page.";
    Reply::json::<Error<'_>>(403, about).named("JwtForeignPage")
}

/// 429.
pub fn too_many() -> Reply {
    let seconds = Header { name: "Retry-After", about: "Seconds to wait.", kind: "integer" };
    let reply = Reply::json::<Error<'_>>(429, "Too many requests, or too many wrong codes. Try again later.");
    reply.with_header(seconds).named("JwtTooManyRequests")
}

fn unavailable() -> Reply {
    Reply::json::<Error<'_>>(503, "The service is unavailable. Try again later.").named("JwtUnavailable")
}

/// A response that can set the cookies of a session.
pub fn with_session_cookies(reply: Reply) -> Reply {
    reply.may_have_header(COOKIES, Some(Condition::JwtRefreshInCookie))
}

/// The groups of operations.
pub mod tags {
    use super::Tag;

    /// Logging in and out.
    pub const LOGIN: Tag = Tag { name: "JWT API: login", about: "Login with a password, and the tokens of sessions." };
    /// The user.
    pub const USER: Tag = Tag { name: "JWT API: user", about: "The user who is logged in." };
    /// Signing up.
    pub const REGISTRATION: Tag =
        Tag { name: "JWT API: registration", about: "Sign-up, verification of the email address, and invitations." };
    /// Resetting a password.
    pub const RESET: Tag = Tag { name: "JWT API: password reset", about: "For users who forgot their password." };
    /// Second factors.
    pub const SECOND_FACTOR: Tag =
        Tag { name: "JWT API: second factor", about: "Authenticator apps, and the second step of a login." };
}
