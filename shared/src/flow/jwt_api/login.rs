//! Logging in with a password.

use super::{Denied, Entry, enter, refuse_locked_out};
use crate::account::User;
use crate::app::App;
use crate::flow::login::password::{Credentials, Proven, note_login, prove};
use crate::session::ClientInfo;
use crate::settings::{EmailVerification, LoginMethod};
use crate::store::{Committed, StoreError};

/// Checks the credentials, and takes the login as far as it goes.
///
/// # Errors
/// [`Denied::IncorrectCredentials`], [`Denied::TooManyLogins`], [`Denied::RateLimited`]; with the right ones
/// [`Denied::NotVerified`], [`Denied::Inactive`], [`Denied::Unsupported`], [`Denied::LockedOut`]; the table is
/// unavailable.
pub async fn login(app: &App, client: &ClientInfo, email: &str, password: &str) -> Result<Entry, Denied> {
    let credentials =
        Credentials { method: LoginMethod::Email, identifier: email.to_lowercase(), password: password.to_owned() };
    let proven = prove(app, client, &credentials).await;
    let Proven { user, rehash, usage } = proven.map_err(|refusal| match Denied::from(refusal) {
        Denied::InvalidToken => Denied::IncorrectCredentials,
        other => other,
    })?;
    let give_back = app.give_back(&usage, Some("login_failed"));
    let (entrance, ()) = futures_util::join!(may_enter(app, &user), give_back);
    entrance?;
    let outdated = rehash.then_some(credentials.password);
    let (write, entry) = enter(app, client, &user, "password")?;
    let is_in = matches!(entry, Entry::In(_));
    // No transaction with the user: a session that is born while the user changes is dead at birth.
    let (committed, noted) =
        futures_util::join!(app.store.insist(vec![write]), note_login(app, &user, is_in, outdated));
    noted?;
    if matches!(committed?, Committed::Done) { Ok(entry) } else { Err(StoreError::Busy.into()) }
}

/// What is told only to those who know the password.
async fn may_enter(app: &App, user: &User) -> Result<(), Denied> {
    let mandatory = app.settings.jwt_api.verification() == EmailVerification::Mandatory;
    if mandatory && !user.has_verified_email(None) {
        return Err(Denied::NotVerified);
    }
    if !user.is_active {
        return Err(Denied::Inactive);
    }
    // A weaker way in beside the one by code would be no second one (ASVS 5.0 6.3.4).
    if app.settings.account.login_by_code_required.applies_to(Some("password")) {
        return Err(Denied::Unsupported);
    }
    if app.settings.mfa.enabled && user.has_second_factor() {
        refuse_locked_out(app, user).await?;
    }
    Ok(())
}
