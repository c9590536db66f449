//! The OpenAPI description of this function's endpoints.

use super::email::{AddEmail, MarkPrimaryEmail, OneEmail};
use super::password::ChangePassword;
use super::phone::ChangePhone;
use super::sessions::EndSessions;
use axum::http::Method;
use shared::description::headless::{
    PASSWORD, authenticated, conflict, done, forbidden, invalid, of_user, tags, too_many,
};
use shared::description::{Operation, Reply};
use shared::envelope::{Data, EmailAddress, PhoneNumber, Session};

fn email_addresses() -> Reply {
    Reply::json::<Data<Vec<EmailAddress<'static>>>>(200, "The account's email addresses.").named("EmailAddresses")
}

fn sessions() -> Reply {
    Reply::json::<Data<Vec<Session<'static>>>>(200, "The user's sessions.").named("Sessions")
}

/// Returns the operations of this function.
pub fn operations() -> Vec<Operation> {
    let (get, post) = (Method::GET, Method::POST);
    let email = |method, id, summary| of_user(method, "account/email", id, summary).tagged(tags::EMAIL);
    vec![
        email(get.clone(), "listEmailAddresses", "List the email addresses").reply(email_addresses()),
        email(post.clone(), "addEmailAddress", "Add an email address")
            .about("While a signup waits for the verification of its address, this changes the address.")
            .asks_again()
            .replies([email_addresses(), conflict(), too_many()])
            .reads::<AddEmail>([
                "add_email_blocked",
                "duplicate_email",
                "email_taken",
                "max_email_addresses",
                "same_as_current",
            ]),
        email(Method::PUT, "resendEmailVerification", "Send the verification of an email address again")
            .replies([done(), forbidden("The verification was sent a moment ago."), too_many()])
            .reads::<OneEmail>(["invalid", "unknown_email"]),
        email(Method::PATCH, "makeEmailPrimary", "Make an email address the primary one")
            .asks_again()
            .replies([email_addresses(), too_many()])
            .takes::<MarkPrimaryEmail>()
            .reply(invalid(
                ["invalid", "null_characters_not_allowed", "required", "unknown_email", "unverified_primary_email"]
                    .map(|code| (code, None)),
            )),
        email(Method::DELETE, "removeEmailAddress", "Remove an email address")
            .asks_again()
            .replies([email_addresses(), too_many()])
            .reads::<OneEmail>(["cannot_remove_primary_email", "invalid", "unknown_email"]),
        of_user(post.clone(), "account/password/change", "changePassword", "Change the password, or set the first one")
            .tagged(tags::PASSWORD)
            .replies([authenticated(), too_many()])
            .takes::<ChangePassword>()
            .refuses(
                ["enter_current_password", "null_characters_not_allowed", "required", "too_many_login_attempts"]
                    .into_iter()
                    .chain(PASSWORD)
                    .map(|code| (code, None)),
            ),
        of_user(get.clone(), "account/phone", "getPhone", "Get the phone number")
            .tagged(tags::PHONE)
            .reply(Reply::json::<Data<Vec<PhoneNumber<'static>>>>(200, "A list of at most one phone number.")),
        of_user(post, "account/phone", "changePhone", "Change the phone number")
            .about("While a signup waits for the verification of its number, this changes the number.")
            .tagged(tags::PHONE)
            .asks_again()
            .reply(Reply::json::<Data<Vec<PhoneNumber<'static>>, 202>>(
                202,
                "A code was sent to the number. The account has the number once the code is confirmed.",
            ))
            .replies([conflict(), too_many()])
            .reads::<ChangePhone>(["phone_taken", "same_as_current"]),
        of_user(get, "auth/sessions", "listSessions", "List the sessions")
            .tagged(tags::SESSIONS)
            .replies([sessions(), invalid([])]),
        of_user(Method::DELETE, "auth/sessions", "endSessions", "End sessions")
            .tagged(tags::SESSIONS)
            .reply(sessions())
            .reads::<EndSessions>([]),
    ]
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_endpoint_is_described() {
        let differences = shared::description::differences(&crate::endpoints(), &super::operations());
        assert!(differences.is_empty(), "{differences:#?}");
    }
}
