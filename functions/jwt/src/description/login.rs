//! Login, sessions and the user.

use super::replies::{
    invalid, malformed, of_user, open, reading, refused, tags, too_many, with_session_cookies, wrong, wrong_type,
};
use crate::body::KINDS;
use crate::login::Login;
use crate::password::PasswordChange;
use crate::respond::Code;
use crate::responses::{Detail, PasswordChangeResponse, SessionOrChallengeResponse, SessionResponse, UserDetails};
use crate::sessions::{RemoveRefreshToken, TokenRefresh};
use crate::token::REFRESH_COOKIE;
use crate::user::{Names, PatchedNames};
use axum::http::Method;
use shared::description::{Operation, Parameter, Reply};
use shared::settings::Condition;

/// The cookie of the refresh token.
const COOKIE: Parameter =
    Parameter::cookie(REFRESH_COOKIE, "The refresh token.").only_if(Condition::JwtRefreshInCookie);

/// Returns the operations.
pub fn operations() -> Vec<Operation> {
    let (get, post) = (Method::GET, Method::POST);
    let login = open(post.clone(), "/login/", "jwtLogIn", "Log in with a password").tagged(tags::LOGIN);
    let session = || with_session_cookies(Reply::json::<SessionResponse>(200, "New tokens."));
    let user = || Reply::json::<UserDetails<'_>>(200, "The user.");
    vec![
        reading::<Login>(login).replies([
            with_session_cookies(Reply::json::<SessionOrChallengeResponse>(
                200,
                "The user is logged in, or another step has to follow.",
            )),
            refused(
                401,
                "The credentials are wrong, or the user cannot log in here.",
                [Code::IncorrectCredentials, Code::EmailNotVerified, Code::LoginStepRequired],
            ),
            too_many(),
        ]),
        open(post.clone(), "/refresh/", "jwtRefresh", "Refresh the tokens")
            .tagged(tags::LOGIN)
            .about("A refresh token can be used once. If it was used before, its session ends.")
            .with(COOKIE)
            .takes_as::<TokenRefresh>(KINDS)
            .body_only_if(Condition::JwtRefreshInBody)
            .replies([
                session(),
                invalid::<TokenRefresh>(),
                malformed().only_if(Condition::JwtRefreshInBody),
                wrong_type().only_if(Condition::JwtRefreshInBody),
                refused(
                    401,
                    "The refresh token is invalid, or its session has ended.",
                    [Code::EmailNotVerified, Code::SessionExpired, Code::TokenNotValid],
                ),
            ]),
        of_user(post.clone(), "/logout/", "jwtLogOut", "Log out")
            .tagged(tags::LOGIN)
            .about("Ends the session of the refresh token.")
            .with(COOKIE)
            .takes_as::<RemoveRefreshToken>(KINDS)
            .body_only_if(Condition::JwtRefreshInBody)
            .replies([
                Reply::json::<Detail>(200, "The session has ended."),
                invalid::<RemoveRefreshToken>().only_if(Condition::JwtRefreshInBody),
                wrong("The refresh token is missing or invalid, or the body is malformed."),
                wrong_type(),
            ]),
        of_user(post.clone(), "/logout-all/", "jwtLogOutEverywhere", "End all sessions")
            .tagged(tags::LOGIN)
            .reply(Reply::json::<Detail>(200, "All sessions of the user have ended.")),
        of_user(get, "/user/", "jwtGetUser", "Get the user").tagged(tags::USER).reply(user()),
        of_user(Method::PATCH, "/user/", "jwtPatchUser", "Change a name")
            .tagged(tags::USER)
            .may_take_as::<PatchedNames>(KINDS)
            .replies([user(), invalid::<PatchedNames>(), malformed(), wrong_type()]),
        reading::<Names>(of_user(Method::PUT, "/user/", "jwtPutUser", "Change both names").tagged(tags::USER))
            .reply(user()),
        reading::<PasswordChange>(
            of_user(post, "/password/change/", "jwtChangePassword", "Change the password").tagged(tags::USER),
        )
        .reply(with_session_cookies(Reply::json::<PasswordChangeResponse>(200, "The password is changed."))),
    ]
}
