//! The configuration that a client needs before login.

use super::providers::{Provider, offered_providers};
use super::{AuthenticatorType, Status};
use crate::app::App;
use crate::settings::{ClientKind, Condition};
use schemars::JsonSchema;
use serde::Serialize;

/// The configuration of the service.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConfigurationResponse<'a> {
    status: Status<200>,
    /// The configuration.
    pub data: Configuration<'a>,
}

/// The configuration of the service. Parts that are turned off are absent.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Configuration<'a> {
    account: AccountConfiguration,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SocialAccountConfiguration", extend("x-latchkey-if" = [Condition::Providers]))]
    socialaccount: Option<SocialAccountConfiguration<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "MFAConfiguration", extend("x-latchkey-if" = [Condition::SecondFactors]))]
    mfa: Option<MFAConfiguration<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "UserSessionsConfiguration", extend("x-latchkey-if" = [Condition::UserSessions]))]
    usersessions: Option<UserSessionsConfiguration>,
}

/// The configuration of accounts.
#[derive(Debug, Serialize, JsonSchema)]
struct AccountConfiguration {
    /// The identifiers that users can log in with.
    login_methods: Vec<LoginMethod>,
    /// Whether users can sign up.
    is_open_for_signup: bool,
    /// Whether email addresses are verified with a code instead of a link.
    email_verification_by_code_enabled: bool,
    /// Whether users can log in with a code.
    login_by_code_enabled: bool,
    /// Whether passwords are reset with a code instead of a link.
    password_reset_by_code_enabled: bool,
    /// The field that older clients read instead of `login_methods`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AuthenticationMethods", extend("deprecated" = true))]
    authentication_method: Option<AuthenticationMethods>,
}

/// An identifier that users can log in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum LoginMethod {
    /// An email address.
    #[schemars(extend("x-latchkey-if" = [Condition::EmailLogin]))]
    Email,
    /// A username.
    #[schemars(extend("x-latchkey-if" = [Condition::UsernameLogin]))]
    Username,
    /// A phone number.
    #[schemars(extend("x-latchkey-if" = [Condition::PhoneLogin]))]
    Phone,
}

/// The identifiers that users can log in with, for older clients.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum AuthenticationMethods {
    Email,
    Username,
    UsernameEmail,
}

/// The configuration of identity providers.
#[derive(Debug, Serialize, JsonSchema)]
struct SocialAccountConfiguration<'a> {
    /// The providers that this kind of client can use.
    providers: Vec<Provider<'a>>,
}

/// The configuration of second factors.
#[derive(Debug, Serialize, JsonSchema)]
struct MFAConfiguration<'a> {
    /// The types of authenticators that users can set up.
    #[schemars(with = "Vec<AuthenticatorType>")]
    supported_types: &'a [String],
    /// Whether users can log in with only a passkey.
    passkey_login_enabled: bool,
}

/// The configuration of sessions.
#[derive(Debug, Serialize, JsonSchema)]
struct UserSessionsConfiguration {
    /// Whether a session stores the time of its last request.
    track_activity: bool,
}

impl<'a> ConfigurationResponse<'a> {
    /// Returns the configuration for this kind of client.
    pub fn new(app: &'a App, client: ClientKind) -> Self {
        let settings = &app.settings;
        let (account, mfa) = (&settings.account, &settings.mfa);
        let login_methods = account.login_methods.iter().map(|method| (*method).into()).collect::<Vec<_>>();
        let has = |method| login_methods.contains(&method);
        let authentication_method = match (has(LoginMethod::Email), has(LoginMethod::Username)) {
            (true, true) => Some(AuthenticationMethods::UsernameEmail),
            (true, false) => Some(AuthenticationMethods::Email),
            (false, true) => Some(AuthenticationMethods::Username),
            (false, false) => None,
        };
        let account = AccountConfiguration {
            login_methods,
            is_open_for_signup: account.signup_open,
            email_verification_by_code_enabled: account.email_verification_by_code_enabled,
            login_by_code_enabled: account.login_by_code_enabled,
            password_reset_by_code_enabled: account.password_reset_by_code_enabled,
            authentication_method,
        };
        let socialaccount = settings.social.enabled.then(|| SocialAccountConfiguration {
            providers: offered_providers(app, client).iter().map(|it| Provider::new(app, it.id)).collect(),
        });
        let mfa = mfa.enabled.then(|| MFAConfiguration {
            supported_types: &mfa.supported_types,
            passkey_login_enabled: mfa.has_passkey_login(),
        });
        let sessions = &settings.user_sessions;
        let usersessions =
            sessions.enabled.then_some(UserSessionsConfiguration { track_activity: sessions.track_activity });
        Self { status: Status, data: Configuration { account, socialaccount, mfa, usersessions } }
    }
}

impl From<crate::settings::LoginMethod> for LoginMethod {
    fn from(method: crate::settings::LoginMethod) -> Self {
        match method {
            crate::settings::LoginMethod::Email => Self::Email,
            crate::settings::LoginMethod::Username => Self::Username,
            crate::settings::LoginMethod::Phone => Self::Phone,
        }
    }
}
