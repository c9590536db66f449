//! Signup with the data that a provider supplied.

use axum::http::Method;
use shared::envelope::ProviderSignup;
use shared::flow::identities::identity::{expect_pending, sign_up};
use shared::http::{ApiError, ApiRequest, ApiResponse, signup_form};

/// `auth/provider/signup`: `GET` returns the data of the provider, `POST` completes the signup with the missing data.
pub async fn signup(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let caller = request.caller_who_finishes().await?;
    let who = expect_pending(&cx.settings, &caller)?;
    if request.method == Method::GET {
        return Ok(ApiResponse::data(ProviderSignup::new(cx.app, &who)));
    }
    let mut form = signup_form(cx.app, &request.input()?, false);
    // A separate setting decides whether signup through a provider requires an email address.
    if !cx.settings.social_email_required() {
        form.problems.retain(|problem| !(problem.param == Some("email") && problem.code == "required"));
    } else if form.email.is_none() && !form.problems.iter().any(|problem| problem.param == Some("email")) {
        form.problems.push(shared::flow::Problem::required("email"));
    }
    let outcome = sign_up(cx, caller, who, form).await?;
    Ok(request.answer(&outcome))
}
