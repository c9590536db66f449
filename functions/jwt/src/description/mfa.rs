//! Second factors.

use super::replies::{
    error_detail, invalid, of_user, optional, reading, refused, tags, token_refused, too_many, with_session_cookies,
    wrong, wrong_type,
};
use crate::body::KINDS;
use crate::mfa::{MfaActivate, MfaDeactivate, MfaSetup, MfaVerify, MfaVerifyRecovery};
use crate::respond::Code;
use crate::responses::{
    Authenticator, MfaActivateResponse, MfaDeactivateResponse, MfaSetupResponse, SessionOrChallengeResponse,
};
use axum::http::Method;
use shared::description::{Operation, Reply};
use shared::settings::Condition;

/// The callers who can set up an authenticator app.
const ENROLLEE: &str = "For users who are logged in, and for a login that waits for the setup of a second factor.";

/// Returns the operations.
pub fn operations() -> Vec<Operation> {
    let (get, post) = (Method::GET, Method::POST);
    vec![
        enrolling(optional(post.clone(), "/mfa/setup/", "jwtSetUpTotp", "Get a secret for an authenticator app"))
            .may_take_as::<MfaSetup>(KINDS)
            .replies([
                Reply::json::<MfaSetupResponse<'_>>(200, "The secret. It is valid for 5 minutes.")
                    .only_if(Condition::JwtTotp),
                invalid::<MfaSetup>(),
                wrong("There is an authenticator app already, or the body is malformed."),
                wrong_type(),
            ]),
        enrolling(optional(post.clone(), "/mfa/activate/", "jwtActivateTotp", "Activate the authenticator app"))
            .takes_as::<MfaActivate>(KINDS)
            .replies([
                with_session_cookies(Reply::json::<MfaActivateResponse>(200, "The authenticator app is set up."))
                    .only_if(Condition::JwtTotp),
                invalid::<MfaActivate>(),
                wrong("The code is wrong, nothing is being set up, or the body is malformed."),
                wrong_type(),
            ]),
        of_user(get, "/mfa/authenticators/", "jwtListAuthenticators", "List authenticators")
            .tagged(tags::SECOND_FACTOR)
            .replies([
                Reply::json::<Vec<Authenticator<'_>>>(200, "The user's second factors and passkeys.")
                    .only_if(Condition::JwtTotp),
                disabled(),
            ]),
        reading::<MfaDeactivate>(
            of_user(post.clone(), "/mfa/deactivate/", "jwtDeactivateTotp", "Remove the authenticator app")
                .tagged(tags::SECOND_FACTOR),
        )
        .replies([
            Reply::json::<MfaDeactivateResponse>(200, "The authenticator app is removed.")
                .only_if(Condition::JwtTotpOptional),
            wrong("The password is wrong, or there is no authenticator app."),
            disabled(),
            error_detail(403, "Every user needs an authenticator app.").only_if(Condition::JwtTotpRequired),
        ]),
        second_factor(reading::<MfaVerify>(optional(
            post.clone(),
            "/mfa/verify/",
            "jwtVerifyTotp",
            "Complete a login with a code",
        ))),
        second_factor(reading::<MfaVerifyRecovery>(optional(
            post,
            "/mfa/verify-recovery/",
            "jwtVerifyRecoveryCode",
            "Complete a login with a recovery code",
        ))),
    ]
}

/// 403 if authenticator apps are turned off.
fn disabled() -> Reply {
    error_detail(403, "Authenticator apps are not set up here.").only_if(Condition::JwtTotpDisabled)
}

/// Adds what operations for the setup of an authenticator app have in common.
fn enrolling(operation: Operation) -> Operation {
    operation.tagged(tags::SECOND_FACTOR).about(ENROLLEE).replies([
        token_refused("There is neither an access token nor a login that waits.", &[Code::EmailNotVerified]),
        refused(403, "The login of the session was too long ago.", [Code::ReauthenticationRequired])
            .only_if(Condition::JwtTotp),
        disabled(),
    ])
}

/// Adds what operations for the second factor of a login have in common.
fn second_factor(operation: Operation) -> Operation {
    operation.tagged(tags::SECOND_FACTOR).replies([
        with_session_cookies(Reply::json::<SessionOrChallengeResponse>(
            200,
            "The user is logged in, or another step has to follow.",
        )),
        wrong("The code is wrong, the challenge has expired, or the body is malformed."),
        token_refused(
            "The user cannot log in here, or the access token is invalid.",
            &[Code::EmailNotVerified, Code::LoginStepRequired],
        ),
        disabled(),
        too_many(),
    ])
}
