//! Security keys and passkeys.

use axum::http::Method;
use schemars::JsonSchema;
use serde_json::Value as Json;
use shared::account::User;
use shared::envelope::{
    AddedAuthenticatorMeta, Authenticator, Bare, CreationOptions, DataWithMeta, LoginOptionsResponse, RequestOptions,
};
use shared::flow::Refusal;
use shared::flow::login::pending::find_user_at_stage;
use shared::flow::mfa::authenticate::{self, Proof};
use shared::flow::mfa::may_add;
use shared::flow::mfa::webauthn::{self as flow, NewCredential};
use shared::flow::signup::sign_up::signup as sign_up;
use shared::http::fields::{Credential, Flag, Member, Number, Numbers, ShortName};
use shared::http::{ApiError, ApiRequest, ApiResponse, Choice, signup_form};
use shared::request;
use shared::session::{Caller, Session, StageKey};

request! {
    /// A new credential.
    #[schemars(inline)]
    pub struct NewWebAuthn {
        /// The credential's name. If it is absent, the service generates one.
        name: Option<ShortName>,
        /// The credential.
        credential: Credential,
    }
}

request! {
    /// Whether a credential is for logins without a password.
    pub struct Passwordless {
        /// Whether the credential is for logins without a password.
        passwordless: Flag,
    }
}

/// A credential to add to the account.
#[derive(JsonSchema)]
#[schemars(inline)]
pub struct AddWebAuthn {
    /// The credential.
    #[schemars(flatten)]
    pub new: NewWebAuthn,
    /// Its purpose.
    #[schemars(flatten)]
    pub purpose: Passwordless,
}

request! {
    /// A new name for a credential.
    #[schemars(inline)]
    pub struct UpdateWebAuthn {
        /// The number of the credential.
        id: Number,
        /// The new name.
        name: ShortName,
    }
}

request! {
    /// Credentials to remove.
    #[schemars(inline)]
    pub struct DeleteWebAuthn {
        /// The numbers of the credentials.
        authenticators: Numbers,
    }
}

request! {
    /// The credential that authenticates the user.
    #[schemars(inline)]
    pub struct UsedWebAuthn {
        /// The credential.
        credential: Credential,
    }
}

/// `account/authenticators/webauthn`: `GET` returns the options for a new credential, `POST` adds it, `PUT` renames a
/// credential, `DELETE` removes credentials.
pub async fn manage(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let (user, session) = request.user().await?;
    let cx = request.context();
    let adds = [Method::GET, Method::POST].contains(&request.method);
    if adds && let Err(problem) = may_add(&cx.settings, &user) {
        return Ok(ApiResponse::problems(409, &[problem]));
    }
    match request.method {
        Method::GET => {
            let passwordless = request.asks_for("passwordless");
            let options = flow::begin_adding(cx, user, session, passwordless).await?;
            Ok(creation_options(&options))
        }
        Method::POST => add(&request, user, session).await,
        Method::PUT => rename(&request, user, session).await,
        Method::DELETE => {
            let DeleteWebAuthn { authenticators: Numbers(ids) } = request.body_as()?;
            if let Some(unknown) = ids.iter().find(|id| !is_key(&user, **id)) {
                return Err(Refusal::from(Choice::not_among("authenticators", &unknown.to_string())).into());
            }
            flow::remove(cx, user, session, &ids).await?;
            Ok(Bare::<200>::default().into())
        }
        _ => Err(ApiError::MethodNotAllowed),
    }
}

fn is_key(user: &User, id: u64) -> bool {
    user.authenticators.iter().any(|it| it.id == id && it.credential().is_some())
}

async fn add(request: &ApiRequest, user: User, session: Session) -> Result<ApiResponse, ApiError> {
    let AddWebAuthn { new, purpose } = AddWebAuthn { new: request.body_as()?, purpose: request.body_as()? };
    let NewWebAuthn { name, credential: Credential(response) } = new;
    let Passwordless { passwordless: Flag(passwordless) } = purpose;
    let passwordless = passwordless && request.app.settings.mfa.has_passkey_login();
    let new = NewCredential { name: name.map(|ShortName(name)| name), response: &response, passwordless };
    let (added, made_codes) = flow::add(request.context(), user, session, new).await?;
    let meta = AddedAuthenticatorMeta { recovery_codes_generated: made_codes };
    Ok(ApiResponse::of(200, &DataWithMeta::new(Authenticator::new(&added, None), meta)))
}

async fn rename(request: &ApiRequest, user: User, session: Session) -> Result<ApiResponse, ApiError> {
    let (input, mut problems) = (request.input()?, Vec::new());
    let id = match Number::read(&input, "id", &mut problems) {
        Some(Number(Choice::Number(id))) if is_key(&user, id) => Some(id),
        Some(Number(Choice::Missing)) | None => None,
        Some(_) => {
            problems.push(Choice::problem("id"));
            None
        }
    };
    let name = ShortName::read(&input, "name", &mut problems);
    let (Some(id), Some(ShortName(name))) = (id, name) else { return Err(Refusal::Invalid(problems).into()) };
    let renamed = flow::rename(request.context(), user, session, id, &name).await?;
    let renamed = renamed.ok_or_else(|| Refusal::Invalid(vec![Choice::problem("id")]))?;
    Ok(ApiResponse::data(Authenticator::new(&renamed, None)))
}

/// `auth/webauthn/authenticate`: the second factor of a login. `GET` returns the options, `POST` checks the credential.
pub async fn authenticate(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let caller = request.caller_who_finishes().await?;
    let user = find_user_at_stage(cx, &caller, StageKey::MfaAuthenticate).await?;
    if request.method == Method::GET {
        return Ok(request_options(&flow::begin_authentication(cx, &caller, &user).await?));
    }
    let UsedWebAuthn { credential: Credential(response) } = request.body_as()?;
    let proof = Proof::Credential(&response);
    let outcome = authenticate::authenticate(cx, caller, user, proof).await?;
    Ok(request.answer(&outcome))
}

/// `auth/webauthn/reauthenticate`: reauthentication of a user who is logged in. `GET` returns the options, `POST`
/// checks the credential.
pub async fn reauthenticate(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let (user, session) = request.user().await?;
    if request.method == Method::GET {
        let caller = Caller::User(Box::new((user.clone(), session)));
        return Ok(request_options(&flow::begin_authentication(cx, &caller, &user).await?));
    }
    let UsedWebAuthn { credential: Credential(response) } = request.body_as()?;
    let proof = Proof::Credential(&response);
    let outcome = authenticate::reauthenticate(cx, user, session, proof).await?;
    Ok(request.answer(&outcome))
}

/// `auth/webauthn/login`: login with a passkey, without an identifier. `GET` returns the options, `POST` logs in.
pub async fn login(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let caller = request.caller().await?;
    if request.method == Method::GET {
        let (options, outcome) = flow::begin_login(cx, &caller).await?;
        let body = LoginOptionsResponse::new(&options, request.kind, outcome.issued.as_ref());
        return Ok(ApiResponse::of(200, &body).after(&outcome));
    }
    flow::count_login(cx).await?;
    let UsedWebAuthn { credential: Credential(response) } = request.body_as()?;
    let outcome = flow::login(cx, caller, &response).await?;
    Ok(request.answer(&outcome))
}

/// `auth/webauthn/signup`: `POST` creates the account. Once its email address is verified, `GET` returns the options
/// for the passkey, and `PUT` adds it.
pub async fn signup(request: ApiRequest) -> Result<ApiResponse, ApiError> {
    let cx = request.context();
    let caller = match request.method {
        Method::PUT => request.caller_who_finishes().await?,
        _ => request.caller().await?,
    };
    match request.method {
        Method::GET => {
            let user = flow::find_signing_up(cx, &caller).await?;
            Ok(creation_options(&flow::begin_signup(cx, &caller, &user).await?))
        }
        Method::POST => {
            let mut form = signup_form(cx.app, &request.input()?, false);
            form.by_passkey = true;
            let outcome = sign_up(cx, caller, form).await?;
            Ok(request.answer(&outcome))
        }
        Method::PUT => {
            let new = request.body_as::<NewWebAuthn>();
            let waits = caller.session().is_some_and(|it| it.pending_stage(&cx.settings, cx.now()).is_some());
            let user = match flow::find_signing_up(cx, &caller).await {
                // If the caller waits for another stage, an invalid body is reported before the conflict.
                Err(Refusal::Conflict) if waits => return Err(new.err().unwrap_or(Refusal::Conflict.into())),
                found => found?,
            };
            let NewWebAuthn { name, credential: Credential(response) } = new?;
            let name = name.map(|ShortName(name)| name);
            let new = NewCredential { name, response: &response, passwordless: true };
            let outcome = flow::sign_up(cx, caller, user, new).await?;
            Ok(request.answer(&outcome))
        }
        _ => Err(ApiError::MethodNotAllowed),
    }
}

fn creation_options(options: &Json) -> ApiResponse {
    ApiResponse::data(CreationOptions { creation_options: options })
}

fn request_options(options: &Json) -> ApiResponse {
    ApiResponse::data(RequestOptions { request_options: options })
}
