//! The identities of the user at providers.

use axum::http::Method;
use serde_json::Value as Json;
use shared::account::User;
use shared::envelope::ProviderAccount;
use shared::flow::Refusal;
use shared::flow::identities::identity::{disconnect, may_disconnect};
use shared::http::fields::Text;
use shared::http::{ApiError, ApiRequest, ApiResponse};
use shared::request;

request! {
    /// The account to disconnect.
    #[schemars(inline)]
    pub struct Disconnect {
        /// The provider's id.
        provider: Text,
        /// The account's id at the provider.
        account: Text,
    }
}

/// `account/providers`: `GET` lists the identities, `DELETE` disconnects one.
pub async fn connections(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    let cx = request.context();
    match request.method {
        Method::GET => Ok(listed(&request, &user)),
        Method::DELETE => {
            let input = request.input()?;
            let Disconnect { provider: Text(provider), account: Text(account) } = request.body_as()?;
            // An account id can begin or end with spaces, which the form field removes.
            let typed =
                input.0.get("account").and_then(Json::as_str).filter(|uid| user.identity(&provider, uid).is_some());
            let account = typed.map_or(account, str::to_owned);
            may_disconnect(&cx.settings, &user, &provider, &account).map_err(Refusal::from)?;
            let user = disconnect(cx, user, session, &provider, &account).await?;
            Ok(listed(&request, &user))
        }
        _ => Err(ApiError::MethodNotAllowed),
    }
}

fn listed(request: &ApiRequest, user: &User) -> ApiResponse {
    ApiResponse::data(ProviderAccount::list(&request.app, user))
}
