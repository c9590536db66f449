//! The links of the JWT API, and related mails.

use crate::account::User;
use crate::flow::{Context, Problem};
use crate::outbox::{MailKind, Message};
use crate::secret::strength::{Policy, weaknesses};
use serde_json::Value as Json;

/// The problems of a new password that the user typed twice, as a form of Django reports them.
pub(super) fn password_problems(policy: &Policy, user: &User, first: &str, second: &str) -> Vec<Problem> {
    if first != second {
        let message = "The two password fields didn\u{2019}t match.";
        return vec![Problem::field("new_password2", "password_mismatch", message)];
    }
    let weak = weaknesses(second, &user.attributes_for_passwords(), policy);
    weak.into_iter().map(|weakness| Problem::field("new_password2", weakness.code, weakness.message)).collect()
}

/// The problem of an address that has an account, with the message of the JWT API.
pub(super) fn address_taken() -> Problem {
    Problem::field("email", "email_taken", "A user is already registered with this e-mail address.")
}

/// The mail to the owner of an address that another person tried to register with. It links to the page that requests a
/// password reset, if the settings contain one.
pub(super) fn address_taken_mail(cx: Context<'_>, email: &str) -> Message {
    let page = cx.settings.jwt_api.password_reset_request_url.as_deref();
    let url = page.map(|page| match cx.settings.service.public_url.join(page) {
        Ok(absolute) => absolute.to_string(),
        Err(_) => page.to_owned(),
    });
    let params = match url {
        Some(url) => serde_json::json!({"password_reset_url": url}),
        None => Json::Object(serde_json::Map::new()),
    };
    Message::mail(cx.app, MailKind::AccountAlreadyExists, email, params, 86_400)
}
