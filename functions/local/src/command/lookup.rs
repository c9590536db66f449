//! Finding the user that an argument names.

use super::CommandError;
use super::place::Opened;
use shared::account::User;
use shared::operator::find;

/// Returns the one user with this id, address, username or phone number.
pub(super) async fn get_user(opened: &Opened, name: &str) -> Result<User, CommandError> {
    let mut found = find::find(opened.store(), name).await?;
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(CommandError::Refused(format!("no user has the id, address, username or phone number {name}"))),
        _ => {
            let ids = found.iter().map(|user| user.id.to_string()).collect::<Vec<_>>().join(", ");
            Err(CommandError::Refused(format!("several users have {name}: use one of these ids: {ids}")))
        }
    }
}
