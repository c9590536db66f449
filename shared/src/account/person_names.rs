//! Names of people in the directory, so that operators find users by them.
//!
//! Each name that is not empty has an item of its own beside the user, with nothing in it except its entry. It is written
//! in the same commit as the user.

use super::{User, fold_username};
use crate::store::{Directory, Item, Key, Listing, Write};

/// Returns the keys of the items of a user's given name and family name, with the entries. A name that is empty has no
/// entry.
pub fn name_listings(user: &User) -> [(Key, Option<Listing>); 2] {
    let entry = |sk: &str, name: &str| {
        let entry = || Listing::new(Directory::Person, &fold_name(name), user.id.0);
        (Key::new(user.key().pk, sk), (!name.is_empty()).then(entry))
    };
    [entry("SEARCH#FIRST", &user.first_name), entry("SEARCH#LAST", &user.last_name)]
}

/// Returns the form in which names of people are compared: without case, like usernames.
pub fn fold_name(name: &str) -> String {
    fold_username(name.trim())
}

/// The writes that keep the entries of a user's names up to date. `before` is the user as it is stored; `None` for a new
/// user.
pub fn list_names(before: Option<&User>, user: &User) -> Vec<Write> {
    let listed = before.map_or([None, None], |before| name_listings(before).map(|(_, entry)| entry));
    let changed = name_listings(user).into_iter().zip(listed).filter(|((_, wanted), listed)| wanted != listed);
    changed
        .map(|((key, wanted), _)| match wanted {
            Some(entry) => entry.write(key),
            None => Write::discard(key),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::UserId;
    use crate::clock::Timestamp;

    #[test]
    fn only_names_that_change_are_written() {
        let nameless = User::new(UserId::new([7; 16]), Timestamp(0));
        let named =
            |first: &str, last: &str| User { first_name: first.into(), last_name: last.into(), ..nameless.clone() };
        let count = |before: &User, after: &User| list_names(Some(before), after).len();
        assert_eq!(list_names(None, &nameless).len(), 0);
        assert_eq!(list_names(None, &named("Ada", "Lovelace")).len(), 2);
        assert_eq!(count(&named("Ada", "Byron"), &named("Ada", "Lovelace")), 1);
        assert_eq!(count(&named("Ada", "Byron"), &named("ADA", "byron")), 0, "names are compared without case");
        assert_eq!(count(&named("Ada", "Byron"), &nameless), 2);
    }
}
