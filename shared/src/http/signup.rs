//! Parsing of the fields of a signup.

use super::Input;
use super::fields::{Email, Field, Phone, Text, optional_texts};
use crate::account::is_same_email;
use crate::app::App;
use crate::flow::Problem;
use crate::flow::signup::sign_up::{Form, username_problems};
use crate::secret::strength::weaknesses;
use crate::settings::Condition;
use schemars::JsonSchema;
use unicode_normalization::UnicodeNormalization;

/// The fields of every signup that `ACCOUNT_SIGNUP_FIELDS` contains.
#[derive(Debug, Default, JsonSchema)]
#[schemars(transform = optional_texts)]
pub struct BaseSignup {
    /// The username.
    #[schemars(extend(
        "x-latchkey-if" = [Condition::SignupUsername],
        "x-latchkey-required-if" = [Condition::SignupUsernameRequired]
    ))]
    pub username: Option<Text>,
    /// The email address.
    #[schemars(extend(
        "x-latchkey-if" = [Condition::SignupEmail],
        "x-latchkey-required-if" = [Condition::SignupEmailRequired]
    ))]
    pub email: Option<Email>,
    /// The phone number.
    #[schemars(extend(
        "x-latchkey-if" = [Condition::SignupPhone],
        "x-latchkey-required-if" = [Condition::SignupPhoneRequired]
    ))]
    pub phone: Option<Phone>,
    /// The email address again.
    #[schemars(extend(
        "x-latchkey-if" = [Condition::SignupEmailTwice],
        "x-latchkey-required-if" = [Condition::SignupEmailTwiceRequired]
    ))]
    pub email2: Option<Email>,
}

/// The fields of a signup with a password.
#[derive(Debug, JsonSchema)]
#[schemars(transform = optional_texts)]
pub struct Signup {
    /// The fields of every signup.
    #[schemars(flatten)]
    pub base: BaseSignup,
    /// The password.
    #[schemars(extend(
        "x-latchkey-if" = [Condition::SignupPassword],
        "x-latchkey-required-if" = [Condition::SignupPasswordRequired]
    ))]
    pub password: Option<Text>,
}

/// The fields of a signup through a provider. A separate setting decides whether an address is required.
#[derive(Debug, JsonSchema)]
#[schemars(transform = needs_email_by_provider)]
pub struct ProviderSignup {
    /// The fields of every signup.
    #[schemars(flatten)]
    pub base: BaseSignup,
}

fn needs_email_by_provider(schema: &mut schemars::Schema) {
    if let Some(email) = schema.pointer_mut("/properties/email") {
        email["x-latchkey-required-if"] = serde_json::json!([Condition::ProviderSignupEmailRequired]);
    }
}

impl BaseSignup {
    /// Reads the fields that `ACCOUNT_SIGNUP_FIELDS` contains and ignores the others.
    fn read(app: &App, input: &Input, problems: &mut Vec<Problem>) -> Self {
        let fields = &app.settings.account.signup_fields;
        let mut read = Self::default();
        if let Some(field) = fields.get("username") {
            let username = Text::value(input, "username", field.required, problems);
            // Composes the text (NFC): a letter followed by a combining mark becomes the letter that users see.
            let username = username.map(|Text(name)| name.nfc().collect::<String>());
            let invalid = username.as_deref().map(|name| username_problems(&app.settings, name)).unwrap_or_default();
            read.username = username.filter(|_| invalid.is_empty()).map(Text);
            problems.extend(invalid);
        }
        if let Some(field) = fields.get("email") {
            read.email = Email::value(input, "email", field.required, problems);
        }
        if let Some(field) = fields.get("phone") {
            read.phone = Phone::value(input, "phone", field.required, problems);
        }
        if let Some(field) = fields.get("email2") {
            read.email2 = Email::value(input, "email2", field.required, problems);
            if let (Some(Email(email)), Some(Email(again))) = (&read.email, &read.email2)
                && !is_same_email(email, again)
            {
                problems.push(Problem::field("email2", "", "You must type the same email each time."));
            }
        }
        read
    }
}

/// Reads a signup. It has no password if another credential replaces it.
pub fn signup_form(app: &App, input: &Input, with_password: bool) -> Form {
    let mut form = Form::default();
    let base = BaseSignup::read(app, input, &mut form.problems);
    form.username = base.username.map(|Text(name)| name);
    form.email = base.email.map(|Email(email)| email);
    form.phone = base.phone.map(|Phone(number)| number);
    let hidden = app.settings.account.signup_form_honeypot_field.as_deref();
    form.is_bot = hidden.is_some_and(|name| input.text(name).is_some());
    let field = app.settings.account.signup_fields.get("password1").filter(|_| with_password);
    if let Some(field) = field {
        form.password = Text::value(input, "password", field.required, &mut form.problems).map(|Text(text)| text);
        // The other fields are not compared with the password, as in the reference's headless API.
        let weak = form.password.as_deref().map(|password| weaknesses(password, &[], &app.password_policy));
        form.problems.extend(
            weak.into_iter().flatten().map(|weakness| Problem::field("password", weakness.code, weakness.message)),
        );
    }
    form
}
