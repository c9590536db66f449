//! The display text of an identity: the `display` of `GET account/providers`.

use super::config::AppConfig;
use super::identity::tidy;
use super::template::first;
use serde_json::Value;

/// The fields that identify a user best, in the reference's order (`ProviderAccount.to_str`): username, address, name.
const BEST: [&str; 17] = [
    "username",
    "userName",
    "user_name",
    "login",
    "handle",
    "email",
    "Email",
    "mail",
    "email_address",
    "name",
    "display_name",
    "displayName",
    "displayname",
    "Display_Name",
    "nickname",
    "full_name",
    "fullName",
];
const FIRST: [&str; 6] = ["first_name", "firstname", "firstName", "First_Name", "given_name", "givenName"];
const LAST: [&str; 7] = ["last_name", "lastname", "lastName", "Last_Name", "family_name", "familyName", "surname"];

/// Maximum length of the text in characters, the same as that of an address.
const MOST: usize = 254;

/// The domain of addresses that Apple generates to hide the real address.
const RELAY: &str = "@privaterelay.appleid.com";

impl AppConfig {
    /// Returns the display text of an identity, from its stored profile ([`Identity::extra`](super::Identity)).
    pub fn display(&self, extra: &Value) -> String {
        let (entry, fields) = (self.entry(), &self.entry().fields);
        // Generic OpenID Connect stores two documents. The one that the identity was read from is shown.
        let picked = ["userinfo", "id_token"].into_iter().find_map(|name| extra.get(name).filter(|v| v.is_object()));
        let data = match &fields.display_root {
            Some(root) => extra.pointer(root),
            None => picked.filter(|_| entry.server.is_some()).or(Some(extra)),
        };
        let data = data.unwrap_or(&Value::Null);
        let text = |name: &str| data.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let told = text("email").is_some_and(|email| !email.to_lowercase().ends_with(RELAY));
        let own = || first(data, &fields.display).filter(|_| !(fields.display_unless_told && told));
        let best = || BEST.iter().find_map(|name| text(name)).map(str::to_owned);
        let names = || {
            // The last field that is present counts, as in the reference.
            let one = |names: &[&str]| names.iter().rev().find_map(|name| text(name)).map(str::to_owned);
            let given = one(&FIRST).or_else(|| first(data, &fields.first_name)).unwrap_or_default();
            let family = one(&LAST).or_else(|| first(data, &fields.last_name)).unwrap_or_default();
            Some(format!("{given} {family}").trim().to_owned()).filter(|name| !name.is_empty())
        };
        let shown = own().or_else(best).or_else(names).map(|text| tidy(&text, MOST)).filter(|text| !text.is_empty());
        shown.unwrap_or_else(|| self.name().to_owned())
    }
}
