//! The HTTP interface of the lab.
//!
//! | request | does |
//! |---|---|
//! | `GET clock` | returns the time: `{"now": seconds since 1970, "frozen": false}` |
//! | `POST clock` `{"advance": seconds}`, `{"frozen": true}` | moves, stops or starts the clock, and returns the time |
//! | `GET inbox`, `GET inbox?to=ADDRESS` | lists the messages, oldest first |
//! | `DELETE inbox` | deletes them |
//! | `PUT faults` a [`Plan`] | sets the faults from now on; `{}` is none |
//! | `GET requests` | lists the requests to the table by trip, and counts the injected faults |
//! | `DELETE requests` | forgets them |
//! | `POST reset` | deletes every account, session and message, and ends the faults; the clock stays |

use super::{Lab, Service, reset};
use crate::this_machine::this_machine_only;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router, middleware};
use embedded::faults::Plan;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::flow::signup::provision::provision;
use std::fmt::Display;
use std::sync::Arc;

type Shared = State<Arc<(Lab, Service)>>;

pub(super) fn router(lab: Lab, service: Service) -> Router {
    let routes = Router::new()
        .route("/clock", get(clock).post(set_clock))
        .route("/inbox", get(inbox).delete(clear_inbox))
        .route("/faults", put(faults))
        .route("/requests", get(requests).delete(forget_requests))
        .route("/reset", post(reset))
        .layer(middleware::from_fn(this_machine_only))
        .with_state(Arc::new((lab, service)));
    Router::new().nest("/_latchkey/lab", routes)
}

/// A request that failed: 500 with the reason as text.
struct Failed(String);

impl<E: Display> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0).into_response()
    }
}

async fn clock(State(state): Shared) -> Json<Value> {
    let clock = &state.0.clock;
    Json(json!({"now": clock.now().seconds(), "frozen": clock.is_frozen()}))
}

/// The body of `POST clock`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    /// Seconds to advance the clock by. The clock cannot go back.
    #[serde(default)]
    advance: u32,
    frozen: Option<bool>,
}

async fn set_clock(State(state): Shared, Json(change): Json<ClockChange>) -> Json<Value> {
    if let Some(frozen) = change.frozen {
        state.0.clock.set_frozen(frozen);
    }
    state.0.clock.advance(change.advance);
    clock(State(state)).await
}

#[derive(Deserialize)]
struct Filter {
    to: Option<String>,
}

async fn inbox(State(state): Shared, Query(filter): Query<Filter>) -> Result<Response, Failed> {
    let mut messages = state.1.inbox.messages()?;
    if let Some(to) = filter.to {
        messages.retain(|message| message.to.eq_ignore_ascii_case(&to));
    }
    Ok(Json(json!({"messages": messages})).into_response())
}

async fn clear_inbox(State(state): Shared) -> Result<(), Failed> {
    Ok(state.1.inbox.clear()?)
}

async fn faults(State(state): Shared, Json(plan): Json<Plan>) {
    state.0.faults.set(plan);
}

async fn requests(State(state): Shared) -> Json<Value> {
    let faults = &state.0.faults;
    Json(json!({"trips": faults.requests_by_round_trip(), "injected": faults.injected()}))
}

async fn forget_requests(State(state): Shared) {
    state.0.faults.reset();
}

async fn reset(State(state): Shared) -> Result<Response, Failed> {
    let (lab, service) = &*state;
    let Some(table) = &service.table else {
        let why = "the table is not the embedded one: the lab does not delete its items";
        return Ok((StatusCode::CONFLICT, why).into_response());
    };
    lab.faults.set(Plan::default());
    reset::empty(table, &service.app.settings.service.table).await?;
    service.inbox.clear()?;
    for account in &service.accounts {
        provision(&service.app, account).await?;
    }
    lab.faults.reset();
    Ok(StatusCode::OK.into_response())
}
