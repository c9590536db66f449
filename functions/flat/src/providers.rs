//! Login through identity providers: redirect, callback, and tokens that clients received from a provider.

use crate::fields::Unchecked;
use crate::respond;
use crate::responses::{AuthorizationRedirect, Empty, Providers};
use axum::http::Method;
use shared::envelope::Provider;
use shared::flow::identities::authorization::{
    AuthorizationError, BeginAuthorizationError, begin_client_authorization, complete_with_access_token,
    complete_with_token, handle_callback, is_safe, take_handed_in,
};
use shared::flow::identities::dummy;
use shared::flow::identities::identity::{Process, complete, invalid_token};
use shared::flow::{Outcome, Problem, Refusal};
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::provider::{AppConfig, DUMMY, NativeToken};
use shared::request;
use shared::session::Caller;
use shared::settings::Mount;
use std::collections::BTreeMap;

request! {
    /// The start of a login through a provider.
    #[schemars(rename = "FlatProviderRedirect")]
    pub struct Redirect {
        /// The page that the provider redirects the user to. Default: the page that the settings name.
        callback_url: Option<Unchecked>,
    }
}

request! {
    /// A token of a provider: an `id_token` or an `access_token`. With both, the `id_token` is used.
    #[schemars(rename = "FlatProviderToken")]
    pub struct Token {
        /// An ID token of OpenID Connect.
        id_token: Option<Unchecked>,
        /// An access token.
        access_token: Option<Unchecked>,
        /// The client id that the ID token was issued to. Default: the client id in the settings.
        client_id: Option<Unchecked>,
    }
}

/// `GET providers/`: lists the providers.
pub async fn list(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    Ok(respond::ok(&Providers { providers: Provider::list(&request.app) }))
}

/// `POST providers/{provider}/redirect/`: returns the URL to send the user to. `callback_url` is the client's page that
/// the provider redirects to. Default: the page that the settings name.
pub async fn redirect(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let config = find(&request)?;
    let body: Redirect = request.body_as()?;
    let page = match body.callback_url.map(|Unchecked(url)| url) {
        Some(url) if is_safe(&request.app.settings, &url) => url,
        Some(_) => return Err(Refusal::from(Problem::field("callback_url", "invalid", "Enter a valid URL.")).into()),
        None => default_page(&request, config),
    };
    let page = request.app.settings.service.public_url.join(&page).map_or(page, String::from);
    match begin_client_authorization(request.context(), config, &page).await {
        // The client compares this state with the state in the callback.
        Ok((url, state)) => Ok(respond::ok(&AuthorizationRedirect { redirect_url: &url, state: &state })),
        Err(BeginAuthorizationError::Provider(error)) => {
            tracing::warn!(%error, provider = config.id(), "redirect to an identity provider failed");
            Ok(unavailable())
        }
        Err(BeginAuthorizationError::Store(error)) => Err(error.into()),
    }
}

/// Returns the frontend's page `socialaccount_callback`. Without one, returns the callback endpoint of this API, whose
/// response an app can read from its web view.
fn default_page(request: &ApiRequest, config: &AppConfig) -> String {
    let settings = &request.app.settings;
    match settings.headless.frontend_urls.get("socialaccount_callback") {
        Some(page) => page.replace("{provider}", config.id()),
        None => {
            let base = settings.service.public_url.as_str().trim_end_matches('/');
            format!("{base}{}/providers/{}/callback/", Mount::Flat.configured_prefix(settings), config.id())
        }
    }
}

/// `providers/{provider}/callback/`: logs in with the response of the provider.
pub async fn callback(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let config = find(&request)?;
    if request.is_head {
        return Ok(respond::ok(&Empty {}));
    }
    let params = params(&request)?;
    let state = params.get("state").map(String::as_str).unwrap_or_default();
    let left = take_handed_in(&cx.store, config.id(), state).await?;
    let wrong = || Refusal::from(Problem::field("state", "invalid_state", "This state is unknown or has expired."));
    let left = left.ok_or_else(wrong)?;
    let result = handle_callback(cx, Caller::Anonymous, config, left, params).await;
    answer(&request, result, "code").await
}

/// Returns the fields of the query, of a form, or of a JSON body.
fn params(request: &ApiRequest) -> Result<BTreeMap<String, String>, ApiError> {
    let form = request.form();
    if request.method == Method::GET || !form.is_empty() {
        return Ok(form);
    }
    let input = request.input()?;
    let names = input.0.keys().cloned();
    Ok(names.filter_map(|name| Some((name.clone(), input.text(&name)?))).collect())
}

/// `POST providers/{provider}/token/`: logs in with a token that the client received from the provider: an `id_token`
/// or an `access_token`. With both, the `id_token` is used.
pub async fn token(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let (caller, body) = (Caller::Anonymous, request.body_as::<Token>()?);
    let text = |field: Option<Unchecked>| field.map(|Unchecked(text)| text);
    let (id_token, access_token, client_id) = (text(body.id_token), text(body.access_token), text(body.client_id));
    let result = if named(&request) == DUMMY && cx.has_dummy_provider {
        let token = id_token.or(access_token).ok_or_else(|| Refusal::from(Problem::required("access_token")))?;
        let who = dummy::read_token(&token).ok_or_else(invalid_token)?;
        complete(cx, caller, Process::Login, who).await.map_err(AuthorizationError::from)
    } else {
        let config = find(&request)?;
        match (&id_token, &access_token) {
            (Some(token), _) => {
                let client_id = client_id.unwrap_or_else(|| config.client_id().to_owned());
                let native = NativeToken { client_id: &client_id, id_token: Some(token), access_token: None };
                complete_with_token(cx, caller, config, Process::Login, &native).await
            }
            (None, Some(token)) => complete_with_access_token(cx, caller, config, token).await,
            (None, None) => return Err(Refusal::from(Problem::required("access_token")).into()),
        }
    };
    answer(&request, result, "access_token").await
}

/// Returns the provider's id in the path.
fn named(request: &ApiRequest) -> &str {
    let [name, _] = request.last_parts();
    name
}

/// Returns the configured application that the path names.
fn find(request: &ApiRequest) -> Result<&AppConfig, ApiError> {
    request.app.settings.social.providers.named(named(request)).ok_or(ApiError::NotFound)
}

async fn answer(
    request: &ApiRequest,
    result: Result<Outcome, AuthorizationError>,
    field: &'static str,
) -> Result<ApiResponse, ApiError> {
    match result {
        Ok(outcome) => respond::login_response(request, &outcome, None).await,
        Err(AuthorizationError::Refused(refusal)) => Err(refusal.into()),
        Err(AuthorizationError::Cancelled) => {
            Err(Refusal::from(Problem::general("cancelled", "The login was cancelled.")).into())
        }
        Err(AuthorizationError::Provider(error)) => {
            tracing::warn!(%error, "credential of an identity provider refused");
            if error.is_outage() {
                return Ok(unavailable());
            }
            Err(Refusal::from(Problem::field(field, "invalid_token", "Invalid token.")).into())
        }
    }
}

fn unavailable() -> ApiResponse {
    let message = "The provider is unavailable. Try again later.";
    respond::errors(503, &[Problem::general("provider_unavailable", message)])
}
