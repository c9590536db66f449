//! Reading what somebody signs up with.

use super::Input;
use crate::account::is_same_email;
use crate::app::App;
use crate::flow::Problem;
use crate::flow::signup::sign_up::{Form, username_problems};
use crate::secret::strength::weaknesses;
use unicode_normalization::UnicodeNormalization;

/// The fields that `ACCOUNT_SIGNUP_FIELDS` names; whatever else is in the body changes nothing. Without a password where
/// something else takes its place.
pub fn signup_form(app: &App, input: &Input, with_password: bool) -> Form {
    let fields = &app.settings.account.signup_fields;
    let mut form = Form::default();
    if let Some(field) = fields.get("username") {
        let username = input.char_field("username", field.required, &mut form.problems);
        // Composed: what a keyboard sends as a letter and a mark is the letter that people see.
        form.username = username.map(|name| name.nfc().collect());
        let problems = form.username.as_deref().map(|name| username_problems(&app.settings, name)).unwrap_or_default();
        if !problems.is_empty() {
            form.username = None;
            form.problems.extend(problems);
        }
    }
    if let Some(field) = fields.get("email") {
        form.email = input.email_field("email", field.required, &mut form.problems);
    }
    if let Some(field) = fields.get("phone") {
        form.phone = input.phone_field("phone", field.required, &mut form.problems);
    }
    let hidden = app.settings.account.signup_form_honeypot_field.as_deref();
    form.is_bot = hidden.is_some_and(|name| input.text(name).is_some());
    if let Some(field) = fields.get("email2") {
        let again = input.email_field("email2", field.required, &mut form.problems);
        if let (Some(email), Some(again)) = (&form.email, &again)
            && !is_same_email(email, again)
        {
            form.problems.push(Problem::field("email2", "", "You must type the same email each time."));
        }
    }
    if let Some(field) = fields.get("password1").filter(|_| with_password) {
        form.password = input.char_field("password", field.required, &mut form.problems);
        // Without the other fields, as the reference's headless API does.
        let weak = form.password.as_deref().map(|password| weaknesses(password, &[], &app.password_policy));
        form.problems.extend(
            weak.into_iter().flatten().map(|weakness| Problem::field("password", weakness.code, weakness.message)),
        );
    }
    form
}
