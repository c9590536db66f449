//! Accounts that an operator describes in a file, instead of a signup.

use crate::account::{Address, EmailClaim, User, UserId, find_email_claims, is_email, lower_email};
use crate::app::App;
use crate::store::{Committed, StoreError, Write};
use serde::{Deserialize, Deserializer};
use serde_json::json;

/// The description of an account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The email address.
    #[serde(deserialize_with = "email")]
    pub email: String,
    /// The password. Without it, the account has no password.
    #[serde(default)]
    pub password: Option<String>,
    /// Whether the address counts as verified.
    #[serde(default = "yes")]
    pub verified: bool,
    /// The role. Without it, the two flags below determine the role: 1000 for staff, 900 for a superuser, otherwise 0.
    #[serde(default)]
    pub role: Option<u32>,
    /// Whether the user is a member of the staff.
    #[serde(default)]
    pub is_staff: bool,
    /// Whether the user is a superuser.
    #[serde(default)]
    pub is_superuser: bool,
    /// Whether the user is allowed to log in.
    #[serde(default = "yes")]
    pub is_active: bool,
    /// Given name.
    #[serde(default)]
    pub first_name: String,
    /// Family name.
    #[serde(default)]
    pub last_name: String,
}

fn yes() -> bool {
    true
}

fn email<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let email = lower_email(text.trim());
    let wrong =
        || serde::de::Error::custom(format!("`{text}` is not an email address; use one like `ada@example.com`"));
    if is_email(&email) { Ok(email) } else { Err(wrong()) }
}

/// Creates the account, unless the address is in use. Returns whether it was created.
///
/// # Errors
/// The table is unavailable.
pub async fn provision(app: &App, account: &Account) -> Result<bool, StoreError> {
    let email = &account.email;
    if !find_email_claims(&app.store, email).await?.is_empty() {
        return Ok(false);
    }
    let mut user = User::new(UserId::new(app.random()), app.now());
    if let Some(password) = &account.password {
        user.password = Some(app.hash_password(password.clone()).await);
    }
    let by_flags = if account.is_staff {
        1000
    } else if account.is_superuser {
        900
    } else {
        0
    };
    user.role = account.role.unwrap_or(by_flags);
    user.is_active = account.is_active;
    user.first_name.clone_from(&account.first_name);
    user.last_name.clone_from(&account.last_name);
    for (name, flag) in [("is_staff", account.is_staff), ("is_superuser", account.is_superuser)] {
        if flag {
            user.attributes.insert(name.to_owned(), json!(true));
        }
    }
    user.addresses.push(Address { verified: account.verified, ..Address::new(email, true, app.random()) });
    let claim = EmailClaim::owner(email, user.id, account.verified);
    let writes = vec![Write::create(&user)?, Write::create(&claim)?];
    Ok(matches!(app.store.commit_with_retries(writes).await?, Committed::Done))
}

#[cfg(test)]
mod tests {
    use super::Account;
    use crate::account::email_samples as samples;
    use serde_json::json;

    #[test]
    fn an_account_has_an_address_that_mail_can_be_sent_to() {
        let read = |email: &str| serde_json::from_value::<Account>(json!({"email": email}));
        for (good, _) in samples::GOOD {
            assert_eq!(read(good).unwrap().email, good.to_lowercase());
        }
        // White space around an address is removed before it is checked.
        for bad in samples::BAD.iter().filter(|bad| bad.trim() == **bad) {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
