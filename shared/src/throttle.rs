//! Rate limits: the sliding logs of django-allauth, stored in the table so that all functions share them.
//!
//! One item for each source (a client's address, a user or a key) holds the logs of all its actions. So a request needs
//! one write for each source. A refused action is not counted in any log.

use crate::account::identifier_key;
use crate::app::App;
use crate::settings::{Per, Rate, RateAction};
use crate::store::{Entry, Key, LogUse, Reserved, StoreError};
use futures_util::future::try_join_all;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use strum::IntoStaticStr;

/// An action that is counted.
#[derive(Debug, Clone)]
pub struct Action<'a> {
    /// The name of the action.
    pub name: RateAction,
    /// The subject of the action, for rates by key. An email address counts as its mailbox. A username counts without
    /// its case.
    pub key: Option<&'a str>,
    /// The logged-in user, for rates by user.
    pub user: Option<&'a str>,
    /// Whether rates by the client's address count the action. `false` if another request to the table has already
    /// counted it.
    pub by_client: bool,
}

impl<'a> Action<'a> {
    /// An action that only the rates by the client's address count.
    pub fn new(name: RateAction) -> Self {
        Self { name, key: None, user: None, by_client: true }
    }

    /// An action of a user.
    pub fn of(name: RateAction, user: &'a str) -> Self {
        Self { name, key: None, user: Some(user), by_client: true }
    }

    /// An action about a key.
    pub fn about(name: RateAction, key: &'a str) -> Self {
        Self { name, key: Some(key), user: None, by_client: true }
    }

    /// An action about a key, which only the rates by key count.
    pub fn only_about(name: RateAction, key: &'a str) -> Self {
        Self { name, key: Some(key), user: None, by_client: false }
    }
}

/// A kind of event that a [`Limit`] counts. Its name in the table is the variant's name in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Counted {
    /// Failed attempts to use a user's second factor in the JWT API.
    JwtSecondFactor,
}

/// A limit by key that is not one of the rates in the settings.
#[derive(Debug, Clone, Copy)]
pub struct Limit<'a> {
    /// The kind of event that it counts.
    pub counted: Counted,
    /// The key that it counts by.
    pub key: &'a str,
    /// The number of times that is allowed.
    pub amount: u32,
    /// The period in seconds.
    pub seconds: i64,
}

impl Limit<'_> {
    fn entry(&self) -> Entry {
        let micros = self.seconds.saturating_mul(1_000_000);
        Entry { name: <&str>::from(self.counted).to_owned(), amount: self.amount, micros }
    }
}

/// The uses of rate limits that a request has reserved.
#[derive(Debug, Default)]
pub struct Usage(Vec<(LogUse, Vec<(RateAction, String)>)>);

impl Usage {
    /// Adds the uses that another request to the table has reserved.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// A rate limit that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// The action that it limits.
    pub action: RateAction,
    /// Seconds until the same request is allowed, if nothing else is counted; at least 1.
    pub seconds: u32,
}

/// The logs of one source that a request is counted in, with the action of each.
struct Plan {
    key: Key,
    entries: Vec<(RateAction, Entry)>,
}

impl App {
    /// Counts these actions: all of them, or none if a limit is reached.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn consume(&self, client: IpAddr, actions: &[Action<'_>]) -> Result<Result<Usage, Limited>, StoreError> {
        let plans = self.plan(client, actions);
        let reserve = |plan: &Plan| {
            let (key, entries) =
                (plan.key.clone(), plan.entries.iter().map(|(_, entry)| entry.clone()).collect::<Vec<_>>());
            async move { self.store.reserve(&key, &entries).await }
        };
        let answers = try_join_all(plans.iter().map(reserve)).await?;
        let (mut usage, mut limited) = (Usage::default(), None::<Limited>);
        for (plan, answer) in plans.iter().zip(answers) {
            match answer {
                Reserved::Full { place, seconds } => {
                    let first = limited.map(|first| Limited { seconds: first.seconds.max(seconds), ..first });
                    limited = first.or(plan.entries.get(place).map(|(action, _)| Limited { action: *action, seconds }));
                }
                Reserved::Taken(taken) => {
                    let logs = plan.entries.iter().map(|(action, entry)| (*action, entry.name.clone()));
                    usage.0.push((taken, logs.collect()));
                }
            }
        }
        match limited {
            None => Ok(Ok(usage)),
            Some(limited) => {
                self.give_back(&usage, None).await;
                Ok(Err(limited))
            }
        }
    }

    /// Gives back the uses that a request reserved: those of one action, or all.
    pub async fn give_back(&self, usage: &Usage, action: Option<RateAction>) {
        let releases = usage.0.iter().filter_map(|(taken, logs)| {
            let of_action = |(name, _): &&(RateAction, String)| action.is_none_or(|action| action == *name);
            let names = logs.iter().filter(of_action).map(|(_, log)| log.as_str()).collect::<Vec<_>>();
            (!names.is_empty()).then_some(async move { self.store.release(taken, &names).await })
        });
        futures_util::future::join_all(releases).await;
    }

    /// Deletes the uses of an action that were counted by its key.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn forget(&self, action: &Action<'_>) -> Result<(), StoreError> {
        let Some(key) = action.key.map(|key| self.item_of("key", key)) else { return Ok(()) };
        let rates = self.settings.rates_of(action.name);
        let names = rates.into_iter().filter(|rate| rate.per == Per::Key).map(|rate| entry(action.name, rate).name);
        let names = names.collect::<Vec<_>>();
        if names.is_empty() { Ok(()) } else { self.store.clear_logs(&key, &names).await }
    }

    /// Counts a use of a limit that is not in the settings. Returns whether there was room.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn consume_of(&self, limit: &Limit<'_>) -> Result<bool, StoreError> {
        let reserved = self.store.reserve(&self.item_of("key", limit.key), &[limit.entry()]).await?;
        Ok(matches!(reserved, Reserved::Taken(_)))
    }

    /// Seconds until there is room in such a limit again; 0 if there is room now.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn full_for(&self, limit: &Limit<'_>) -> Result<i64, StoreError> {
        let entry = limit.entry();
        let free = self.store.free_again(&self.item_of("key", limit.key), &entry).await?;
        Ok(free.map_or(0, |moment| (moment.since(self.now()).as_secs() as i64).max(1)))
    }

    /// Deletes the uses that were counted for such a limit.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn forget_of(&self, limit: &Limit<'_>) -> Result<(), StoreError> {
        self.store.clear_logs(&self.item_of("key", limit.key), &[limit.entry().name]).await
    }

    fn plan(&self, client: IpAddr, actions: &[Action<'_>]) -> Vec<Plan> {
        let mut plans = Vec::<Plan>::new();
        for action in actions {
            for rate in self.settings.rates_of(action.name) {
                let Some(key) = self.source(client, action, rate) else { continue };
                let entry = entry(action.name, rate);
                match plans.iter_mut().find(|plan| plan.key == key) {
                    Some(plan) => plan.entries.push((action.name, entry)),
                    None => plans.push(Plan { key, entries: vec![(action.name, entry)] }),
                }
            }
        }
        plans
    }

    /// The item of the source that a rate counts by. Returns `None` if the action has no such source.
    fn source(&self, client: IpAddr, action: &Action<'_>, rate: Rate) -> Option<Key> {
        let (kind, source) = match rate.per {
            Per::Ip if !action.by_client => return None,
            Per::Ip => ("ip", network(client, self.settings.service.rate_limit_ipv6_prefix)),
            Per::User => {
                debug_assert!(action.user.is_some(), "{:?} has rates by user, and is counted without one", action.name);
                ("user", action.user?.to_owned())
            }
            Per::Key => ("key", action.key?.to_owned()),
        };
        Some(self.item_of(kind, &source))
    }

    fn item_of(&self, kind: &str, source: &str) -> Key {
        let source = if kind == "key" { identifier_key(source) } else { source.to_owned() };
        let hash = self.keys.digest("rate", &[kind.as_bytes(), source.as_bytes()]);
        Key::new(format!("RATE#{hash}"), "RATE")
    }
}

fn entry(action: RateAction, rate: Rate) -> Entry {
    Entry {
        name: format!("{} {}/{}", action.as_str(), rate.amount, rate.seconds),
        amount: rate.amount,
        micros: (rate.seconds * 1e6) as i64,
    }
}

/// The form of an address that limits count by. An IPv6 address counts as its network, so that a client cannot avoid
/// limits by changing addresses within its own network (CVE-2026-45364). An IPv4 address within an IPv6 address counts
/// as IPv4.
fn network(address: IpAddr, prefix: u8) -> String {
    match embedded_ipv4(address) {
        Ok(address) => address.to_string(),
        Err(address) => {
            let hidden = 128 - u32::from(prefix.min(128));
            let mask = u128::MAX.checked_shl(hidden).unwrap_or(0);
            Ipv6Addr::from(u128::from(address) & mask).to_string()
        }
    }
}

/// The IPv4 address of a client that an IPv6 address contains: IPv4-mapped (`::ffff:0:0/96`), translated by NAT64
/// (`64:ff9b::/96`, RFC 6052), 6to4 (`2002::/16`, RFC 3056), or Teredo (`2001::/32`, RFC 4380, which inverts the
/// address). If these addresses counted by their networks, all clients of the first, second and last kind would share
/// one limit, and one client of 6to4 would have many.
fn embedded_ipv4(address: IpAddr) -> Result<Ipv4Addr, Ipv6Addr> {
    let address = match address.to_canonical() {
        IpAddr::V4(address) => return Ok(address),
        IpAddr::V6(address) => address,
    };
    let join = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Ok(join(high, low)),
        [0x2002, high, low, ..] => Ok(join(high, low)),
        [0x2001, 0, _, _, _, _, high, low] => Ok(join(!high, !low)),
        _ => Err(address),
    }
}

#[cfg(test)]
mod tests {
    use super::{Counted, Limit, network};

    #[test]
    fn logs_keep_their_names_in_the_table() {
        let limit = Limit { counted: Counted::JwtSecondFactor, key: "a user", amount: 1, seconds: 1 };
        assert_eq!(limit.entry().name, "jwt_second_factor");
    }

    #[test]
    fn ipv6_addresses_of_one_64_network_share_a_limit() {
        let seen = |text: &str| network(text.parse().unwrap(), 64);
        assert_eq!(seen("2001:db8:1:2:3:4:5:6"), seen("2001:0db8:0001:0002:ffff::1"));
        assert_ne!(seen("2001:db8:1:2::1"), seen("2001:db8:1:3::1"));
        assert_eq!(seen("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("2001:db8::1".parse().unwrap(), 128), "2001:db8::1");

        assert_eq!(network("2001:db8::1".parse().unwrap(), 0), "::");
    }

    #[test]
    fn ipv4_addresses_within_ipv6_are_limited_as_ipv4() {
        let seen = |text: &str| network(text.parse().unwrap(), 64);
        for text in ["64:ff9b::192.0.2.7", "2002:c000:207:9::1", "2001:0:4136:e378:8000:63bf:3fff:fdf8"] {
            assert_eq!(seen(text), "192.0.2.7", "{text}");
        }
        assert_ne!(seen("64:ff9b::192.0.2.7"), seen("64:ff9b::192.0.2.8"), "NAT64 has many clients");
        assert_eq!(seen("64:ff9b:1::192.0.2.7"), "64:ff9b:1::", "operators choose which part is the address");
        assert_eq!(seen("2001:db8::1"), "2001:db8::");
    }
}
