//! The recipient of a code or a link.

use super::Input;
use super::fields::{Email, Field, Phone, optional_texts};
use crate::flow::Problem;
use crate::flow::login::code::Identifier;
use crate::settings::{AccountSettings, Condition, LoginMethod};
use schemars::JsonSchema;

/// The recipient of a code or a link: either an address or a phone number.
#[derive(Debug, JsonSchema)]
#[schemars(inline, transform = optional_texts)]
pub struct CodeRecipient {
    /// The email address.
    pub email: Option<Email>,
    /// The phone number.
    #[schemars(extend("x-latchkey-if" = [Condition::CodesToPhones]))]
    pub phone: Option<Phone>,
}

/// Reads the recipient of a login code. It is an address, unless the phone number is the only login method. It can be a
/// phone number if that is a login method.
///
/// # Errors
/// The problems of the fields.
pub fn login_code_identifier(input: &Input, account: &AccountSettings) -> Result<Identifier, Vec<Problem>> {
    let has = |method| account.login_methods.contains(&method);
    let by_phone = has(LoginMethod::Phone);
    read(input, has(LoginMethod::Email) || !by_phone, by_phone)
}

/// Reads the recipient of a password reset. It is an address. It can be a phone number if resets use codes and phone
/// number is a login method.
///
/// # Errors
/// The problems of the fields.
pub fn reset_identifier(input: &Input, account: &AccountSettings) -> Result<Identifier, Vec<Problem>> {
    let by_phone = account.password_reset_by_code_enabled && account.login_methods.contains(&LoginMethod::Phone);
    // A user who also has an address can always use it.
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
