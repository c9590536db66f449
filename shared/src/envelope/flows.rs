//! The flows of a client that is not logged in: those that it can start, and the one that is in progress.

use super::AuthenticatorType;
use super::providers::{Provider, offered_providers};
use crate::account::User;
use crate::app::App;
use crate::clock::Timestamp;
use crate::flow::proven_identity;
use crate::session::{Caller, CodeKind, CodeProcess, StageKey};
use crate::settings::{ClientKind, Condition, Settings};
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// A flow: a way to log in, or to continue.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Flow<'a> {
    /// The flow's name.
    id: FlowId,
    /// Whether it has been started. Absent if the flow has no such state.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    is_pending: Option<bool>,
    /// For `provider_redirect` and `provider_token`: the providers that support the flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>", extend("x-latchkey-if" = [Condition::Providers]))]
    providers: Option<Vec<&'a str>>,
    /// For `provider_signup`: the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Provider", extend("x-latchkey-if" = [Condition::Providers]))]
    provider: Option<Provider<'a>>,
    /// For `mfa_authenticate` and `mfa_reauthenticate`: the types of the user's authenticators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<AuthenticatorType>", extend("x-latchkey-if" = [Condition::SecondFactors]))]
    types: Option<Cow<'a, [String]>>,
}

/// The name of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowId {
    /// Login with a password.
    #[schemars(extend("x-latchkey-if" = [Condition::Accounts]))]
    Login,
    /// Login with a code that the service sends.
    LoginByCode,
    /// Signup.
    #[schemars(extend("x-latchkey-if" = [Condition::Accounts]))]
    Signup,
    /// Login at a provider, to which the browser is redirected.
    #[schemars(extend("x-latchkey-if" = [Condition::Providers]))]
    ProviderRedirect,
    /// Login with a token of a provider.
    #[schemars(extend("x-latchkey-if" = [Condition::Providers]))]
    ProviderToken,
    /// Completion of a signup through a provider.
    #[schemars(extend("x-latchkey-if" = [Condition::Providers]))]
    ProviderSignup,
    /// Verification of an email address.
    VerifyEmail,
    /// Verification of a phone number.
    VerifyPhone,
    /// Reset of a password with a code.
    #[schemars(extend("x-latchkey-if" = [Condition::PasswordResetByCode]))]
    PasswordResetByCode,
    /// The second factor of a login.
    #[schemars(extend("x-latchkey-if" = [Condition::SecondFactors]))]
    MfaAuthenticate,
    /// The decision whether to trust this browser.
    #[schemars(extend("x-latchkey-if" = [Condition::TrustedBrowsers]))]
    MfaTrust,
    /// Login with a passkey.
    #[schemars(extend("x-latchkey-if" = [Condition::PasskeyLogin]))]
    MfaLoginWebauthn,
    /// The passkey for a signup.
    #[schemars(extend("x-latchkey-if" = [Condition::PasskeySignup]))]
    MfaSignupWebauthn,
    /// Reauthentication with the password.
    Reauthenticate,
    /// Reauthentication with a second factor.
    #[schemars(extend("x-latchkey-if" = [Condition::SecondFactors]))]
    MfaReauthenticate,
    /// Setup of a second factor. Only the JWT API requires it.
    #[schemars(skip)]
    MfaSetup,
}

impl From<StageKey> for FlowId {
    fn from(stage: StageKey) -> Self {
        match stage {
            StageKey::LoginByCode => Self::LoginByCode,
            StageKey::VerifyPhone => Self::VerifyPhone,
            StageKey::VerifyEmail => Self::VerifyEmail,
            StageKey::MfaAuthenticate => Self::MfaAuthenticate,
            StageKey::MfaTrust => Self::MfaTrust,
            StageKey::MfaSignupWebauthn => Self::MfaSignupWebauthn,
            StageKey::MfaSetup => Self::MfaSetup,
        }
    }
}

impl<'a> Flow<'a> {
    fn new(id: FlowId) -> Self {
        Self { id, is_pending: None, providers: None, provider: None, types: None }
    }

    fn pending(id: FlowId) -> Self {
        Self { is_pending: Some(true), ..Self::new(id) }
    }

    fn of_providers(id: FlowId, providers: Vec<&'a str>) -> Self {
        Self { providers: Some(providers), ..Self::new(id) }
    }

    /// Returns the flows of a client that is not logged in: those that it can start, and the one that is in progress.
    pub fn list(app: &'a App, client: ClientKind, caller: &'a Caller) -> Vec<Self> {
        let settings = &app.settings;
        let (account, social) = (&settings.account, &settings.social);
        let mut flows = Vec::new();
        if !social.only {
            flows.push(Self::new(FlowId::Login));
        }
        if account.login_by_code_enabled {
            flows.push(Self::new(FlowId::LoginByCode));
        }
        if account.signup_open && !social.only {
            flows.push(Self::new(FlowId::Signup));
        }
        if social.enabled {
            flows.extend(provider_flows(app, client));
            if let Some(who) = caller.session().and_then(proven_identity::pending) {
                // `who` is a local value, so the provider must not borrow from it.
                let provider = Some(Provider::new(app, &who.provider).into_owned());
                flows.push(Self { provider, ..Self::pending(FlowId::ProviderSignup) });
            }
        }
        if settings.mfa.has_passkey_login() {
            flows.push(Self::new(FlowId::MfaLoginWebauthn));
        }
        if let Some(pending) = stage(app, caller) {
            match flows.iter_mut().find(|flow| flow.id == pending.id) {
                Some(flow) => *flow = pending,
                None => flows.push(pending),
            }
        }
        flows.extend(password_reset(settings, app.now(), caller));
        flows
    }

    /// Returns the flows with which a logged-in user can reauthenticate.
    pub fn reauthentication(app: &App, user: Option<&User>, caller: &Caller) -> Vec<Self> {
        let mut flows = Vec::new();
        if let Some(user) = user {
            if user.has_usable_password() {
                flows.push(Self::new(FlowId::Reauthenticate));
            }
            if !user.authenticators.is_empty() {
                let types = Some(user.factor_kinds().into());
                flows.push(Self { types, ..Self::new(FlowId::MfaReauthenticate) });
            }
        }
        flows.extend(password_reset(&app.settings, app.now(), caller));
        flows
    }
}

/// Returns the flows for a login through a provider.
fn provider_flows(app: &App, client: ClientKind) -> Vec<Flow<'_>> {
    let offered = offered_providers(app, client);
    let redirects = offered.iter().filter(|it| it.redirect).map(|it| it.id).collect::<Vec<_>>();
    let tokens = offered.iter().filter(|it| it.token).map(|it| it.id).collect::<Vec<_>>();
    let mut flows = Vec::new();
    if !redirects.is_empty() && client == ClientKind::Browser {
        flows.push(Flow::of_providers(FlowId::ProviderRedirect, redirects));
    }
    if !tokens.is_empty() {
        flows.push(Flow::of_providers(FlowId::ProviderToken, tokens));
    }
    flows
}

/// Returns the flow that the login in progress waits for.
fn stage<'a>(app: &App, caller: &'a Caller) -> Option<Flow<'a>> {
    let session = caller.session()?;
    let stage = session.pending_stage(&app.settings, app.now())?;
    let types = match (stage, &session.login) {
        (StageKey::MfaAuthenticate, Some(login)) => Some(login.factors.as_slice().into()),
        _ => None,
    };
    Some(Flow { types, ..Flow::pending(stage.into()) })
}

fn password_reset<'a>(settings: &Settings, now: Timestamp, caller: &Caller) -> Option<Flow<'a>> {
    const KIND: CodeKind = CodeKind::PasswordReset;
    if !settings.account.password_reset_by_code_enabled || settings.social.only {
        return None;
    }
    let process = caller.session().and_then(|session| session.code(KIND));
    let is_live =
        |process: &&CodeProcess| process.has_attempts(KIND, settings) && !process.is_expired(KIND, settings, now);
    let is_pending = Some(process.filter(is_live).is_some());
    Some(Flow { is_pending, ..Flow::new(FlowId::PasswordResetByCode) })
}
