//! The OpenAPI description of this function's endpoints.

use super::code::ConfirmLoginCode;
use super::email_verify::VerifyEmail;
use super::login::Login;
use super::password::ResetPassword;
use super::phone_verify::VerifyPhone;
use super::reauthenticate::Reauthenticate;
use super::tokens::RefreshToken;
use axum::http::Method;
use shared::description::headless::{
    LOGIN_CODES, PASSWORD, RECIPIENT_CODES, authenticated, conflict, done, forbidden, invalid, of_user, open,
    signup_codes, tags, too_many, unauthenticated,
};
use shared::description::{Operation, Parameter, Reply};
use shared::envelope::{
    Data, DataWithMeta, EmailVerificationInfo, EmailVerificationMeta, PasswordResetInfo, RefreshedTokens,
};
use shared::http::{CodeRecipient, Signup};

/// The header with the key from a mailed link, or with a mailed code.
const VERIFICATION_KEY: Parameter =
    Parameter::header("X-Email-Verification-Key", "The key from the link, or the code that was sent.");
/// The header with the key from a mailed link, or with a mailed code.
const RESET_KEY: Parameter =
    Parameter::header("X-Password-Reset-Key", "The key from the link, or the code that was sent.");

/// The error codes of a key in a header.
const KEY: [&str; 2] = ["required", "null_characters_not_allowed"];
/// The error codes of a key that verifies an address.
const EMAIL_KEY: [&str; 3] = ["email_taken", "incorrect_code", "invalid_or_expired_key"];
/// The error codes of a key that resets a password.
const RESET: [&str; 2] = ["incorrect_code", "invalid_password_reset"];

/// Returns the operations of this function.
pub fn operations() -> Vec<Operation> {
    let (get, post) = (Method::GET, Method::POST);
    vec![
        open(post.clone(), "auth/code/confirm", "confirmLoginCode", "Log in with a code")
            .tagged(tags::LOGIN_BY_CODE)
            .replies([authenticated(), unauthenticated(), conflict()])
            .reads::<ConfirmLoginCode>(["incorrect_code"]),
        open(post.clone(), "auth/code/request", "requestLoginCode", "Request a login code")
            .tagged(tags::LOGIN_BY_CODE)
            .replies([authenticated(), unauthenticated()])
            .takes::<CodeRecipient>()
            .refuses(RECIPIENT_CODES.into_iter().chain([("too_many_login_attempts", None)])),
        open(post.clone(), "auth/code/resend", "resendLoginCode", "Request another login code")
            .tagged(tags::LOGIN_BY_CODE)
            .replies([done(), conflict()]),
        open(get.clone(), "auth/email/verify", "getEmailVerification", "Get the address that a key verifies")
            .tagged(tags::VERIFICATION)
            .with(VERIFICATION_KEY)
            .reply(Reply::json::<DataWithMeta<EmailVerificationInfo<'static>, EmailVerificationMeta>>(
                200,
                "The address that the key verifies.",
            ))
            .reply(conflict())
            .reply(invalid(KEY.into_iter().chain(EMAIL_KEY).map(|code| (code, None)))),
        open(post.clone(), "auth/email/verify", "verifyEmail", "Verify an email address")
            .tagged(tags::VERIFICATION)
            .replies([authenticated(), unauthenticated(), conflict()])
            .reads::<VerifyEmail>(EMAIL_KEY),
        open(post.clone(), "auth/email/verify/resend", "resendEmailCode", "Request another verification code")
            .tagged(tags::VERIFICATION)
            .replies([done(), conflict(), too_many()]),
        open(post.clone(), "auth/login", "logIn", "Log in with a password")
            .tagged(tags::LOGIN)
            .replies([authenticated(), unauthenticated(), conflict(), too_many()])
            .takes::<Login>()
            .refuses(LOGIN_CODES),
        open(post.clone(), "auth/password/request", "requestPasswordReset", "Request a password reset")
            .tagged(tags::PASSWORD_RESET)
            .replies([done(), authenticated(), unauthenticated(), too_many()])
            .takes::<CodeRecipient>()
            .refuses(RECIPIENT_CODES),
        open(get.clone(), "auth/password/reset", "getPasswordReset", "Get the user whose password a key resets")
            .tagged(tags::PASSWORD_RESET)
            .with(RESET_KEY)
            .reply(Reply::json::<Data<PasswordResetInfo<'static>>>(200, "The user whose password the key resets."))
            .reply(conflict())
            .reply(invalid(KEY.into_iter().chain(RESET).map(|code| (code, None)))),
        open(post.clone(), "auth/password/reset", "resetPassword", "Reset a password")
            .tagged(tags::PASSWORD_RESET)
            .replies([authenticated(), unauthenticated(), conflict(), too_many()])
            .reads::<ResetPassword>(RESET.into_iter().chain(PASSWORD)),
        open(post.clone(), "auth/phone/verify", "verifyPhone", "Verify a phone number")
            .tagged(tags::VERIFICATION)
            .replies([authenticated(), unauthenticated(), conflict()])
            .reads::<VerifyPhone>(["incorrect_code", "phone_taken"]),
        open(post.clone(), "auth/phone/verify/resend", "resendPhoneCode", "Request another verification code")
            .tagged(tags::VERIFICATION)
            .replies([done(), conflict(), too_many()]),
        of_user(post.clone(), "auth/reauthenticate", "reauthenticate", "Reauthenticate with the password")
            .tagged(tags::REAUTHENTICATION)
            .replies([authenticated(), too_many()])
            .reads::<Reauthenticate>(["incorrect_password", "too_many_login_attempts"]),
        open(get, "auth/session", "getSession", "Get the current user").tagged(tags::CURRENT_SESSION).replies([
            authenticated(),
            unauthenticated(),
            invalid([]),
        ]),
        open(Method::DELETE, "auth/session", "logOut", "Log out")
            .tagged(tags::CURRENT_SESSION)
            .replies([unauthenticated(), invalid([])]),
        open(post.clone(), "auth/signup", "signUp", "Sign up")
            .tagged(tags::LOGIN)
            .replies([authenticated(), unauthenticated(), forbidden("Signup is closed."), conflict(), too_many()])
            .takes::<Signup>()
            .refuses(signup_codes(true)),
        open(post, "tokens/refresh", "refreshToken", "Refresh the access token")
            .tagged(tags::TOKENS)
            .secured_by([])
            .reply(Reply::json::<Data<RefreshedTokens>>(200, "New tokens."))
            .reads::<RefreshToken>([]),
    ]
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_endpoint_is_described() {
        let differences = shared::description::differences(&crate::endpoints(), &super::operations());
        assert!(differences.is_empty(), "{differences:#?}");
    }

    #[test]
    fn the_descriptions_form_a_document() {
        let part = (crate::endpoints(), super::operations());
        let document = shared::description::document(serde_json::json!({}), &[part]).unwrap();
        let login = &document["paths"]["/_allauth/{client}/v1/auth/login"]["post"];
        assert_eq!(login["x-latchkey-if"], serde_json::json!(["accounts"]));
    }
}
