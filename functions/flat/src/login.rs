//! Login with a password.

use crate::words;
use shared::flow::login::password::{Credentials, check, count, finish};
use shared::flow::{Problem, Refusal};
use shared::http::{ApiError, ApiRequest, ApiResponse, Input};
use shared::session::Caller;
use shared::settings::{AccountSettings, LoginMethod};

/// `POST login/`: whoever asks becomes who the credentials say, whoever they were.
pub async fn login(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let credentials = match request.input().and_then(|input| Ok(read(&input, &cx.settings.account)?)) {
        Ok(credentials) => credentials,
        Err(rejection) => {
            count(cx).await?;
            return Err(rejection);
        }
    };
    let proven = check(cx, credentials).await?;
    let outcome = finish(cx, Caller::Anonymous, proven).await?;
    words::entered(&request, &outcome, None).await
}

/// The one identifier that is given, and the password.
fn read(input: &Input, account: &AccountSettings) -> Result<Credentials, Refusal> {
    let mut problems = Vec::new();
    let given = account.login_methods.iter().filter(|method| input.has(method.as_str())).copied().collect::<Vec<_>>();
    let method = match given[..] {
        [only] => Some(only),
        [] => match account.login_methods[..] {
            [only] => Some(only),
            _ => None,
        },
        _ => None,
    };
    let identifier = method.and_then(|method| match method {
        LoginMethod::Email => input.email_field("email", true, &mut problems),
        LoginMethod::Username => input.char_field("username", true, &mut problems),
        LoginMethod::Phone => input.phone_field("phone", true, &mut problems),
    });
    let password = input.char_field("password", true, &mut problems);
    match (method, identifier, password) {
        (Some(method), Some(identifier), Some(password)) => Ok(Credentials { method, identifier, password }),
        (None, _, Some(_)) => Err(Problem::general("invalid_login", "Invalid login.").into()),
        _ => Err(Refusal::Invalid(problems)),
    }
}
