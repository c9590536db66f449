//! Rate limits in django-allauth's syntax: `5/m/ip`, `3/5m/key`, several by commas.

use super::values::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// What a rate is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Per {
    /// The client's address.
    Ip,
    /// The logged-in user.
    User,
    /// What the action is about: an address, a name.
    Key,
}

/// So many times in so long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// How many times.
    pub amount: u32,
    /// In how many seconds.
    pub seconds: f64,
    /// Counted by what.
    pub per: Per,
}

impl Rate {
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no rate such as 5/m/ip");
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
        let per = match per {
            "ip" => Per::Ip,
            "user" => Per::User,
            "key" => Per::Key,
            _ => return Err(wrong()),
        };
        let amount = amount.parse().map_err(|_| wrong())?;
        Ok(Self { amount, seconds: count * unit, per })
    }
}

/// The actions of one setting, with the limits that are on unless told otherwise.
pub trait Actions {
    /// Names and rates.
    const DEFAULTS: &'static [(&'static str, &'static str)];
}

/// The actions of `ACCOUNT_RATE_LIMITS`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountRates;

impl Actions for AccountRates {
    const DEFAULTS: &'static [(&'static str, &'static str)] = &[
        ("change_password", "5/m/user"),
        ("change_phone", "1/m/user"),
        ("manage_email", "10/m/user"),
        ("reset_password", "20/m/ip,5/m/key"),
        ("reauthenticate", "10/m/user"),
        ("reset_password_from_key", "20/m/ip"),
        ("signup", "20/m/ip"),
        ("login", "30/m/ip"),
        ("request_login_code", "20/m/ip,3/m/key"),
        ("login_failed", "10/m/ip,5/300s/key"),
        ("confirm_email", "1/180s/key"),
        ("verify_phone", "1/30s/key,3/m/ip"),
    ];
}

/// The actions of `MFA_RATE_LIMITS`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MfaRates;

impl MfaRates {
    /// Passkey logins.
    pub const LOGIN: &'static str = "webauthn_login";
    /// Challenges for passkey logins that nobody has logged in for. Pages that offer passkeys as autofill ask for one each
    /// time they are opened.
    pub const CHALLENGE: &'static str = "webauthn_challenge";
}

impl Actions for MfaRates {
    const DEFAULTS: &'static [(&'static str, &'static str)] = &[(Self::LOGIN, "10/m/ip"), (Self::CHALLENGE, "60/m/ip")];
}

/// Limits by action.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RateLimits<A> {
    off: bool,
    given: BTreeMap<String, Vec<Rate>>,
    actions: PhantomData<A>,
}

impl RateLimits<AccountRates> {
    /// The limits of `confirm_email` where verification is by code: codes are asked for again sooner than links.
    pub fn of_confirmation_by_code(&self) -> Vec<Rate> {
        match self.off || self.given.contains_key("confirm_email") {
            true => self.of("confirm_email"),
            false => vec![Rate { amount: 1, seconds: 10.0, per: Per::Key }],
        }
    }
}

impl<A: Actions> RateLimits<A> {
    /// The limits of an action; none where limits are off.
    pub fn of(&self, action: &str) -> Vec<Rate> {
        if self.off {
            return Vec::new();
        }
        if let Some(rates) = self.given.get(action) {
            return rates.clone();
        }
        let text = A::DEFAULTS.iter().find(|(name, _)| *name == action).map_or("", |(_, text)| text);
        parse_rates(text).unwrap_or_default()
    }
}

fn parse_rates(text: &str) -> Result<Vec<Rate>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(',').map(|part| Rate::parse(part.trim())).collect()
}

impl<A: Actions> Value for RateLimits<A> {
    const KIND: &'static str = "`false` or dictionary";

    fn from_json(json: &Json) -> Result<Self, String> {
        let entries = match json {
            Json::Bool(false) => return Ok(Self { off: true, given: BTreeMap::new(), actions: PhantomData }),
            Json::Object(entries) => entries,
            _ => return Err("must be false or a JSON object of rates".to_owned()),
        };
        let mut given = BTreeMap::new();
        for (action, rate) in entries {
            if !A::DEFAULTS.iter().any(|(name, _)| name == action) {
                return Err(format!("`{action}` is no action that has a rate"));
            }
            let rates = match rate {
                Json::Null | Json::Bool(false) => Vec::new(),
                Json::String(text) => parse_rates(text)?,
                _ => return Err(format!("`{action}` must be a rate such as 5/m/ip, or null")),
            };
            given.insert(action.clone(), rates);
        }
        Ok(Self { off: false, given, actions: PhantomData })
    }

    fn show(&self) -> String {
        let rows = A::DEFAULTS.iter().map(|(name, text)| ((*name).to_owned(), Json::from(*text)));
        Json::Object(rows.collect()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_reads_as_the_reference_reads_it() {
        let rate = |text| Rate::parse(text).unwrap();
        assert_eq!(rate("5/m"), Rate { amount: 5, seconds: 60.0, per: Per::Ip });
        assert_eq!(rate("3/5m/key"), Rate { amount: 3, seconds: 300.0, per: Per::Key });
        assert_eq!(rate("1/0.5h/user"), Rate { amount: 1, seconds: 1800.0, per: Per::User });
        for wrong in ["", "5", "5/x", "5/m/planet", "x/m", "5/m/ip/ip"] {
            assert!(Rate::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn given_limits_lie_over_the_defaults() {
        let limits = RateLimits::<AccountRates>::from_text(r#"{"login": "1/s", "signup": null}"#).unwrap();
        assert_eq!(limits.of("login").len(), 1);
        assert!(limits.of("signup").is_empty());
        assert_eq!(limits.of("login_failed").len(), 2);
        assert_eq!(limits.of_confirmation_by_code()[0].seconds, 10.0);
        assert!(RateLimits::<AccountRates>::from_text("false").unwrap().of("login").is_empty());
        assert!(RateLimits::<AccountRates>::from_text(r#"{"logni": "1/s"}"#).is_err());
    }
}
