//! Login with a token that an app received from a provider.

use schemars::JsonSchema;
use serde_json::{Value as Json, json};
use shared::flow::identities::authorization::{AuthorizationError, complete_with_token};
use shared::flow::identities::dummy;
use shared::flow::identities::identity::{Process, complete, invalid_token};
use shared::flow::{Outcome, Problem, Refusal};
use shared::http::fields::{Member, Text};
use shared::http::{ApiError, ApiRequest, ApiResponse, Input};
use shared::provider::{AppConfig, DUMMY, NativeToken};

/// A token of a provider.
#[derive(JsonSchema)]
pub struct ProviderToken<'a> {
    /// The provider's id.
    #[schemars(required, with = "Text")]
    provider: Option<Text>,
    /// Whether to log in or to connect the identity to the user's account.
    #[schemars(required, with = "Process")]
    process: Option<Process>,
    /// The token: one of `id_token` and `access_token`, or both.
    #[schemars(required, with = "NativeToken<'static>")]
    token: Option<&'a Json>,
}

impl<'a> ProviderToken<'a> {
    fn read(input: &'a Input, problems: &mut Vec<Problem>) -> Self {
        let provider = Text::read(input, "provider", problems);
        Self { provider, process: process(input, problems), token: token_field(input, problems) }
    }
}

/// The issuer of a token.
enum Source<'a> {
    App(&'a AppConfig),
    Dummy,
}

/// `POST auth/provider/token`: logs in, or connects an account, with a provider's token.
pub async fn token(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let caller = request.caller().await?;
    let input = request.input()?;
    let mut problems = Vec::new();
    let ProviderToken { provider, process, token } = ProviderToken::read(&input, &mut problems);
    let name = provider.map(|Text(name)| name);
    let source = match (&name, token) {
        (Some(name), Some(token)) => find_source(&request, name, token, &mut problems),
        _ => None,
    };
    let (Some(process), Some(source), Some(token), true) = (process, source, token, problems.is_empty()) else {
        return Err(Refusal::Invalid(problems).into());
    };
    let text = |name: &str| token.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    let result = match source {
        Source::Dummy => {
            let who = text("id_token").and_then(dummy::read_token).ok_or_else(invalid_token)?;
            complete(cx, caller, process, who).await.map_err(AuthorizationError::from)
        }
        Source::App(config) => {
            let (id_token, access_token) = (text("id_token"), text("access_token"));
            let native = NativeToken { client_id: text("client_id").unwrap_or_default(), id_token, access_token };
            complete_with_token(cx, caller, config, process, &native).await
        }
    };
    answer(&request, result)
}

fn answer(request: &ApiRequest, result: Result<Outcome, AuthorizationError>) -> Result<ApiResponse, ApiError> {
    match result {
        Ok(outcome) => Ok(request.answer(&outcome)),
        Err(AuthorizationError::Refused(refusal)) => Err(refusal.into()),
        Err(AuthorizationError::Provider(error)) => {
            tracing::warn!(%error, "token of an identity provider refused");
            if !error.is_outage() {
                return Err(invalid_token().into());
            }
            let message = "The provider is unavailable. Try again later.";
            let problem = Problem::field("provider", "provider_unavailable", message);
            Ok(ApiResponse::problems(503, &[problem]))
        }
        Err(AuthorizationError::Cancelled) => Err(invalid_token().into()),
    }
}

fn process(input: &Input, problems: &mut Vec<Problem>) -> Option<Process> {
    let given = input.0.get("process").and_then(Json::as_str).filter(|text| !text.is_empty());
    let process = given.and_then(Process::parse);
    if process.is_none() {
        let text = match given {
            Some(text) => text.to_owned(),
            None => Text::read(input, "process", problems)?.0,
        };
        let message = format!("Select a valid choice. {text} is not one of the available choices.");
        problems.push(Problem::field("process", "invalid_choice", message));
    }
    process
}

/// Returns the token's object. As in the reference, an empty value is also reported as missing, and any other value
/// than an object as invalid.
fn token_field<'a>(input: &'a Input, problems: &mut Vec<Problem>) -> Option<&'a Json> {
    let token = input.0.get("token").unwrap_or(&Json::Null);
    if *token == Json::Null || *token == json!("") || *token == json!([]) || *token == json!({}) {
        problems.push(Problem::required("token"));
    }
    if !token.is_object() {
        problems.push(invalid());
    }
    token.as_object().filter(|token| !token.is_empty()).map(|_| token)
}

fn invalid() -> Problem {
    Problem::field("token", "invalid_token", "Invalid token.")
}

fn find_source<'a>(
    request: &'a ApiRequest,
    name: &str,
    token: &Json,
    problems: &mut Vec<Problem>,
) -> Option<Source<'a>> {
    let is_dummy = name == DUMMY && request.app.has_dummy_provider;
    let mut fail = |problem: Problem| {
        problems.push(problem);
        None
    };
    let source = if is_dummy {
        Source::Dummy
    } else {
        let Some(client_id) = token.get("client_id").and_then(Json::as_str) else {
            return fail(Problem::field("token", "client_id_required", "`client_id` required."));
        };
        let Some(config) = request.app.settings.social.providers.find(name, Some(client_id)) else {
            return fail(invalid());
        };
        if !config.supports_token_authentication() {
            let message = "Provider does not support token authentication.";
            return fail(Problem::field("provider", "token_authentication_not_supported", message));
        }
        Source::App(config)
    };
    let is_text = |name: &str| token.get(name).is_none_or(|value| value.is_string() || value.is_null());
    let is_there = |name: &str| token.get(name).and_then(Json::as_str).is_some_and(|text| !text.is_empty());
    let good = is_text("id_token") && is_text("access_token") && (is_there("id_token") || is_there("access_token"));
    if good {
        Some(source)
    } else {
        fail(Problem::field("token", "token_required", "`id_token` and/or `access_token` required."))
    }
}
