//! The page of the dummy provider, for development. It accepts any identity that the user enters.

use axum::http::Method;
use serde_json::{Map, Value as Json};
use shared::app::App;
use shared::flow::identities::authorization::{find, login_error, take, with_error};
use shared::flow::identities::dummy;
use shared::flow::identities::identity::{Process, complete};
use shared::http::{ApiError, ApiRequest, ApiResponse, Endpoint, PagePolicy, handler};

const PAGE: &str = include_str!("dummy.html");

/// Returns the endpoint of the page if the settings turn the dummy provider on.
pub fn endpoints(app: &App) -> Vec<Endpoint> {
    const METHODS: &[Method] = &[Method::GET, Method::POST];
    let page = || handler("/accounts/dummy/authenticate/", METHODS, page).from_anywhere();
    app.has_dummy_provider.then(page).into_iter().collect()
}

async fn page(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let app = &request.app;
    if request.method == Method::GET {
        let leads_to = app.settings.frontend_origins();
        let policy = PagePolicy { has_form: true, leads_to: &leads_to, ..PagePolicy::default() };
        return Ok(ApiResponse::html(200, PAGE.to_owned()).with_policy(policy.header(&app.settings)));
    }
    let mut fields = request.form();
    let state = fields.remove("state").unwrap_or_default();
    let caller = request.caller().await?;
    let Some(left) = find(&app.store, &state).await? else {
        return Ok(ApiResponse::redirect(login_error(&app.settings, "unknown", Process::Login)));
    };
    let Some(process) = left.process() else {
        return Ok(ApiResponse::redirect(login_error(&app.settings, "unknown", Process::Login)));
    };
    if !take(&app.store, &caller, &left).await? {
        return Ok(ApiResponse::redirect(login_error(&app.settings, "unknown", process)));
    }
    let fail = |error: &str| Ok(ApiResponse::redirect(with_error(&left.next, error, process)));
    if fields.get("action").is_some_and(|action| action == "cancel") {
        return fail("cancelled");
    }
    let fields = fields.into_iter().map(|(name, value)| (name, Json::String(value))).collect::<Map<_, _>>();
    let Some(who) = dummy::read(&fields) else { return fail("unknown") };
    match complete(request.context(), caller, process, who).await {
        Ok(outcome) => Ok(ApiResponse::redirect(left.next.clone()).after(&outcome)),
        Err(refusal) => match provider::error_of(&refusal, process) {
            Some(error) => fail(&error),
            None => Err(refusal.into()),
        },
    }
}
