//! The inbox: messages as they arrive (server-sent events), their HTML parts and their sources.

use super::Shared;
use crate::inbox::Message;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use std::io;
use std::time::Duration;
use tokio::time::sleep;

/// The interval at which the folder is read in any case. The mailer does not report a message that it sends in a retry.
const POLL: Duration = Duration::from_secs(1);

/// The HTML part of a mail shows images and its own styles. It runs no scripts, and its links open in new tabs.
const MAIL_POLICY: &str = "default-src 'none'; img-src data: https: http:; style-src 'unsafe-inline'; frame-ancestors 'self'; \
                           sandbox allow-popups allow-popups-to-escape-sandbox";

/// `GET /dev/inbox/events`: sends an event for each message, oldest first, and then an event for each new message. A
/// browser that reconnects gets the messages after `Last-Event-ID`.
pub(super) async fn events(
    State(dev): Shared,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, axum::Error>> + Send> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let arrivals = dev.deliveries.arrivals();
    let batches = stream::unfold((dev, arrivals, last), async |(dev, mut arrivals, mut last)| {
        loop {
            let messages = match dev.inbox.after(&last) {
                Ok(messages) => messages,
                Err(error) => {
                    tracing::warn!(%error, "the inbox cannot be read");
                    Vec::new()
                }
            };
            if let Some(newest) = messages.last() {
                last.clone_from(&newest.id);
                return Some((stream::iter(messages), (dev, arrivals, last)));
            }
            tokio::select! {
                changed = arrivals.changed() => changed.ok()?,
                () = sleep(POLL) => {}
            }
        }
    });
    Sse::new(batches.flatten().map(|message: Message| Event::default().id(message.id.clone()).json_data(message)))
        .keep_alive(KeepAlive::default())
}

/// `DELETE /dev/inbox/`: deletes all messages.
pub(super) async fn clear(State(dev): Shared) -> Response {
    match dev.inbox.clear() {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => failed(&error),
    }
}

/// `GET /dev/inbox/{id}/html`: returns the HTML part of a mail.
pub(super) async fn html(State(dev): Shared, Path(id): Path<String>) -> Response {
    match dev.inbox.message(&id) {
        Ok(Some(Message { html: Some(html), .. })) => {
            let page = format!("<base target=\"_blank\">{html}");
            ([(header::CONTENT_SECURITY_POLICY, MAIL_POLICY)], Html(page)).into_response()
        }
        Ok(_) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => failed(&error),
    }
}

/// `GET /dev/inbox/{id}/source`: returns the message as it was sent.
pub(super) async fn source(State(dev): Shared, Path(id): Path<String>) -> Response {
    match dev.inbox.source(&id) {
        Ok(Some(source)) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], source).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => failed(&error),
    }
}

fn failed(error: &io::Error) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("the outbox folder: {error}")).into_response()
}
