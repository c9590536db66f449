//! Mails that notify users of changes of their account (ASVS 5.0 6.3.7; `ACCOUNT_EMAIL_NOTIFICATIONS`).

use crate::account::User;
use crate::flow::Context;
use crate::outbox::{MailKind, Message};
use crate::store::{StoreError, Write};
use serde_json::{Value as Json, json};

/// The write of a notification to an address, or to the user's primary address if `to` is `None`. Returns `None` if
/// notifications are off or there is no address.
pub(super) fn notify(
    cx: Context<'_>,
    user: &User,
    to: Option<&str>,
    kind: MailKind,
    mut params: Json,
) -> Result<Option<Write>, StoreError> {
    let Some(to) = to.or(user.primary_email()).filter(|_| cx.settings.account.email_notifications) else {
        return Ok(None);
    };
    params["timestamp"] = json!(cx.now().to_jiff().strftime("%Y-%m-%d %H:%M UTC").to_string());
    params["ip"] = json!(cx.client.ip.to_string());
    params["user_agent"] = json!(cx.client.user_agent.chars().take(200).collect::<String>());
    Write::create(&Message::mail(cx.app, kind, to, params, 86_400)).map(Some)
}
