//! The OpenAPI description of this function's endpoints.

use super::authenticators::SetupTotp;
use super::challenge::{MfaAuthenticate, MfaTrust};
use super::webauthn::{AddWebAuthn, DeleteWebAuthn, NewWebAuthn, UpdateWebAuthn, UsedWebAuthn};
use axum::http::Method;
use shared::description::headless::{
    authenticated, conflict, conflict_because, done, forbidden, not_found, of_user, open, signup_codes, tags, too_many,
    unauthenticated,
};
use shared::description::{Operation, Parameter, Reply};
use shared::envelope::{
    AddedAuthenticatorMeta, Authenticator, CreationOptions, Data, DataWithMeta, LoginOptionsResponse, Meta, NewTotp,
    RecoveryCodesAuthenticator, RequestOptions, TotpAuthenticator, WebAuthnAuthenticator,
};
use shared::http::BaseSignup;

fn totp() -> Reply {
    Reply::json::<Data<TotpAuthenticator>>(200, "The authenticator app.").named("TOTPAuthenticator")
}

fn recovery_codes() -> Reply {
    Reply::json::<Data<RecoveryCodesAuthenticator<'static>>>(200, "The recovery codes.").named("RecoveryCodes")
}

fn key() -> Reply {
    Reply::json::<Data<WebAuthnAuthenticator<'static>>>(200, "The security key or passkey.")
}

fn creation_options() -> Reply {
    let about = "The options for a new credential.";
    Reply::json::<Data<CreationOptions<'static>>>(200, about).named("WebAuthnCreationOptionsResponse")
}

fn request_options() -> Reply {
    let about = "The options to use a credential.";
    Reply::json::<Data<RequestOptions<'static>>>(200, about).named("WebAuthnRequestOptionsResponse")
}

/// 409: the account cannot get another authenticator.
fn no_more() -> Reply {
    conflict_because([("unverified_email", None)])
}

/// Returns the operations of this function.
pub fn operations() -> Vec<Operation> {
    authenticators().into_iter().chain(keys()).chain(login()).chain(passkeys()).collect()
}

/// Authenticator apps and recovery codes.
fn authenticators() -> Vec<Operation> {
    let (get, post) = (Method::GET, Method::POST);
    let of = |method, path, id, summary| of_user(method, path, id, summary).tagged(tags::AUTHENTICATORS);
    let view = |path, id| of(Method::GET, path, id, "Get the recovery codes").asks_again();
    let make = |path, id| of(Method::POST, path, id, "Generate new recovery codes").asks_again();
    let (codes, old_codes) = ("account/authenticators/recovery-codes", "account/authenticators/recovery_codes");
    let none = || not_found("The account has no recovery codes.");
    let cannot = || [("cannot_generate_recovery_codes", None)];
    vec![
        of(get.clone(), "account/authenticators", "listAuthenticators", "List the authenticators")
            .reply(Reply::json::<Data<Vec<Authenticator<'static>>>>(200, "The account's authenticators.")),
        of(get, "account/authenticators/totp", "getTotp", "Get the authenticator app, or a secret for a new one")
            .replies([totp(), no_more()])
            .reply(Reply::json::<Meta<NewTotp<'static>, 404>>(
                404,
                "The account has no authenticator app. `meta` has what is needed to set one up.",
            )),
        of(post, "account/authenticators/totp", "activateTotp", "Set up an authenticator app")
            .asks_again()
            .replies([totp(), conflict()])
            .reads::<SetupTotp>(["incorrect_code", "unverified_email"]),
        of(Method::DELETE, "account/authenticators/totp", "deactivateTotp", "Remove the authenticator app")
            .asks_again()
            .reply(done()),
        view(codes, "getRecoveryCodes").replies([recovery_codes(), none()]),
        make(codes, "makeRecoveryCodes").reply(recovery_codes()).refuses(cannot()),
        // The spelling in the first published description of the API.
        view(old_codes, "getRecoveryCodesOld").replies([recovery_codes(), none()]).deprecated(),
        make(old_codes, "makeRecoveryCodesOld").reply(recovery_codes()).refuses(cannot()).deprecated(),
    ]
}

/// Security keys and passkeys of the account.
fn keys() -> Vec<Operation> {
    let of = |method, id, summary| {
        of_user(method, "account/authenticators/webauthn", id, summary).tagged(tags::AUTHENTICATORS).asks_again()
    };
    vec![
        of(Method::GET, "beginAddingKey", "Begin to add a security key or passkey")
            .with(Parameter::query(
                "passwordless",
                "If the parameter is there, with any value, the credential is for logins without a password.",
            ))
            .replies([creation_options(), no_more()]),
        of(Method::POST, "addKey", "Add a security key or passkey")
            .reply(Reply::json::<DataWithMeta<WebAuthnAuthenticator<'static>, AddedAuthenticatorMeta>>(
                200,
                "The credential was added.",
            ))
            .replies([no_more(), conflict()])
            .takes::<AddWebAuthn>()
            .refuses(
                ["incorrect_code", "invalid", "max_length", "null_characters_not_allowed", "required"]
                    .map(|code| (code, None)),
            ),
        of(Method::PUT, "renameKey", "Rename a security key or passkey").reply(key()).reads::<UpdateWebAuthn>([]),
        of(Method::DELETE, "removeKeys", "Remove security keys and passkeys").reply(done()).reads::<DeleteWebAuthn>([]),
    ]
}

/// The second factor of a login, and reauthentication.
fn login() -> Vec<Operation> {
    let (get, post) = (Method::GET, Method::POST);
    vec![
        open(post.clone(), "auth/2fa/authenticate", "authenticateByCode", "Complete a login with a second factor")
            .tagged(tags::SECOND_FACTOR)
            .replies([authenticated(), unauthenticated(), conflict()])
            .reads::<MfaAuthenticate>(["incorrect_code", "too_many_login_attempts"]),
        of_user(post.clone(), "auth/2fa/reauthenticate", "reauthenticateByCode", "Reauthenticate with a second factor")
            .tagged(tags::REAUTHENTICATION)
            .reply(authenticated())
            .reads::<MfaAuthenticate>(["incorrect_code", "too_many_login_attempts"]),
        open(post.clone(), "auth/2fa/trust", "trustBrowser", "Trust this browser, or not")
            .tagged(tags::SECOND_FACTOR)
            .replies([authenticated(), unauthenticated()])
            .reads::<MfaTrust>([]),
        open(
            get.clone(),
            "auth/webauthn/authenticate",
            "beginKeyAuthentication",
            "Begin to authenticate with a security key",
        )
        .tagged(tags::SECOND_FACTOR)
        .replies([request_options(), unauthenticated()]),
        open(post.clone(), "auth/webauthn/authenticate", "authenticateByKey", "Complete a login with a security key")
            .tagged(tags::SECOND_FACTOR)
            .replies([authenticated(), unauthenticated(), conflict()])
            .reads::<UsedWebAuthn>(["incorrect_code", "too_many_login_attempts"]),
        of_user(
            get,
            "auth/webauthn/reauthenticate",
            "beginKeyReauthentication",
            "Begin to reauthenticate with a security key",
        )
        .tagged(tags::REAUTHENTICATION)
        .reply(request_options()),
        of_user(post, "auth/webauthn/reauthenticate", "reauthenticateByKey", "Reauthenticate with a security key")
            .tagged(tags::REAUTHENTICATION)
            .reply(authenticated())
            .reads::<UsedWebAuthn>(["incorrect_code", "too_many_login_attempts"]),
    ]
}

/// Login and signup with a passkey.
fn passkeys() -> Vec<Operation> {
    let (get, post) = (Method::GET, Method::POST);
    let signup = |method, id, summary| open(method, "auth/webauthn/signup", id, summary).tagged(tags::PASSKEYS);
    vec![
        open(get.clone(), "auth/webauthn/login", "beginPasskeyLogin", "Begin to log in with a passkey")
            .tagged(tags::PASSKEYS)
            .reply(Reply::json::<LoginOptionsResponse<'static>>(200, "The options to use a passkey."))
            .reply(too_many()),
        open(post.clone(), "auth/webauthn/login", "logInByPasskey", "Log in with a passkey")
            .tagged(tags::PASSKEYS)
            .replies([authenticated(), unauthenticated(), too_many()])
            .reads::<UsedWebAuthn>(["incorrect_code", "login_step_required"]),
        signup(post, "beginPasskeySignup", "Sign up without a password")
            .replies([unauthenticated(), forbidden("Signup is closed."), conflict(), too_many()])
            .takes::<BaseSignup>()
            .refuses(signup_codes(false)),
        signup(get, "getPasskeySignup", "Begin to create the passkey of a signup")
            .replies([creation_options(), conflict()]),
        signup(Method::PUT, "finishPasskeySignup", "Create the passkey of a signup")
            .replies([authenticated(), conflict()])
            .reads::<NewWebAuthn>(["incorrect_code"]),
    ]
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_endpoint_is_described() {
        let differences = shared::description::differences(&crate::endpoints(), &super::operations());
        assert!(differences.is_empty(), "{differences:#?}");
    }
}
