//! Reading where a code or a link is to go.

use super::Input;
use super::fields::{Email, Field, Phone, optional_texts};
use crate::flow::Problem;
use crate::flow::login::code::Identifier;
use crate::settings::{AccountSettings, Condition, LoginMethod};
use schemars::JsonSchema;

/// Where a code or a link is to go: one of both.
#[derive(Debug, JsonSchema)]
#[schemars(inline, transform = optional_texts)]
pub struct CodeRecipient {
    /// The email address.
    pub email: Option<Email>,
    /// The phone number.
    #[schemars(extend("x-latchkey-if" = [Condition::CodesToPhones]))]
    pub phone: Option<Phone>,
}

/// Reads where a login code is to go: to the address, unless phone numbers are the only way in; to the number, where
/// they are one.
///
/// # Errors
/// What is wrong with the fields.
pub fn login_code_identifier(input: &Input, account: &AccountSettings) -> Result<Identifier, Vec<Problem>> {
    let has = |method| account.login_methods.contains(&method);
    let by_phone = has(LoginMethod::Phone);
    read(input, has(LoginMethod::Email) || !by_phone, by_phone)
}

/// Reads where the reset of a password is to go: to an address, and by code to a number, where one logs in.
///
/// # Errors
/// What is wrong with the fields.
pub fn reset_identifier(input: &Input, account: &AccountSettings) -> Result<Identifier, Vec<Problem>> {
    let by_phone = account.password_reset_by_code_enabled && account.login_methods.contains(&LoginMethod::Phone);
    // Somebody who has an address besides can always use it.
    let by_email = !by_phone || account.login_methods.contains(&LoginMethod::Email) || input.has("email");
    read(input, by_email, by_phone)
}

fn read(input: &Input, by_email: bool, by_phone: bool) -> Result<Identifier, Vec<Problem>> {
    let mut problems = Vec::new();
    let phone = if by_phone { Phone::value(input, "phone", !by_email, &mut problems) } else { None };
    let email = if by_email { Email::value(input, "email", !by_phone, &mut problems) } else { None };
    match (CodeRecipient { email, phone }) {
        _ if !problems.is_empty() => Err(problems),
        CodeRecipient { email: Some(_), phone: Some(_) } => {
            Err(vec![Problem::general("select_only_one", "Please select only one.")])
        }
        CodeRecipient { email: Some(Email(email)), .. } => Ok(Identifier::Email(email)),
        CodeRecipient { phone: Some(Phone(phone)), .. } => Ok(Identifier::Phone(phone)),
        CodeRecipient { email: None, phone: None } => Err(vec![Problem::required("email")]),
    }
}
