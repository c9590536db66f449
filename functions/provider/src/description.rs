//! The OpenAPI description of this function's endpoints.

use super::connections::Disconnect;
use super::redirect::ProviderRedirect;
use super::token::ProviderToken;
use super::{CALLBACK, OPENID_CALLBACK};
use axum::http::Method;
use shared::description::headless::{
    authenticated, conflict, forbidden, large, not_found, of_user, open, signup_codes, slow, tags, too_many,
    unauthenticated, unavailable, with_codes,
};
use shared::description::{Operation, Parameter, Reply};
use shared::envelope::{Data, ProviderAccount, ProviderSignup};

fn accounts() -> Reply {
    let about = "The third-party accounts that are connected to the account.";
    Reply::json::<Data<Vec<ProviderAccount<'static>>>>(200, about).named("ProviderAccounts")
}

/// Returns the operations of this function.
pub fn operations() -> Vec<Operation> {
    let (get, post) = (Method::GET, Method::POST);
    let of_accounts =
        |method, id, summary| of_user(method, "account/providers", id, summary).tagged(tags::PROVIDER_ACCOUNTS);
    let login = |method, path, id, summary| open(method, path, id, summary).tagged(tags::PROVIDER_LOGIN);
    vec![
        of_accounts(get.clone(), "listProviderAccounts", "List the third-party accounts").reply(accounts()),
        of_accounts(Method::DELETE, "disconnectProviderAccount", "Disconnect a third-party account")
            .asks_again()
            .reply(accounts())
            .reads::<Disconnect>(["account_not_found", "disconnect_last", "no_password", "no_verified_email"]),
        login(post.clone(), "auth/provider/redirect", "redirectToProvider", "Send the browser to a provider")
            .about("A form that the browser itself sends. Apps get the same redirects, but cannot follow them.")
            .for_browsers()
            .secured_by([&["sessionCookie", "csrfToken"] as &'static [&'static str], &["csrfToken"]])
            .takes_form::<ProviderRedirect<'static>>()
            .reply(Reply::redirect(302, "To the provider, or to the frontend's error page.")),
        login(post.clone(), "auth/provider/token", "logInByProviderToken", "Log in with a token of a provider")
            .takes::<ProviderToken<'static>>()
            .asks_again()
            .replies([authenticated(), unauthenticated(), too_many()])
            .reply(forbidden("Signup is closed, or the request connects an account and the caller is not logged in."))
            .reply(with_codes(503, "The provider is unavailable.", vec![("provider_unavailable", None)]))
            .refuses(TOKEN.map(|code| (code, None))),
        login(get.clone(), "auth/provider/signup", "getProviderSignup", "Get the data of a signup through a provider")
            .reply(Reply::json::<Data<ProviderSignup<'static>>>(200, "The data that the provider supplied."))
            .replies([conflict(), forbidden("Signup is closed.")]),
        login(post.clone(), "auth/provider/signup", "signUpByProvider", "Finish a signup through a provider")
            .takes::<shared::http::ProviderSignup>()
            .replies([authenticated(), unauthenticated(), conflict(), forbidden("Signup is closed."), too_many()])
            .refuses(signup_codes(false)),
        callback(get.clone(), "arriveFromProvider", CALLBACK).reply(retry_page()),
        callback(post.clone(), "arriveFromProviderByForm", CALLBACK),
        callback(get, "arriveFromOpenIdProvider", OPENID_CALLBACK)
            .reply(retry_page())
            .with(Parameter::path("id", "The provider's id.")),
        callback(post, "arriveFromOpenIdProviderByForm", OPENID_CALLBACK)
            .with(Parameter::path("id", "The provider's id.")),
    ]
}

/// The error codes of a provider's token.
const TOKEN: [&str; 15] = [
    "client_id_required",
    "connected_other",
    "email_taken",
    "invalid",
    "invalid_choice",
    "invalid_token",
    "login_step_required",
    "max_length",
    "no_password",
    "null_characters_not_allowed",
    "required",
    "token_authentication_not_supported",
    "token_required",
    "too_many_identities",
    "username_taken",
];

/// Returns 200 for a browser that did not send its cookies, because it comes from a page of another site.
fn retry_page() -> Reply {
    Reply::page(200, "If `SESSION_COOKIE_SAMESITE` is `Strict`: a page that sends the browser here again.")
}

fn callback(method: Method, id: &'static str, path: &'static str) -> Operation {
    Operation::new("pages", method, path, id, "Complete a login at a provider")
        .about("The provider redirects the browser here. The response redirects it to the frontend.")
        .tagged(tags::PROVIDER_LOGIN)
        .with(Parameter::path(
            "provider",
            "The provider's id. For OpenID Connect, `SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX`.",
        ))
        .with(Parameter::query("state", "The state of the request."))
        .with(Parameter::query("code", "The authorization code."))
        .with(Parameter::query("error", "The provider's error code."))
        .secured_by([&["sessionCookie"] as &'static [&'static str], &[]])
        .reply(Reply::redirect(302, "To the frontend."))
        .replies([not_found("There is no such provider."), slow(), large(), unavailable()])
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_endpoint_is_described() {
        let differences = shared::description::differences(&crate::endpoints(), &super::operations());
        assert!(differences.is_empty(), "{differences:#?}");
    }
}
