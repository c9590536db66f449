//! Changing names, role, flags and attributes of users.

use super::Operator;
use super::change::{Change, Failure};
use crate::account::{NameClaim, User, UserId, find_name_claims};
use crate::flow::signup::sign_up::username_problems;
use crate::store::{Item, Write};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The changes of a user. `None` leaves a value as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Username. An empty text removes it.
    pub username: Option<String>,
    /// Role.
    pub role: Option<u32>,
    /// Whether the user is a member of the staff.
    pub is_staff: Option<bool>,
    /// Whether the user is a superuser.
    pub is_superuser: Option<bool>,
    /// All attributes, which replace the earlier ones.
    pub attributes: Option<BTreeMap<String, Json>>,
}

impl Operator<'_> {
    /// Changes a user: everything or, if something is invalid, nothing.
    ///
    /// # Errors
    /// [`Failure::Invalid`] if a username is invalid or in use, or if the user is the last active superuser;
    /// [`Failure`].
    pub async fn update(&self, id: UserId, changes: &Changes) -> Result<User, Failure> {
        let decide = |before: User| async move {
            let mut user = before.clone();
            if let Some(attributes) = &changes.attributes {
                user.attributes.clone_from(attributes);
            }
            // This also removes the flags that earlier versions stored among the attributes.
            user.set_staff(changes.is_staff.unwrap_or(before.is_staff()));
            user.set_superuser(changes.is_superuser.unwrap_or(before.is_superuser()));
            user.first_name = changes.first_name.clone().unwrap_or(user.first_name);
            user.last_name = changes.last_name.clone().unwrap_or(user.last_name);
            user.role = changes.role.unwrap_or(user.role);
            let writes = match &changes.username {
                Some(username) => self.rename(&mut user, username).await?,
                None => Vec::new(),
            };
            Ok(Some(Change { user, writes }))
        };
        self.change(id, decide).await
    }

    /// Changes the username. Returns the writes of the claims.
    async fn rename(&self, user: &mut User, username: &str) -> Result<Vec<Write>, Failure> {
        let before = user.username.take();
        let held = match &before {
            Some(before) => find_name_claims(&self.store, &[before]).await?.into_iter().flatten().collect(),
            None => Vec::new(),
        };
        let mut held = held.into_iter().filter(|claim| claim.user == user.id).collect::<Vec<_>>();
        let mut writes = Vec::new();
        if !username.is_empty() {
            let problems = username_problems(&self.settings, username);
            if !problems.is_empty() {
                return Err(Failure::Invalid(problems));
            }
            if let Some(problem) = self.find_other(username, user.id).await? {
                return Err(problem.into());
            }
            let claim = NameClaim::new(username, user.id);
            let count = held.len();
            held.retain(|old| old.key() != claim.key());
            if held.len() == count {
                writes.push(Write::create(&claim)?);
            }
            user.username = Some(self.cased(username));
        }
        writes.extend(held.iter().map(Write::delete));
        Ok(writes)
    }
}
