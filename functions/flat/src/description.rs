//! The OpenAPI description of this function's endpoints.

use crate::email::Verification;
use crate::login::Login;
use crate::mfa::{Confirmation, SecondFactor};
use crate::password::{Change, Reset};
use crate::providers::{Redirect, Token};
use crate::responses::{
    AddedTotp, AuthorizationRedirect, Empty, Errors, LoggedIn, LoginState, NewTotp, OneUser, Pending, Providers,
    SignedUp,
};
use axum::http::Method;
use schemars::{JsonSchema, SchemaGenerator, json_schema};
use shared::description::headless::{Code, LOGIN_CODES, PASSWORD, RECIPIENT_CODES, signup_codes};
use shared::description::{Header, Operation, Parameter, Reply, Tag, one_of};
use shared::http::fields::FromInput;
use shared::http::{CodeRecipient, Signup};
use shared::settings::Condition;

/// The API's name in the description.
const API: &str = "flat";

const LOGIN: Tag = Tag { name: "Flat API: login and signup", about: "With a password, and the second factor." };
const ACCOUNT: Tag = Tag { name: "Flat API: account", about: "The user, the password and the authenticator app." };
const PROVIDERS: Tag = Tag { name: "Flat API: third-party login", about: "Login through a provider." };

const CHALLENGE: Header = Header { name: "WWW-Authenticate", about: "`Bearer`.", kind: "string" };

/// The error code of a body that is not a JSON object.
const MALFORMED: &str = "malformed_body";
/// The error code of a login that needs a step that this API does not have.
const STEP: &str = "login_step_required";
/// The error codes of a login through a provider.
const ARRIVAL: [&str; 8] = [
    "email_taken",
    "invalid",
    "invalid_token",
    STEP,
    "max_length",
    "null_characters_not_allowed",
    "too_many_identities",
    "username_taken",
];

/// Returns the operations of this function.
pub fn operations() -> Vec<Operation> {
    [login(), account(), providers()].into_iter().flatten().collect()
}

fn login() -> Vec<Operation> {
    let of = |path, id, summary| operation(Method::POST, path, id, summary).tagged(LOGIN);
    vec![
        of("/login/", "flatLogIn", "Log in with a password")
            .takes::<Login>()
            .replies([logged_in(), invalid(LOGIN_CODES), too_many()])
            .replies(pending()),
        of("/mfa/authenticate/", "flatAuthenticate", "Complete a login with a second factor")
            .reply(logged_in())
            .replies(pending())
            .reads_flat::<SecondFactor>(&["incorrect_code", STEP, "too_many_login_attempts"])
            .reply(conflict()),
        of("/signup/", "flatSignUp", "Sign up")
            .about("The response can be the same for a new address and for an address that already has an account.")
            .takes::<Signup>()
            .replies([
                Reply::json::<SignedUp<'_>>(200, "The sign-up is accepted."),
                invalid(signup_codes(true)),
                not_authenticated(),
                forbidden("Signup is closed."),
                too_many(),
            ]),
        of("/email/verify/", "flatVerifyEmail", "Verify an email address")
            .secured_by([&["flatToken"] as &[_], &[]])
            .replies([
                Reply::json::<LoginState<'_>>(200, "The address is verified. A login that waited for it goes on."),
                not_authenticated(),
                conflict(),
            ])
            .reads_flat::<Verification>(&["email_taken", "incorrect_code", "invalid_or_expired_key", STEP]),
        of("/password/reset/", "flatRequestPasswordReset", "Request a password reset")
            .takes::<CodeRecipient>()
            .replies([
                Reply::json::<Empty>(200, "A mail is sent if the account exists."),
                Reply::json::<Pending<'_>>(200, "A code is sent if the account exists.")
                    .only_if(Condition::PasswordResetByCode),
                invalid(RECIPIENT_CODES),
                too_many(),
            ]),
        of("/password/reset/confirm/", "flatResetPassword", "Reset a password")
            .replies([
                Reply::json::<LoginState<'_>>(200, "The password is set."),
                not_authenticated(),
                conflict(),
                too_many(),
            ])
            .reads_flat::<Reset>(&["incorrect_code", "invalid_password_reset", STEP])
            .reply(invalid(PASSWORD.map(|code| (code, None)))),
    ]
}

fn account() -> Vec<Operation> {
    vec![
        of_user(Method::GET, "/user/", "flatGetUser", "Get the user")
            .reply(Reply::json::<OneUser<'_>>(200, "The user.")),
        of_user(Method::POST, "/logout/", "flatLogOut", "Log out")
            .reply(Reply::json::<Empty>(200, "The session and its tokens have ended.")),
        of_user(Method::POST, "/password/change/", "flatChangePassword", "Change the password")
            .about("Ends every other session and every token.")
            .takes::<Change>()
            .replies([
                Reply::json::<LoggedIn<'_>>(200, "The password is changed."),
                invalid(
                    ["enter_current_password", "null_characters_not_allowed", "required", "too_many_login_attempts"]
                        .into_iter()
                        .chain(PASSWORD)
                        .map(|code| (code, None)),
                ),
                too_many(),
            ]),
        of_user(Method::POST, "/mfa/totp/add/", "flatAddTotp", "Get a secret for an authenticator app").replies([
            Reply::json::<NewTotp<'_>>(200, "The secret. Only the latest secret is valid."),
            errors(400, "The user cannot have an authenticator app.", [("unverified_email", None)]),
            conflict(),
        ]),
        of_user(Method::POST, "/mfa/totp/confirm/", "flatConfirmTotp", "Set up an authenticator app")
            .replies([
                Reply::json::<AddedTotp<'_>>(200, "The authenticator app is set up."),
                errors(401, "The login was too long ago.", [("reauthentication_required", None)]),
                conflict(),
            ])
            .reads_flat::<Confirmation>(&["incorrect_code", "invalid", "unverified_email"]),
    ]
}

fn providers() -> Vec<Operation> {
    let (get, post) = (Method::GET, Method::POST);
    let of = |method, path, id, summary| operation(method, path, id, summary).tagged(PROVIDERS);
    let arrival = |operation: Operation| {
        operation
            .replies([logged_in(), forbidden("Signup is closed."), not_found(), too_many(), outage()])
            .replies(pending())
    };
    let callback = |method, id| {
        let codes = ARRIVAL.into_iter().chain(["cancelled", "invalid_state", MALFORMED]).map(|code| (code, None));
        arrival(of(method, "/providers/{provider}/callback/", id, "Complete a login at a provider"))
            .reply(invalid(codes))
    };
    vec![
        of(get.clone(), "/providers/", "flatListProviders", "List the providers")
            .reply(Reply::json::<Providers<'_>>(200, "The providers.")),
        of(post.clone(), "/providers/{provider}/redirect/", "flatLeaveForProvider", "Start a login at a provider")
            .may_take::<Redirect>()
            .replies([
                Reply::json::<AuthorizationRedirect<'_>>(200, "The URL to send the user to."),
                invalid([("invalid", None), (MALFORMED, None)]),
                not_found(),
                outage(),
            ]),
        callback(get, "flatArriveFromProvider")
            .with(Parameter::query("state", "The `state` of the response that started the login."))
            .with(Parameter::query("code", "The authorization code."))
            .with(Parameter::query("error", "The provider's error code.")),
        callback(post.clone(), "flatArriveFromProviderByBody")
            .about("A form, or JSON with the same fields. The provider can send further fields.")
            .takes_as::<Callback>(&["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]),
        arrival(of(
            post,
            "/providers/{provider}/token/",
            "flatLogInByProviderToken",
            "Log in with a token of a provider",
        ))
        .reads_flat::<Token>(&ARRIVAL)
        .reply(errors(400, "Both tokens are missing.", [("required", None)])),
    ]
}

/// The fields of a provider's callback.
#[derive(JsonSchema)]
#[schemars(rename = "FlatProviderCallback")]
#[expect(dead_code, reason = "the provider decides which fields there are")]
struct Callback {
    /// The `state` of the response that started the login.
    state: String,
    /// The authorization code.
    code: Option<String>,
    /// The provider's error code.
    error: Option<String>,
}

trait Reads {
    /// Adds this body to the operation, and a refusal with the error codes of its fields and these codes.
    fn reads_flat<T: FromInput + JsonSchema>(self, more: &[&'static str]) -> Self;
}

impl Reads for Operation {
    fn reads_flat<T: FromInput + JsonSchema>(self, more: &[&'static str]) -> Self {
        let codes = T::codes().into_iter().chain(more.iter().copied()).map(|code| (code, None));
        self.takes::<T>().reply(invalid(codes))
    }
}

/// An operation that needs no login.
fn operation(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(API, method, path, id, summary).replies([
        errors(408, "The body did not arrive in time.", [("body_too_slow", None)]).named("FlatTimeout"),
        errors(413, "The body is larger than 2.5 MB.", [("body_too_large", None)]).named("FlatContentTooLarge"),
        errors(503, "The service is unavailable. Try again later.", [("unavailable", None)]),
    ])
}

/// An operation for users who are logged in.
fn of_user(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    let security = [&["flatToken"] as &[_]];
    operation(method, path, id, summary).tagged(ACCOUNT).secured_by(security).reply(not_authenticated())
}

/// A response with errors that have one of these codes.
fn errors(status: u16, about: &'static str, codes: impl IntoIterator<Item = Code>) -> Reply {
    let codes = codes.into_iter().collect::<Vec<_>>();
    let schema = Box::new(move |generator: &mut SchemaGenerator| {
        let errors = generator.subschema_for::<Errors<'_>>();
        let code = one_of(&codes);
        json_schema!({"allOf": [errors, {"properties": {"error_codes": {"additionalProperties": {"items": code}}}}]})
    });
    let reply = Reply::of_schema(status, about, schema);
    if status == 401 { reply.with_header(CHALLENGE) } else { reply }
}

/// 400: the input is invalid.
fn invalid(codes: impl IntoIterator<Item = Code>) -> Reply {
    errors(400, "The input is invalid.", codes.into_iter().chain([(MALFORMED, None)]))
}

/// 200 for a user who is logged in.
fn logged_in() -> Reply {
    Reply::json::<LoggedIn<'_>>(200, "The user is logged in.")
}

/// 401 for a login that failed, or that continues with another step.
fn pending() -> [Reply; 2] {
    let about = "Or another step has to follow: see `flow`.";
    [not_authenticated(), Reply::json::<Pending<'_>>(401, about).with_header(CHALLENGE)]
}

/// 401.
fn not_authenticated() -> Reply {
    errors(401, "The token is missing or invalid.", [("not_authenticated", None)]).named("FlatNotAuthenticated")
}

/// 403.
fn forbidden(about: &'static str) -> Reply {
    errors(403, about, [("forbidden", None)])
}

/// 404.
fn not_found() -> Reply {
    errors(404, "There is no such provider.", [("not_found", None)]).named("FlatNotFound")
}

/// 409.
fn conflict() -> Reply {
    errors(409, "The request does not fit the caller's current state.", [("conflict", None)]).named("FlatConflict")
}

/// 429.
fn too_many() -> Reply {
    let seconds = Header { name: "Retry-After", about: "Seconds to wait.", kind: "integer" };
    let reply = errors(429, "Too many requests. Try again later.", [("rate_limited", None)]);
    reply.may_have_header(seconds, None).named("FlatTooManyRequests")
}

/// 503: the provider cannot be reached.
fn outage() -> Reply {
    errors(503, "Or the provider cannot be reached.", [("provider_unavailable", None)])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    #[test]
    fn every_endpoint_is_described() {
        let differences = shared::description::differences(&crate::endpoints(), &super::operations());
        assert!(differences.is_empty(), "{differences:#?}");
    }

    fn document() -> Json {
        let part = (crate::endpoints(), super::operations());
        shared::description::document(json!({}), &[part]).unwrap()
    }

    #[test]
    fn a_login_is_described() {
        let document = document();
        let login = &document["paths"]["/auth/login/"]["post"];
        assert_eq!(
            login["requestBody"]["content"]["application/json"]["schema"]["$ref"],
            "#/components/schemas/FlatCredentials"
        );
        let pending = json!({"$ref": "#/components/schemas/FlatPending"});
        let answers = login["responses"]["401"]["content"]["application/json"]["schema"]["anyOf"].as_array().unwrap();
        assert!(answers.contains(&pending), "{answers:#?}");
        let schemas = document["components"]["schemas"].as_object().unwrap();
        // If two types had the same name, the second would have a number at its end.
        assert!(
            schemas.keys().all(|name| !name.ends_with(|last: char| last.is_ascii_digit())),
            "{:#?}",
            schemas.keys()
        );
    }
}
