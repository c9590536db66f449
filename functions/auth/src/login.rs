//! Login with a password.

use shared::flow::login::password::{Credentials, check, count, finish};
use shared::flow::{Problem, Refusal};
use shared::http::{ApiError, ApiRequest, ApiResponse, Input};
use shared::settings::{AccountSettings, LoginMethod};

/// `POST auth/login`.
pub async fn login(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let caller = request.caller().await?;
    let cx = request.context();
    let credentials = match request.input().map(|input| read(&input, &cx.settings.account)) {
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
    let proven = check(cx, credentials).await?;
    // Told only after the credentials were found right, as the reference does.
    if caller.user().is_some() {
        proven.give_back(cx).await;
        return Err(Refusal::Conflict.into());
    }
    let outcome = finish(cx, caller, proven).await?;
    Ok(request.answer(&outcome))
}

/// The one identifier that is given, and the password.
fn read(input: &Input, account: &AccountSettings) -> Result<Credentials, Vec<Problem>> {
    let mut problems = Vec::new();
    let alone = account.login_methods.len() == 1;
    let given = account.login_methods.iter().map(|method| {
        let name = method.as_str();
        let value = match method {
            LoginMethod::Email => input.email_field(name, alone, &mut problems),
            LoginMethod::Username => input.char_field(name, alone, &mut problems),
            LoginMethod::Phone => input.phone_field(name, alone, &mut problems),
        };
        (*method, value.unwrap_or_default())
    });
    let given = given.filter(|(method, _)| input.has(method.as_str())).collect::<Vec<_>>();
    let password = input.char_field("password", true, &mut problems);
    match (<[_; 1]>::try_from(given), password) {
        (Ok([(method, identifier)]), Some(password)) if problems.is_empty() => {
            Ok(Credentials { method, identifier, password })
        }
        (Err(_), Some(_)) if problems.is_empty() => Err(vec![Problem::general("invalid_login", "Invalid login.")]),
        _ => Err(problems),
    }
}
