//! Tests of Telegram's hash.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Returns an answer as Telegram creates it for the bot with this token.
fn answer(mut data: Value, made: i64, bot: &str) -> Value {
    data["auth_date"] = json!(made);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let lines = data.as_object().unwrap().iter().map(|(name, value)| format!("{name}={}", text(value)));
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    let mut mac = Hmac::<Sha256>::new_from_slice(&Sha256::digest(bot.as_bytes())).unwrap();
    mac.update(lines.join("\n").as_bytes());
    let hash: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    data["hash"] = json!(hash);
    data
}

pub(super) fn identity(provider: &Provider<'_>, profile: Value) -> Identity {
    let answer = answer(profile, NOW, "hush").to_string();
    provider.identify_telegram(&STANDARD.encode(answer), NOW).unwrap()
}

fn outcome(answer: &Value, now: i64) -> Result<Identity, ProviderError> {
    let (_, engine) = world();
    let app = app("telegram");
    engine.provider(&app).identify_telegram(&STANDARD_NO_PAD.encode(answer.to_string()), now)
}

#[test]
fn an_answer_signed_with_the_bot_s_token_is_valid_for_half_a_minute() {
    let right = answer(json!({"id": 1, "first_name": "J"}), NOW, "hush");
    assert_eq!(outcome(&right, NOW + 30).unwrap().subject, "1");
    assert_eq!(outcome(&right, NOW + 31), Err(InvalidToken::Expired.into()));
    assert_eq!(outcome(&right, NOW - LEEWAY - 1), Err(InvalidToken::NotYetValid.into()));
    let app = app_with("telegram", json!({"auth_date_validity": 100}), json!({}));
    let (_, engine) = world();
    let text = STANDARD.encode(right.to_string());
    assert!(engine.provider(&app).identify_telegram(&text, NOW + 100).is_ok());
}

#[test]
fn a_forged_answer_is_refused() {
    let right = answer(json!({"id": 1}), NOW, "hush");
    let with = |name: &str, value: Value| {
        let mut changed = right.clone();
        changed[name] = value;
        outcome(&changed, NOW).unwrap_err()
    };
    assert_eq!(with("id", json!(2)), InvalidToken::Signature.into());
    assert_eq!(with("username", json!("x")), InvalidToken::Signature.into());
    assert_eq!(with("hash", json!("00")), InvalidToken::Signature.into());
    assert_eq!(with("hash", json!("zz")), InvalidToken::Malformed.into());
    assert_eq!(with("hash", json!(null)), InvalidToken::Malformed.into());
    assert_eq!(outcome(&answer(json!({"id": 1}), NOW, "other"), NOW), Err(InvalidToken::Signature.into()));
}

#[test]
fn one_value_cannot_look_like_several() {
    // The same lines as another answer, split at other places.
    let right = answer(json!({"id": 7, "first_name": "A\nid=1\nphoto_url=b"}), NOW, "hush");
    assert_eq!(outcome(&right, NOW), Err(InvalidToken::Malformed.into()));
    let mut cut = json!({"id": 1, "first_name": "A", "photo_url": "b\nid=7", "auth_date": NOW});
    cut["hash"] = right["hash"].clone();
    assert_eq!(outcome(&cut, NOW), Err(InvalidToken::Malformed.into()));
}

#[tokio::test]
async fn the_redirect_to_telegram_contains_the_state_in_the_return_url() {
    let (_, engine) = world();
    let app = app("telegram");
    let redirect = Redirect { redirect_uri: BACK, state: "s t", ..Redirect::default() };
    let url = engine.provider(&app).authorize_url(&redirect, NOW).await.unwrap();
    let query = pairs(url.query().unwrap().as_bytes());
    assert!(url.as_str().starts_with("https://oauth.telegram.org/auth?"));
    assert_eq!((query["bot_id"].as_str(), query["origin"].as_str()), ("client", "https://app.example.com/"));
    assert_eq!(query["return_to"], format!("{BACK}?state=s+t"));
    let outcome = engine.provider(&app).exchange(&callback(&BTreeMap::new()), NOW).await;
    assert_eq!(outcome.unwrap_err(), InvalidToken::Unsupported.into());
}
