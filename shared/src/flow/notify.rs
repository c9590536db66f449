//! Telling people by mail of what was changed in their account (ASVS 5.0 6.3.7; `ACCOUNT_EMAIL_NOTIFICATIONS`).

use crate::account::User;
use crate::app::App;
use crate::outbox::Message;
use crate::session::ClientInfo;
use crate::store::{StoreError, Write};
use serde_json::{Value as Json, json};

/// The write of a notification to an address, or to the user's primary one; none where that is not wanted.
pub(super) fn notify(
    app: &App,
    client: &ClientInfo,
    user: &User,
    to: Option<&str>,
    kind: &str,
    mut params: Json,
) -> Result<Option<Write>, StoreError> {
    let Some(to) = to.or(user.primary_email()).filter(|_| app.settings.account.email_notifications) else {
        return Ok(None);
    };
    params["timestamp"] = json!(app.now().to_jiff().strftime("%Y-%m-%d %H:%M UTC").to_string());
    params["ip"] = json!(client.ip.to_string());
    params["user_agent"] = json!(client.user_agent.chars().take(200).collect::<String>());
    Write::create(&Message::mail(app, kind, to, params, 86_400)).map(Some)
}
