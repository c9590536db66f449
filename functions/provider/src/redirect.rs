//! The redirect to an identity provider.

use schemars::JsonSchema;
use shared::app::App;
use shared::flow::Refusal;
use shared::flow::identities::authorization::{
    BeginAuthorizationError, begin_authorization, create_authorization_request, is_safe, login_error,
};
use shared::flow::identities::identity::Process;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::provider::DUMMY;
use shared::settings::Settings;
use std::collections::BTreeMap;

/// The form that sends a browser to a provider. It can contain the CSRF token in the field `csrfmiddlewaretoken`.
#[derive(JsonSchema)]
pub struct ProviderRedirect<'a> {
    /// The provider's id.
    #[schemars(required, with = "String")]
    provider: Option<&'a str>,
    /// The page that the browser returns to: a path, or a URL of an origin that the settings name.
    #[schemars(required, with = "String")]
    callback_url: Option<&'a str>,
    /// Whether to log in or to connect the identity to the user's account.
    #[schemars(required, with = "Process")]
    process: Option<Process>,
}

impl<'a> ProviderRedirect<'a> {
    fn read(form: &'a BTreeMap<String, String>, settings: &Settings) -> Self {
        let text = |name: &str| form.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        Self {
            provider: text("provider"),
            callback_url: text("callback_url").filter(|url| is_safe(settings, url)),
            process: form.get("process").and_then(|process| Process::parse(process)),
        }
    }
}

/// `POST auth/provider/redirect`: a form that the browser itself sends. Every response is a redirect.
pub async fn redirect(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (app, cx) = (&request.app, request.context());
    let caller = request.caller().await?;
    let form = request.form_body();
    let ProviderRedirect { provider, callback_url, process } = ProviderRedirect::read(&form, &app.settings);
    let (Some(name), Some(process), Some(next)) = (provider, process, callback_url) else {
        // The browser leaves the page with this response. As in the reference, it goes to the error page, without
        // details.
        let given = [
            ("provider", provider.is_some()),
            ("process", process.is_some()),
            ("callback_url", callback_url.is_some()),
        ];
        let wrong = given.iter().filter(|(_, good)| !good).map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        tracing::info!(fields = wrong, "provider redirect refused: fields are missing or invalid");
        return Ok(to_error_page(app, Process::Login));
    };
    if name == DUMMY && app.has_dummy_provider {
        let (state, outcome, _) =
            create_authorization_request(cx, &caller, DUMMY, process, next).await.map_err(Refusal::from)?;
        return Ok(ApiResponse::redirect(dummy_page(app, &state)).after(&outcome));
    }
    let Some(config) = app.settings.social.providers.find(name, None) else {
        return Ok(to_error_page(app, Process::Login));
    };
    match begin_authorization(cx, &caller, config, process, next).await {
        Ok((url, outcome)) => Ok(ApiResponse::redirect(url).after(&outcome)),
        Err(BeginAuthorizationError::Provider(error)) => {
            tracing::warn!(%error, provider = config.id(), "redirect to an identity provider failed");
            Ok(to_error_page(app, process))
        }
        Err(BeginAuthorizationError::Store(error)) => Err(error.into()),
    }
}

fn dummy_page(app: &App, state: &str) -> String {
    let base = app.settings.service.public_url.as_str().trim_end_matches('/');
    format!("{base}/accounts/dummy/authenticate/?state={state}")
}

/// Returns a redirect to the frontend's error page, for requests that name no page to return to.
pub fn to_error_page(app: &App, process: Process) -> ApiResponse {
    ApiResponse::redirect(login_error(&app.settings, "unknown", process))
}
