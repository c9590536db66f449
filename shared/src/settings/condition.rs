//! Conditions on the settings. Endpoints and parts of the API descriptions depend on them.

use super::{EmailVerification, LoginMethod, PreventEnumeration, Settings, TokenStrategy, TotpMode};
use crate::jwt::Algorithm;
use serde::Serialize;

/// A feature that the settings turn on or off. An endpoint names the condition that it depends on. So does a part of
/// its description: a flow, a field or an error code.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Condition {
    /// The headless API is for browsers and for apps.
    BothClients,
    /// Users can have accounts without a third-party identity.
    Accounts,
    /// Users log in with an email address.
    EmailLogin,
    /// Users log in with a username.
    UsernameLogin,
    /// Users log in with a phone number.
    PhoneLogin,
    /// Users log in with a mailed code.
    LoginByCode,
    /// A login code or a reset code can be sent to a phone.
    CodesToPhones,
    /// A forgotten password is reset with a code.
    PasswordResetByCode,
    /// Users have usernames.
    Usernames,
    /// Signup has a username field.
    SignupUsername,
    /// Signup requires a username.
    SignupUsernameRequired,
    /// Signup has an email field.
    SignupEmail,
    /// Signup requires an email address.
    SignupEmailRequired,
    /// Signup has a second email field.
    SignupEmailTwice,
    /// Signup requires the email address twice.
    SignupEmailTwiceRequired,
    /// Signup has a phone field.
    SignupPhone,
    /// Signup requires a phone number.
    SignupPhoneRequired,
    /// Signup has a password field.
    SignupPassword,
    /// Signup requires a password.
    SignupPasswordRequired,
    /// Signup reports that an address, a username or a number is taken.
    SignupTellsTaken,
    /// Signup through a provider requires an email address.
    ProviderSignupEmailRequired,
    /// Users can list their sessions.
    UserSessions,
    /// A session stores the time of its last request.
    TrackedActivity,
    /// Second factors are on.
    SecondFactors,
    /// A browser can skip the second factor.
    TrustedBrowsers,
    /// Authenticator apps are on.
    Totp,
    /// Recovery codes are on.
    RecoveryCodes,
    /// Security keys and passkeys are on.
    SecurityKeys,
    /// Users can log in with only a passkey.
    PasskeyLogin,
    /// Users can sign up with a passkey and no password.
    PasskeySignup,
    /// Identity providers are on.
    Providers,
    /// Apps get signed tokens.
    AppTokens,
    /// Public keys verify the tokens.
    PublicKeys,
    /// The descriptions of the APIs are served.
    Description,
    /// The hosted pages are served.
    Pages,
    /// Apple's apps can use the passkeys of this domain.
    AppleApps,
    /// Android's apps can use the passkeys of this domain.
    AndroidApps,
    /// Other origins can use the passkeys of this domain.
    RelatedOrigins,
    /// The flat API is on.
    Flat,
    /// The flat API is on, and users can have accounts without a third-party identity.
    FlatAccounts,
    /// The flat API and identity providers are on.
    FlatProviders,
    /// The flat API and second factors are on.
    FlatSecondFactors,
    /// The flat API and authenticator apps are on.
    FlatTotp,
    /// The JWT API is on.
    Jwt,
    /// The JWT API is on and is not at the root.
    JwtBelowPrefix,
    /// The JWT API is on, and users can have accounts without a third-party identity.
    JwtAccounts,
    /// The JWT API's links for password resets act when they are opened.
    JwtResetLinks,
    /// The JWT API's links for password resets show a page that asks first.
    JwtResetLinksAsk,
    /// The built-in pages of a password reset are used, not those of the frontend.
    JwtResetPages,
    /// Users can sign up in the JWT API.
    JwtRegistration,
    /// Users can sign up in the JWT API, and addresses are verified.
    JwtRegistrationVerifies,
    /// Users can be invited in the JWT API.
    JwtInvitations,
    /// The built-in page for setting a first password is used.
    JwtInvitationPage,
    /// The built-in page for setting a first password is used, and the JWT API is not at the root.
    JwtInvitationPageBelowPrefix,
    /// The JWT API's links for verifying an address act when they are opened.
    JwtVerificationLinks,
    /// The JWT API's links for verifying an address show a page that asks first.
    JwtVerificationLinksAsk,
    /// The built-in page after the verification of an address is used.
    JwtVerifiedPage,
    /// The JWT API sends refresh tokens in a cookie.
    JwtRefreshInCookie,
    /// The JWT API sends refresh tokens in bodies.
    JwtRefreshInBody,
    /// The JWT API requires the current password for a password change.
    JwtOldPassword,
    /// A password change in the JWT API ends the sessions of the user.
    JwtPasswordEndsSessions,
    /// The JWT API's capability cookies require the CSRF token.
    JwtCapabilityCsrf,
    /// The JWT API cannot set up authenticator apps.
    JwtTotpDisabled,
    /// The JWT API can set up authenticator apps.
    JwtTotp,
    /// The JWT API can set up authenticator apps but does not require one.
    JwtTotpOptional,
    /// The JWT API requires an authenticator app.
    JwtTotpRequired,
    /// A verification link of the JWT API logs the browser in.
    JwtVerificationLogsIn,
    /// In the JWT API, only `PATCH` changes the user.
    JwtUserPatch,
    /// In the JWT API, `PUT` also changes the user.
    JwtUserPut,
}

impl Condition {
    /// Returns whether these settings meet the condition.
    pub fn holds(self, settings: &Settings) -> bool {
        let (account, mfa, jwt) = (&settings.account, &settings.mfa, &settings.jwt_api);
        let logs_in_with = |method| account.login_methods.contains(&method);
        let asks_for = |name| account.signup_fields.get(name).is_some();
        let needs = |name| account.signup_fields.get(name).is_some_and(|field| field.required);
        match self {
            Self::BothClients => settings.headless.clients.len() == 2,
            Self::Accounts => !settings.social.only,
            Self::EmailLogin => logs_in_with(LoginMethod::Email),
            Self::UsernameLogin => logs_in_with(LoginMethod::Username),
            Self::PhoneLogin => logs_in_with(LoginMethod::Phone),
            Self::LoginByCode => account.login_by_code_enabled,
            Self::CodesToPhones => logs_in_with(LoginMethod::Phone),
            Self::PasswordResetByCode => account.password_reset_by_code_enabled,
            Self::Usernames => account.username_field.is_some(),
            Self::SignupUsername => asks_for("username"),
            Self::SignupUsernameRequired => needs("username"),
            Self::SignupEmail => asks_for("email"),
            Self::SignupEmailRequired => needs("email"),
            Self::SignupEmailTwice => asks_for("email2"),
            Self::SignupEmailTwiceRequired => needs("email2"),
            Self::SignupPhone => asks_for("phone"),
            Self::SignupPhoneRequired => needs("phone"),
            Self::SignupPassword => asks_for("password1"),
            Self::SignupPasswordRequired => needs("password1"),
            Self::SignupTellsTaken => account.prevent_enumeration != PreventEnumeration::Strict,
            Self::ProviderSignupEmailRequired => settings.social_email_required(),
            Self::UserSessions => settings.user_sessions.enabled,
            Self::TrackedActivity => settings.user_sessions.track_activity,
            Self::SecondFactors => mfa.enabled,
            Self::TrustedBrowsers => mfa.enabled && mfa.trust_enabled,
            Self::Totp => mfa.supports("totp"),
            Self::RecoveryCodes => mfa.supports("recovery_codes"),
            Self::SecurityKeys => mfa.supports("webauthn"),
            Self::PasskeyLogin => mfa.has_passkey_login(),
            Self::PasskeySignup => mfa.has_passkey_signup(),
            Self::Providers => settings.social.enabled,
            Self::AppTokens => settings.tokens.strategy == TokenStrategy::Jwt,
            Self::PublicKeys => settings.gives_tokens() && settings.tokens.algorithm == Algorithm::Rs256,
            Self::Description => settings.headless.serve_specification,
            Self::Pages => settings.serves_pages(),
            Self::AppleApps => !mfa.webauthn_apple_apps.is_empty(),
            Self::AndroidApps => !mfa.webauthn_android_apps.0.is_empty(),
            Self::RelatedOrigins => {
                mfa.supports("webauthn") && !settings.webauthn_policy().related_origins().is_empty()
            }
            Self::Flat => settings.flat.is_on(),
            Self::FlatAccounts => settings.flat.is_on() && !settings.social.only,
            Self::FlatProviders => settings.flat.is_on() && settings.social.enabled,
            Self::FlatSecondFactors => settings.flat.is_on() && mfa.enabled,
            Self::FlatTotp => settings.flat.is_on() && mfa.supports("totp"),
            Self::Jwt => jwt.is_on(),
            Self::JwtBelowPrefix => jwt.is_on() && !jwt.prefix.as_str().is_empty(),
            // The JWT API does not support third-party identities, which can be the only login method.
            Self::JwtAccounts => jwt.is_on() && !settings.social.only,
            Self::JwtResetLinks => Self::JwtAccounts.holds(settings) && !jwt.links_ask_first,
            Self::JwtResetLinksAsk => Self::JwtAccounts.holds(settings) && jwt.links_ask_first,
            Self::JwtResetPages => Self::JwtAccounts.holds(settings) && jwt.password_reset_redirect.is_none(),
            Self::JwtRegistration => Self::JwtAccounts.holds(settings) && jwt.has_registration(),
            Self::JwtRegistrationVerifies => Self::JwtRegistration.holds(settings) && verifies(settings),
            Self::JwtInvitations => Self::JwtAccounts.holds(settings) && jwt.has_invitations(),
            Self::JwtInvitationPage => Self::JwtInvitations.holds(settings) && jwt.password_set_redirect.is_none(),
            Self::JwtInvitationPageBelowPrefix => {
                Self::JwtInvitationPage.holds(settings) && !jwt.prefix.as_str().is_empty()
            }
            Self::JwtVerificationLinks => has_verification_links(settings) && !jwt.links_ask_first,
            Self::JwtVerificationLinksAsk => has_verification_links(settings) && jwt.links_ask_first,
            Self::JwtVerifiedPage => has_verification_links(settings) && jwt.email_verified_redirect.is_none(),
            Self::JwtRefreshInCookie => jwt.is_on() && jwt.refresh_token_as_cookie,
            Self::JwtRefreshInBody => jwt.is_on() && !jwt.refresh_token_as_cookie,
            Self::JwtOldPassword => jwt.is_on() && jwt.old_password_field_enabled,
            Self::JwtPasswordEndsSessions => jwt.is_on() && jwt.logout_on_password_change,
            Self::JwtCapabilityCsrf => jwt.is_on() && jwt.capability_cookie_csrf,
            Self::JwtTotpDisabled => jwt.is_on() && jwt.mfa_totp_mode == TotpMode::Disabled,
            Self::JwtTotp => jwt.is_on() && jwt.mfa_totp_mode != TotpMode::Disabled,
            Self::JwtTotpOptional => jwt.is_on() && jwt.mfa_totp_mode == TotpMode::Optional,
            Self::JwtTotpRequired => jwt.is_on() && jwt.mfa_totp_mode == TotpMode::Required,
            Self::JwtVerificationLogsIn => {
                has_verification_links(settings) && jwt.session_on_email_verification && jwt.refresh_token_as_cookie
            }
            Self::JwtUserPatch => jwt.is_on() && !jwt.user_put_enabled,
            Self::JwtUserPut => jwt.is_on() && jwt.user_put_enabled,
        }
    }

    /// Returns the name of the condition in API descriptions.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

fn verifies(settings: &Settings) -> bool {
    settings.account.email_verification != EmailVerification::None
}

/// Returns whether mails link to `registration/verification/`.
fn has_verification_links(settings: &Settings) -> bool {
    Condition::JwtAccounts.holds(settings) && (settings.jwt_api.has_invitations() || verifies(settings))
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::VariantArray;

    #[test]
    fn a_condition_is_found_by_its_name() {
        for condition in Condition::VARIANTS {
            assert_eq!(condition.as_str().parse(), Ok(*condition));
            assert_eq!(serde_json::to_value(condition).unwrap(), condition.as_str());
        }
    }
}
