//! Signup, invitations and password resets: the requests that send mail, and the endpoints of the links.

use super::replies::{
    COOKIES, button, error_detail, of_user, open, optional, page, reading, refused, tags, token_refused, too_many,
    with_session_cookies,
};
use crate::invitation::{DEFAULT_PAGE, UserRegister};
use crate::registration::Register;
use crate::reset::{EmailTooLong, PasswordReset, SetPassword};
use crate::respond::Code;
use crate::responses::{Detail, Empty, SessionOrChallengeResponse, VerificationSentResponse};
use axum::http::Method;
use shared::description::{Operation, Parameter, Reply};
use shared::settings::Condition;

/// The path of the link of a password reset.
const RESET_LINK: &str = "/password/reset/confirm/{uid}/{token}/";
/// The path of the link of a verification or of an invitation.
const VERIFICATION_LINK: &str = "/registration/verification/{key}/";
/// The response to a link that must not act when it is opened.
const ASKS: &str = "A page with a button that posts to the link.";

/// The CSRF token of a request with a capability.
const CSRF: Parameter =
    Parameter::header("X-CSRFToken", "The value of the cookie `csrftoken`, which came with the capability.")
        .only_if(Condition::JwtCapabilityCsrf);

/// Returns the operations.
pub fn operations() -> Vec<Operation> {
    [registration(), verification(), invitations(), resets()].into_iter().flatten().collect()
}

fn registration() -> Vec<Operation> {
    let sent_page = "/registration/account_email_verification_sent/";
    vec![
        reading::<Register>(
            optional(Method::POST, "/registration/", "jwtRegister", "Sign up").tagged(tags::REGISTRATION),
        )
        .replies([
            with_session_cookies(Reply::json::<SessionOrChallengeResponse>(
                201,
                "The user is logged in, or has to set up a second factor.",
            )),
            with_session_cookies(Reply::json::<VerificationSentResponse>(201, "A mail verifies the address."))
                .only_if(Condition::JwtRegistrationVerifies),
            token_refused("The user cannot log in here, or the access token is invalid.", &[Code::LoginStepRequired]),
            error_detail(403, "Sign-up is closed."),
            too_many(),
        ]),
        page(Method::GET, sent_page, "jwtVerificationSentPage", "Show that a mail was sent")
            .tagged(tags::REGISTRATION)
            .reply(Reply::page(200, "The page.")),
    ]
}

fn verification() -> Vec<Operation> {
    let (links, asks) = (Condition::JwtVerificationLinks, Condition::JwtVerificationLinksAsk);
    let done = || {
        let about = "The address is verified, or the invitation is opened.";
        Reply::redirect(302, about).may_have_header(COOKIES, None)
    };
    let failed = || Reply::page(400, "The link does not work.");
    let not_found = || error_detail(404, "The link does not work.");
    let verified = "/registration/verified/";
    vec![
        optional(Method::GET, VERIFICATION_LINK, "jwtOpenVerificationLink", "Open the link of a verification")
            .tagged(tags::REGISTRATION)
            .replies([
                Reply::page(200, ASKS).only_if(asks),
                done().only_if(links),
                failed().only_if(links),
                not_found().only_if(links),
                bad_token(),
            ]),
        button(VERIFICATION_LINK, "jwtFollowVerificationLink", "Verify an email address")
            .tagged(tags::REGISTRATION)
            .secured_by([&["jwtAllauth"] as &[_], &[]])
            .replies([done(), failed(), not_found(), bad_token()]),
        page(Method::GET, verified, "jwtVerifiedPage", "Show that the address is verified")
            .tagged(tags::REGISTRATION)
            .reply(Reply::page(200, "The page.")),
    ]
}

fn invitations() -> Vec<Operation> {
    let invite = of_user(Method::POST, "/registration/user-register/", "jwtInvite", "Invite a user");
    let set = open(Method::POST, "/registration/set-password/", "jwtSetPassword", "Set a first password");
    vec![
        reading::<UserRegister>(invite.tagged(tags::REGISTRATION)).replies([
            Reply::json::<Empty>(201, "The invitation is sent."),
            error_detail(403, "The role of the user does not allow it."),
        ]),
        redeeming(set.tagged(tags::REGISTRATION).secured_by([&["jwtSetPassword"] as &[_]])),
        optional(Method::GET, DEFAULT_PAGE, "jwtSetPasswordPage", "Show the form of a first password")
            .tagged(tags::REGISTRATION)
            .replies([Reply::page(200, "The page.").may_have_header(COOKIES, None), bad_token()]),
    ]
}

fn resets() -> Vec<Operation> {
    let (links, asks) = (Condition::JwtResetLinks, Condition::JwtResetLinksAsk);
    let done = || Reply::redirect(302, "The link is exchanged for a capability.").may_have_header(COOKIES, None);
    let over = || Reply::page(200, "The link does not work.");
    let request = optional(Method::POST, "/password/reset/", "jwtRequestPasswordReset", "Request a password reset");
    let set = open(Method::POST, "/password/reset/set-new/", "jwtResetPassword", "Set a new password");
    vec![
        reading::<PasswordReset>(request.tagged(tags::RESET)).replies([
            Reply::json::<Detail>(200, "A mail is sent if the account exists."),
            Reply::json::<EmailTooLong>(400, "The address is too long."),
            bad_token(),
            too_many(),
        ]),
        open(Method::GET, RESET_LINK, "jwtOpenResetLink", "Open the link of a password reset")
            .tagged(tags::RESET)
            .replies([Reply::page(200, ASKS).only_if(asks), over().only_if(links), done().only_if(links)]),
        button(RESET_LINK, "jwtFollowResetLink", "Exchange the link of a password reset")
            .tagged(tags::RESET)
            .replies([over(), done()]),
        optional(Method::GET, "/password/reset/default/", "jwtResetPasswordPage", "Show the form of a new password")
            .tagged(tags::RESET)
            .replies([Reply::page(200, "The page.").may_have_header(COOKIES, None), bad_token()]),
        redeeming(set.tagged(tags::RESET).secured_by([&["jwtPasswordReset"] as &[_]])),
        page(Method::GET, "/password/reset/complete/", "jwtResetCompletePage", "Show that the password is set")
            .tagged(tags::RESET)
            .reply(Reply::page(200, "The page.")),
    ]
}

/// 401: the access token of the request is invalid.
fn bad_token() -> Reply {
    token_refused("The access token is invalid.", &[])
}

/// Adds what operations that exchange a capability for a password have in common.
fn redeeming(operation: Operation) -> Operation {
    reading::<SetPassword>(operation).with(CSRF).replies([
        with_session_cookies(Reply::json::<SessionOrChallengeResponse>(
            200,
            "The password is set, and the user is logged in or another step has to follow.",
        )),
        Reply::json::<Detail>(200, "The password is set. The login needs a step that this API does not have."),
        refused(401, "The capability is missing, or was used before.", [Code::TokenNotValid]),
        error_detail(403, "The CSRF token is missing or wrong.").only_if(Condition::JwtCapabilityCsrf),
    ])
}
