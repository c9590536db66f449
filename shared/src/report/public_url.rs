//! Checks that the service answers at its public URL, and that it runs with these settings.

use super::{Check, Place};
use crate::app::App;
use crate::envelope::ConfigurationResponse;
use crate::jwt::{Algorithm, OPENID_CONFIGURATION_PATH};
use crate::outbound::{Outbound, Roots};
use crate::settings::{ClientKind, TlsRoots};
use aws_smithy_types::body::SdkBody;
use axum::http::{Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use serde_json::Value as Json;
use std::time::Duration;

const NAME: &str = "public_url";

/// The time limit for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const MOST_BYTES: usize = 100_000;

pub(super) async fn check(app: &App, place: Place) -> Vec<Check> {
    let Some(client) = app.settings.headless.clients.first() else {
        return vec![Check::ok(NAME, "skipped: HEADLESS_CLIENTS is empty")];
    };
    let base = app.settings.service.public_url.as_str().trim_end_matches('/');
    let kind = if *client == ClientKind::App { "app" } else { "browser" };
    let url = format!("{base}/_allauth/{kind}/v1/config");
    let served = match get(app, &url).await {
        Ok(served) => served,
        Err(why) => return vec![unreachable(&url, &why, place)],
    };
    let expected = serde_json::to_value(ConfigurationResponse::new(app, *client)).unwrap_or_default();
    if served.get("data").is_none() {
        let advice = "check the routes of the gateway, and of a CDN or proxy in front of it";
        return vec![Check::error(NAME, format!("{url} answers, but not as Latchkey does"), advice)];
    }
    let mut checks = vec![Check::ok(NAME, format!("{base} answers"))];
    if served["data"] != expected["data"] {
        checks.push(Check::warning(
            NAME,
            format!("{base} runs with other settings than these: {}", differences(&served["data"], &expected["data"])),
            "run the command with the settings of the functions, or deploy these settings",
        ));
    }
    if app.settings.gives_tokens() && app.settings.tokens.algorithm == Algorithm::Rs256 {
        checks.extend(issuer(app, base).await);
    }
    checks
}

/// Checks that the service at the public URL knows this URL as its own.
async fn issuer(app: &App, base: &str) -> Option<Check> {
    let served = get(app, &format!("{base}{OPENID_CONFIGURATION_PATH}")).await.ok()?;
    let issuer = served["issuer"].as_str()?.trim_end_matches('/');
    (issuer != base).then(|| {
        Check::error(
            NAME,
            format!("the service at {base} has the PUBLIC_URL {issuer}, so its links, origins and tokens are wrong"),
            "set the same PUBLIC_URL in the functions",
        )
    })
}

fn unreachable(url: &str, why: &str, place: Place) -> Check {
    let what = format!("{url}: {why}");
    match place {
        Place::Local => {
            Check::warning(NAME, what, "start the service with `latchkey serve`, or set PUBLIC_URL as it does")
        }
        Place::Deployed => {
            Check::error(NAME, what, "check PUBLIC_URL, the DNS record, the certificate and the routes of the gateway")
        }
    }
}

/// Returns a JSON document, or why there is none.
async fn get(app: &App, url: &str) -> Result<Json, String> {
    let roots = match app.settings.service.tls_roots {
        TlsRoots::Platform => Roots::Platform,
        TlsRoots::Amazon => Roots::Mozilla,
    };
    let request = Request::get(url).header("accept", "application/json").body(SdkBody::empty());
    let request = request.map_err(|error| error.to_string())?;
    let answer = async {
        let response = Outbound::new(roots).send(request).await.map_err(|error| format!("no answer ({error})"))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MOST_BYTES).collect().await;
        let body = body.map_err(|_| "the answer is too long or broken".to_owned())?.to_bytes();
        if status != StatusCode::OK {
            return Err(format!("status {}", status.as_u16()));
        }
        serde_json::from_slice(&body).map_err(|_| "the answer is not JSON".to_owned())
    };
    tokio::time::timeout(TIMEOUT, answer).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
}

/// Lists the fields that differ.
fn differences(served: &Json, expected: &Json) -> String {
    let sections = ["account", "socialaccount", "mfa", "usersessions"];
    let fields = |section: &str| {
        let names = [served, expected].into_iter().filter_map(|all| all[section].as_object()).flat_map(|it| it.keys());
        let names = names.collect::<std::collections::BTreeSet<_>>();
        let differ = |name: &&String| served[section].get(*name) != expected[section].get(*name);
        names.into_iter().filter(differ).map(|name| format!("{section}.{name}")).collect::<Vec<_>>()
    };
    sections.into_iter().flat_map(fields).collect::<Vec<_>>().join(", ")
}
