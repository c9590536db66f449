//! Rate limits in django-allauth's syntax: `5/m/ip`, `3/5m/key`, several separated by commas.

use super::values::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use strum::{EnumString, IntoStaticStr, VariantArray};

/// The value that a rate is counted by. In the settings, its name is the variant's in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Per {
    /// The client's address.
    Ip,
    /// The logged-in user.
    User,
    /// The subject of the action: an address or a name.
    Key,
}

/// A number of actions in a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The number of actions.
    pub amount: u32,
    /// The period in seconds.
    pub seconds: f64,
    /// The value that it is counted by.
    pub per: Per,
}

impl Rate {
    /// # Errors
    /// The mistake in the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a rate such as 5/m/ip");
        let parts = text.split('/').collect::<Vec<_>>();
        let (amount, duration, per) = match parts[..] {
            [amount, duration] => (amount, duration, "ip"),
            [amount, duration, per] => (amount, duration, per),
            _ => return Err(wrong()),
        };
        let unit = match duration.chars().last() {
            Some('s') => 1.0,
            Some('m') => 60.0,
            Some('h') => 3600.0,
            Some('d') => 86_400.0,
            _ => return Err(wrong()),
        };
        let count = &duration[..duration.len() - 1];
        let count = if count.is_empty() { 1.0 } else { count.parse::<f64>().map_err(|_| wrong())? };
        let per = per.parse().map_err(|_| wrong())?;
        let amount = amount.parse().map_err(|_| wrong())?;
        let seconds = count * unit;
        if seconds.is_finite() && seconds > 0.0 { Ok(Self { amount, seconds, per }) } else { Err(wrong()) }
    }
}

/// The two settings that limit actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateSetting {
    /// `ACCOUNT_RATE_LIMITS`.
    Account,
    /// `MFA_RATE_LIMITS`.
    Mfa,
}

/// An action with a rate limit. Its name in the settings and in the table is the variant's in snake case.
///
/// To add one, add a variant, and add below the setting that limits it, the value that it is counted by, and its
/// default limit.
///
/// ```
/// assert_eq!(shared::settings::RateAction::Login.as_str(), "login");
/// ```
///
/// A misspelled action does not compile:
///
/// ```compile_fail,E0599
/// assert_eq!(shared::settings::RateAction::Logni.as_str(), "login");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, EnumString, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum RateAction {
    /// Changing the password.
    ChangePassword,
    /// Changing the phone number.
    ChangePhone,
    /// Adding, removing or changing addresses.
    ManageEmail,
    /// Requesting a password reset.
    ResetPassword,
    /// Confirming the password in a session.
    Reauthenticate,
    /// Setting a new password with a link or code.
    ResetPasswordFromKey,
    /// Signing up.
    Signup,
    /// Attempts to log in with a password, successful or not.
    Login,
    /// Requesting a login code.
    RequestLoginCode,
    /// Failed attempts with a password or a second factor.
    LoginFailed,
    /// Sending a link or code to an email address.
    ConfirmEmail,
    /// Sending a code to a phone number.
    VerifyPhone,
    /// Passkey logins.
    WebauthnLogin,
    /// Challenges for passkey logins, requested by clients that are not logged in. Pages that offer passkeys as
    /// autofill request a challenge each time they are opened.
    WebauthnChallenge,
}

impl RateAction {
    /// Returns the action's name in the settings and in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the setting that limits the action.
    pub fn setting(self) -> RateSetting {
        match self {
            Self::ChangePassword
            | Self::ChangePhone
            | Self::ManageEmail
            | Self::ResetPassword
            | Self::Reauthenticate
            | Self::ResetPasswordFromKey
            | Self::Signup
            | Self::Login
            | Self::RequestLoginCode
            | Self::LoginFailed
            | Self::ConfirmEmail
            | Self::VerifyPhone => RateSetting::Account,
            Self::WebauthnLogin | Self::WebauthnChallenge => RateSetting::Mfa,
        }
    }

    /// Returns the values that the action can be counted by. A rate by another value would never count, so it prevents
    /// startup.
    fn counted_by(self) -> &'static [Per] {
        match self {
            Self::ChangePassword | Self::ChangePhone | Self::ManageEmail | Self::Reauthenticate => {
                &[Per::Ip, Per::User]
            }
            Self::ResetPassword
            | Self::RequestLoginCode
            | Self::LoginFailed
            | Self::ConfirmEmail
            | Self::VerifyPhone => &[Per::Ip, Per::Key],
            Self::ResetPasswordFromKey | Self::Signup | Self::Login | Self::WebauthnLogin | Self::WebauthnChallenge => {
                &[Per::Ip]
            }
        }
    }

    /// Returns the reason why this rate cannot limit the action, if there is one.
    fn mistake_in(self, rate: Rate) -> Option<String> {
        let names = |all: &[Per]| all.iter().map(<&str>::from).collect::<Vec<_>>().join(" or ");
        let right = self.counted_by();
        let mistake = || format!("`{}` is counted by {}, not by {}", self.as_str(), names(right), names(&[rate.per]));
        (!right.contains(&rate.per)).then(mistake)
    }

    /// Returns the default limits.
    fn default_rates(self) -> &'static str {
        match self {
            Self::ChangePassword => "5/m/user",
            Self::ChangePhone => "1/m/user",
            Self::ManageEmail => "10/m/user",
            Self::ResetPassword => "20/m/ip,5/m/key",
            Self::Reauthenticate => "10/m/user",
            Self::ResetPasswordFromKey => "20/m/ip",
            Self::Signup => "20/m/ip",
            Self::Login => "30/m/ip",
            Self::RequestLoginCode => "20/m/ip,3/m/key",
            Self::LoginFailed => "10/m/ip,5/300s/key",
            Self::ConfirmEmail => "1/180s/key",
            Self::VerifyPhone => "1/30s/key,3/m/ip",
            Self::WebauthnLogin => "10/m/ip",
            Self::WebauthnChallenge => "60/m/ip",
        }
    }

    /// Returns the actions that a setting limits.
    fn of(setting: RateSetting) -> impl Iterator<Item = Self> {
        Self::VARIANTS.iter().copied().filter(move |action| action.setting() == setting)
    }
}

/// The setting whose value a [`RateLimits`] is.
pub trait Limits {
    /// The setting.
    const SETTING: RateSetting;
}

/// `ACCOUNT_RATE_LIMITS`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountRates;

impl Limits for AccountRates {
    const SETTING: RateSetting = RateSetting::Account;
}

/// `MFA_RATE_LIMITS`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MfaRates;

impl Limits for MfaRates {
    const SETTING: RateSetting = RateSetting::Mfa;
}

/// Rate limits by action.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RateLimits<A> {
    off: bool,
    given: BTreeMap<RateAction, Vec<Rate>>,
    setting: PhantomData<A>,
}

impl RateLimits<AccountRates> {
    /// Returns the limits of `confirm_email` if verification uses codes. Users can request a new code sooner than a new
    /// link.
    pub fn of_confirmation_by_code(&self) -> Vec<Rate> {
        match self.off || self.given.contains_key(&RateAction::ConfirmEmail) {
            true => self.of(RateAction::ConfirmEmail),
            false => vec![Rate { amount: 1, seconds: 10.0, per: Per::Key }],
        }
    }
}

impl<A: Limits> RateLimits<A> {
    /// Returns the limits of an action of this setting. Empty if limits are off.
    pub fn of(&self, action: RateAction) -> Vec<Rate> {
        if self.off {
            return Vec::new();
        }
        if let Some(rates) = self.given.get(&action) {
            return rates.clone();
        }
        parse_rates(action.default_rates()).unwrap_or_default()
    }
}

fn parse_rates(text: &str) -> Result<Vec<Rate>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(',').map(|part| Rate::parse(part.trim())).collect()
}

impl<A: Limits> Value for RateLimits<A> {
    const KIND: &'static str = "`false` or dictionary";

    fn from_json(json: &Json) -> Result<Self, String> {
        let entries = match json {
            Json::Bool(false) => return Ok(Self { off: true, given: BTreeMap::new(), setting: PhantomData }),
            Json::Object(entries) => entries,
            _ => return Err("must be false or a JSON object of rates".to_owned()),
        };
        let mut given = BTreeMap::new();
        for (name, rate) in entries {
            let action = name.parse::<RateAction>().ok().filter(|action| action.setting() == A::SETTING);
            let action = action.ok_or_else(|| format!("`{name}` is not an action with a rate limit"))?;
            let rates = match rate {
                Json::Null | Json::Bool(false) => Vec::new(),
                Json::String(text) => parse_rates(text)?,
                _ => return Err(format!("`{name}` must be a rate such as 5/m/ip, or null")),
            };
            if let Some(mistake) = rates.iter().find_map(|rate| action.mistake_in(*rate)) {
                return Err(mistake);
            }
            given.insert(action, rates);
        }
        Ok(Self { off: false, given, setting: PhantomData })
    }

    fn show(&self) -> String {
        let actions = RateAction::of(A::SETTING);
        let rows = actions.map(|action| (action.as_str().to_owned(), Json::from(action.default_rates())));
        Json::Object(rows.collect()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rate_is_parsed_like_in_the_reference() {
        let rate = |text| Rate::parse(text).unwrap();
        assert_eq!(rate("5/m"), Rate { amount: 5, seconds: 60.0, per: Per::Ip });
        assert_eq!(rate("3/5m/key"), Rate { amount: 3, seconds: 300.0, per: Per::Key });
        assert_eq!(rate("1/0.5h/user"), Rate { amount: 1, seconds: 1800.0, per: Per::User });
        for wrong in ["", "5", "5/x", "5/m/planet", "x/m", "5/m/ip/ip", "5/0m", "5/-1m", "5/nand", "5/infd", "5/1e999d"]
        {
            assert!(Rate::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_action_has_a_default_limit() {
        for action in RateAction::VARIANTS {
            let rates = parse_rates(action.default_rates()).unwrap();
            assert!(!rates.is_empty(), "{action:?}");
            assert_eq!(rates.into_iter().find_map(|rate| action.mistake_in(rate)), None);
            assert_eq!(action.as_str().parse::<RateAction>(), Ok(*action));
        }
    }

    #[test]
    fn a_rate_by_a_value_that_the_action_does_not_have_is_refused() {
        let mistake = |text| RateLimits::<AccountRates>::from_text(text).unwrap_err();
        assert_eq!(mistake(r#"{"signup": "5/m/user"}"#), "`signup` is counted by ip, not by user");
        assert_eq!(
            mistake(r#"{"change_phone": "9/m/ip,1/m/key"}"#),
            "`change_phone` is counted by ip or user, not by key"
        );
        assert!(RateLimits::<AccountRates>::from_text(r#"{"change_phone": "9/m,1/m/user"}"#).is_ok());
    }

    #[test]
    fn explicit_limits_override_the_defaults() {
        let limits = RateLimits::<AccountRates>::from_text(r#"{"login": "1/s", "signup": null}"#).unwrap();
        assert_eq!(limits.of(RateAction::Login).len(), 1);
        assert!(limits.of(RateAction::Signup).is_empty());
        assert_eq!(limits.of(RateAction::LoginFailed).len(), 2);
        assert_eq!(limits.of_confirmation_by_code()[0].seconds, 10.0);
        assert!(RateLimits::<AccountRates>::from_text("false").unwrap().of(RateAction::Login).is_empty());
        assert!(RateLimits::<AccountRates>::from_text(r#"{"logni": "1/s"}"#).is_err());
        assert!(RateLimits::<AccountRates>::from_text(r#"{"webauthn_login": "1/s"}"#).is_err());
        assert!(RateLimits::<MfaRates>::from_text(r#"{"webauthn_login": "1/s"}"#).is_ok());
    }

    proptest! {
        #[test]
        fn a_rate_reads_what_it_says(
            amount: u32,
            count in 1_u32..1_000,
            (unit, seconds) in prop::sample::select(vec![("s", 1.0), ("m", 60.0), ("h", 3_600.0), ("d", 86_400.0)]),
            (word, per) in prop::sample::select(vec![("ip", Per::Ip), ("user", Per::User), ("key", Per::Key)]),
        ) {
            let rate = Rate { amount, seconds: f64::from(count) * seconds, per };
            prop_assert_eq!(Rate::parse(&format!("{amount}/{count}{unit}/{word}")), Ok(rate));
            prop_assert_eq!(parse_rates(&format!(" {amount}/{count}{unit}/{word} ,1/m")).map(|rates| rates[0]), Ok(rate));
        }

        #[test]
        fn every_rate_has_an_end(text in "\\PC{0,20}|[0-9]{1,12}/[a-z0-9.e+-]{0,8}[smhd](/(ip|user|key))?") {
            if let Ok(rate) = Rate::parse(&text) {
                prop_assert!(rate.seconds.is_finite() && rate.seconds > 0.0, "{:?}", rate);
            }
        }
    }
}
