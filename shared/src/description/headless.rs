//! Helpers for operations of the headless API.

use super::operation::{Operation, Tag};
use super::reply::{Header, Reply, one_of};
use crate::envelope::{
    AuthenticatedResponse, Bare, ErrorResponse, ForbiddenResponse, ReauthenticationResponse, SessionGoneResponse,
    UnauthenticatedResponse,
};
use crate::http::fields::FromInput;
use crate::settings::{ClientKind, Condition};
use axum::http::Method;
use schemars::json_schema;

/// The API's name in the description.
pub const API: &str = "headless";

/// An error code, and the condition that it depends on.
pub type Code = (&'static str, Option<Condition>);

/// Creates an operation that any caller can use.
pub fn open(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    let security: [&'static [&'static str]; 5] = if method == Method::GET {
        [&["sessionCookie"], &["sessionToken"], &["accessToken"], &[], &[]]
    } else {
        [&["sessionCookie", "csrfToken"], &["csrfToken"], &["sessionToken"], &["accessToken"], &[]]
    };
    let alternatives = if method == Method::GET { 4 } else { 5 };
    operation(method, path, id, summary).secured_by(security.into_iter().take(alternatives))
}

/// Creates an operation for logged-in users.
pub fn of_user(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    let browser: &'static [&'static str] =
        if method == Method::GET { &["sessionCookie"] } else { &["sessionCookie", "csrfToken"] };
    let operation = operation(method, path, id, summary).secured_by([browser, &["sessionToken"], &["accessToken"]]);
    operation.reply(unauthenticated())
}

/// Creates an operation with the responses that all operations have.
fn operation(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    let is_safe = method == Method::GET;
    let operation = Operation::new(API, method, path, id, summary).replies([gone(), slow(), large(), unavailable()]);
    if is_safe { operation } else { operation.reply(csrf_failed()) }
}

impl Operation {
    /// Adds the error for an invalid body: it is not a JSON object, or its fields have one of these problems.
    pub fn refuses(self, codes: impl IntoIterator<Item = Code>) -> Self {
        self.reply(invalid(codes))
    }

    /// Sets the body. The operation refuses it with the codes of its fields, and with these.
    pub fn reads<T: FromInput + schemars::JsonSchema>(self, more: impl IntoIterator<Item = &'static str>) -> Self {
        let codes = T::codes().into_iter().chain(more).map(|code| (code, None)).collect::<Vec<_>>();
        self.takes::<T>().refuses(codes)
    }

    /// Adds the response that a user has to reauthenticate because the last time was too long ago.
    pub fn asks_again(self) -> Self {
        let about = "Or the user is logged in and has to reauthenticate.";
        self.reply(Reply::json::<ReauthenticationResponse<'static>>(401, about))
    }
}

/// The codes of the problems of a new password.
pub const PASSWORD: [&str; 4] =
    ["password_entirely_numeric", "password_too_common", "password_too_short", "password_too_similar"];

/// The codes of the problems with the recipient of a code or a link.
pub const RECIPIENT_CODES: [Code; 8] = [
    ("invalid", None),
    ("invalid_phone", Some(Condition::CodesToPhones)),
    ("max_length", None),
    ("null_characters_not_allowed", None),
    ("required", None),
    ("select_only_one", Some(Condition::CodesToPhones)),
    ("unknown_email", None),
    ("unknown_phone", Some(Condition::CodesToPhones)),
];

/// The codes of the problems of a login.
pub const LOGIN_CODES: [Code; 11] = [
    ("email_password_mismatch", Some(Condition::EmailLogin)),
    ("invalid", Some(Condition::EmailLogin)),
    ("invalid_login", None),
    ("invalid_phone", Some(Condition::PhoneLogin)),
    ("login_step_required", None),
    ("max_length", Some(Condition::EmailLogin)),
    ("null_characters_not_allowed", None),
    ("phone_password_mismatch", Some(Condition::PhoneLogin)),
    ("required", None),
    ("too_many_login_attempts", None),
    ("username_password_mismatch", Some(Condition::UsernameLogin)),
];

/// Returns the codes of the problems of a signup, with or without a password.
pub fn signup_codes(with_password: bool) -> Vec<Code> {
    let username = Some(Condition::SignupUsername);
    let mut codes = vec![
        // A second address that differs from the first one, or a number that is taken.
        ("", None),
        ("email_taken", Some(Condition::SignupEmail)),
        ("invalid", None),
        ("invalid_phone", Some(Condition::SignupPhone)),
        ("login_step_required", None),
        ("max_length", None),
        ("min_length", username),
        ("null_characters_not_allowed", None),
        ("required", None),
        ("username_blacklisted", username),
        ("username_taken", username),
    ];
    if with_password {
        codes.extend(PASSWORD.map(|code| (code, Some(Condition::SignupPassword))));
    }
    codes
}

/// Returns 200 for a logged-in user.
pub fn authenticated() -> Reply {
    Reply::json::<AuthenticatedResponse<'static>>(200, "The user is logged in.").named("Authenticated")
}

/// Returns 200 without data.
pub fn done() -> Reply {
    Reply::json::<Bare<200>>(200, "Done.").named("StatusOK")
}

/// Returns 400 with the problems of the input.
pub fn invalid(codes: impl IntoIterator<Item = Code>) -> Reply {
    let codes = codes.into_iter().collect::<Vec<_>>();
    if codes.is_empty() {
        return Reply::json::<Bare<400>>(400, "The body is not a JSON object.").named("MalformedBody");
    }
    let about = "The input is invalid. There are no `errors` if the body is not a JSON object.";
    with_codes(400, about, codes)
}

/// Returns 409 with the reason.
pub fn conflict_because(codes: impl IntoIterator<Item = Code>) -> Reply {
    with_codes(409, "The request does not fit the state of the account.", codes.into_iter().collect())
}

/// Returns errors with one of these codes.
pub fn with_codes(status: u16, about: &'static str, codes: Vec<Code>) -> Reply {
    let schema = Box::new(move |generator: &mut schemars::SchemaGenerator| {
        let response = generator.subschema_for::<ErrorResponse<'static>>();
        let code = one_of(&codes);
        json_schema!({"allOf": [response, {"properties": {"status": {"const": status}, "errors": {"items": {"properties": {"code": code}}}}}]})
    });
    Reply::of_schema(status, about, schema)
}

/// Returns 401: the user is not logged in, or not completely.
pub fn unauthenticated() -> Reply {
    let about = "The user is not logged in, or another step must follow: see `flows`.";
    Reply::json::<UnauthenticatedResponse<'static>>(401, about).named("Unauthenticated")
}

/// Returns 403 as JSON.
pub fn forbidden(about: &'static str) -> Reply {
    Reply::json::<ForbiddenResponse>(403, about)
}

/// Returns 403 as a page: the request of a browser has no valid CSRF token.
fn csrf_failed() -> Reply {
    Reply::page(403, "Browsers only: the CSRF check failed.").named("CsrfFailed").only_for(ClientKind::Browser)
}

/// Returns 404 for an unknown kind of client. Every path with a variable for the kind has this response.
pub(super) fn unknown_client() -> Reply {
    not_found("There is no such kind of client.").named("UnknownClient").only_if(Condition::BothClients)
}

/// Returns 404.
pub fn not_found(about: &'static str) -> Reply {
    Reply::json::<Bare<404>>(404, about)
}

/// Returns 408: the body did not arrive in time.
pub fn slow() -> Reply {
    Reply::json::<Bare<408>>(408, "The body did not arrive in time.").named("Timeout")
}

/// Returns 409 without a reason.
pub fn conflict() -> Reply {
    Reply::json::<Bare<409>>(409, "The request does not fit the state of the caller's login.").named("Conflict")
}

/// Returns 410: the session of an app has ended.
fn gone() -> Reply {
    let about = "Apps only: the session token is invalid or expired. Discard it and start again without a token.";
    Reply::json::<SessionGoneResponse<'static>>(410, about).named("SessionGone").only_for(ClientKind::App)
}

/// Returns 413: the body is too large.
pub fn large() -> Reply {
    Reply::json::<Bare<413>>(413, "The body is larger than 2.5 MB.").named("ContentTooLarge")
}

/// Returns 429: a rate limit.
pub fn too_many() -> Reply {
    let seconds = Header { name: "Retry-After", about: "Seconds to wait.", kind: "integer" };
    Reply::json::<Bare<429>>(429, "Too many requests. Try again later.").named("TooManyRequests").with_header(seconds)
}

/// Returns 503: the table is unavailable.
pub fn unavailable() -> Reply {
    Reply::json::<Bare<503>>(503, "The service is unavailable. Try again later.").named("Unavailable")
}

/// The groups of operations.
pub mod tags {
    use super::Tag;

    macro_rules! tags {
        ($($constant:ident = $name:literal, $about:literal;)*) => {
            $(#[doc = $about] pub const $constant: Tag = Tag { name: $name, about: $about };)*
        };
    }

    tags! {
        CONFIGURATION = "Configuration", "The configuration that a client needs before login.";
        CURRENT_SESSION = "Current session", "The state of the login, and logout.";
        LOGIN = "Login and signup", "With a password.";
        LOGIN_BY_CODE = "Login by code", "With a code that the service sends.";
        VERIFICATION = "Verification", "Verification of email addresses and phone numbers.";
        PASSWORD_RESET = "Password reset", "For users who forgot their password.";
        REAUTHENTICATION = "Reauthentication", "Users authenticate again before a sensitive change. A 401 with `is_authenticated: true` requests it.";
        SECOND_FACTOR = "Second factor", "The second step of a login.";
        PASSKEYS = "Passkeys and security keys", "Login and signup without a password.";
        PROVIDER_LOGIN = "Third-party login", "Login and signup through a provider.";
        EMAIL = "Email addresses", "The account's email addresses.";
        PHONE = "Phone", "The account's phone number.";
        PASSWORD = "Password", "The account's password.";
        PROVIDER_ACCOUNTS = "Third-party accounts", "The third-party accounts that are connected to the account.";
        AUTHENTICATORS = "Authenticators", "The account's second factors and passkeys.";
        SESSIONS = "Sessions", "All sessions of the user.";
        TOKENS = "Tokens", "Access tokens that other services can verify.";
    }
}
