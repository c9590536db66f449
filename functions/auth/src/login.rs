//! Login with a password.

use schemars::JsonSchema;
use shared::flow::login::password::{Credentials, check, count, finish};
use shared::flow::{Problem, Refusal};
use shared::http::fields::{Email, Field, Phone, Text};
use shared::http::{ApiError, ApiRequest, ApiResponse, Input};
use shared::settings::{AccountSettings, Condition, LoginMethod};

/// A password, and one of the identifiers that people can log in with.
#[derive(Default, JsonSchema)]
pub struct Login {
    /// The email address.
    #[schemars(extend("x-latchkey-if" = [Condition::EmailLogin]))]
    email: Option<Email>,
    /// The username.
    #[schemars(extend("x-latchkey-if" = [Condition::UsernameLogin]))]
    username: Option<Text>,
    /// The phone number.
    #[schemars(extend("x-latchkey-if" = [Condition::PhoneLogin]))]
    phone: Option<Phone>,
    /// The password.
    #[schemars(required, with = "Text")]
    password: Option<Text>,
}

/// `POST auth/login`.
pub async fn login(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller().await?;
    let cx = request.context();
    let credentials = match request.input().map(|input| Login::read(&input, &cx.settings.account)) {
        Ok(Ok(credentials)) => credentials,
        Ok(Err(problems)) => {
            count(cx).await?;
            return Err(Refusal::Invalid(problems).into());
        }
        Err(malformed) => {
            count(cx).await?;
            return Err(malformed);
        }
    };
    let verified = check(cx, credentials).await?;
    // The reference also checks the credentials before it reports this conflict.
    if caller.user().is_some() {
        verified.give_back(cx).await;
        return Err(Refusal::Conflict.into());
    }
    let outcome = finish(cx, caller, verified).await?;
    Ok(request.answer(&outcome))
}

impl Login {
    /// Reads the password and the one identifier that the request contains.
    fn read(input: &Input, account: &AccountSettings) -> Result<Credentials, Vec<Problem>> {
        let mut problems = Vec::new();
        let alone = account.login_methods.len() == 1;
        let mut login = Self::default();
        for method in &account.login_methods {
            match method {
                LoginMethod::Email => login.email = Email::value(input, "email", alone, &mut problems),
                LoginMethod::Username => login.username = Text::value(input, "username", alone, &mut problems),
                LoginMethod::Phone => login.phone = Phone::value(input, "phone", alone, &mut problems),
            }
        }
        login.password = Text::value(input, "password", true, &mut problems);
        let given = account.login_methods.iter().filter(|method| input.has(method.as_str())).collect::<Vec<_>>();
        let password = login.password.take().map(|Text(password)| password);
        match (<[_; 1]>::try_from(given), password) {
            (Ok([method]), Some(password)) if problems.is_empty() => {
                Ok(Credentials { method: *method, identifier: login.identifier(*method), password })
            }
            (Err(_), Some(_)) if problems.is_empty() => Err(vec![Problem::general("invalid_login", "Invalid login.")]),
            _ => Err(problems),
        }
    }

    fn identifier(self, method: LoginMethod) -> String {
        let identifier = match method {
            LoginMethod::Email => self.email.map(|Email(email)| email),
            LoginMethod::Username => self.username.map(|Text(name)| name),
            LoginMethod::Phone => self.phone.map(|Phone(number)| number),
        };
        identifier.unwrap_or_default()
    }
}
