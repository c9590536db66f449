//! Login with a password.

use crate::respond;
use schemars::JsonSchema;
use shared::flow::login::password::{Credentials, check, count, finish};
use shared::flow::{Problem, Refusal};
use shared::http::fields::{Email, Field, Phone, Text};
use shared::http::{ApiError, ApiRequest, ApiResponse, Input};
use shared::session::Caller;
use shared::settings::{AccountSettings, Condition, LoginMethod};

/// A password, and one of the identifiers that people can log in with.
#[derive(Default, JsonSchema)]
#[schemars(rename = "FlatCredentials")]
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

/// `POST login/`: logs in with a password. The previous login of the caller is ignored.
pub async fn login(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let credentials = match request.input().and_then(|input| Ok(Login::read(&input, &cx.settings.account)?)) {
        Ok(credentials) => credentials,
        Err(rejection) => {
            count(cx).await?;
            return Err(rejection);
        }
    };
    let verified = check(cx, credentials).await?;
    let outcome = finish(cx, Caller::Anonymous, verified).await?;
    respond::login_response(&request, &outcome, None).await
}

impl Login {
    /// Reads the password and the one identifier that the request contains.
    fn read(input: &Input, account: &AccountSettings) -> Result<Credentials, Refusal> {
        let mut problems = Vec::new();
        let methods = &account.login_methods;
        let given = methods.iter().filter(|method| input.has(method.as_str())).copied().collect::<Vec<_>>();
        let method = match (&given[..], &methods[..]) {
            ([only], _) | ([], [only]) => Some(*only),
            _ => None,
        };
        let mut login = Self::default();
        match method {
            Some(LoginMethod::Email) => login.email = Email::value(input, "email", true, &mut problems),
            Some(LoginMethod::Username) => login.username = Text::value(input, "username", true, &mut problems),
            Some(LoginMethod::Phone) => login.phone = Phone::value(input, "phone", true, &mut problems),
            None => {}
        }
        login.password = Text::value(input, "password", true, &mut problems);
        let Self { email, username, phone, password } = login;
        let identifier = email.map(|it| it.0).or(username.map(|it| it.0)).or(phone.map(|it| it.0));
        match (method, identifier, password) {
            (Some(method), Some(identifier), Some(Text(password))) => Ok(Credentials { method, identifier, password }),
            (None, _, Some(_)) => Err(Problem::general("invalid_login", "Invalid login.").into()),
            _ => Err(Refusal::Invalid(problems)),
        }
    }
}
