//! Checks of the keys that sign access tokens.

use super::{Check, in_words, seconds_between};
use crate::app::App;
use crate::store::StoreError;
use crate::tokens::rotation::{self, KnownKey, Use};

const NAME: &str = "signing_keys";

pub(super) async fn check(app: &App, has_secret_key: bool) -> Vec<Check> {
    if !app.settings.gives_tokens() {
        return vec![Check::ok(NAME, "not needed: no client gets signed tokens")];
    }
    if rotation::has_own_key(app) {
        return vec![Check::ok(NAME, "the settings give the key. Replace it there")];
    }
    match check_table(app, has_secret_key).await {
        Ok(checks) => checks,
        Err(error) => vec![Check::error(NAME, error.to_string(), "check the permissions on the table")],
    }
}

async fn check_table(app: &App, has_secret_key: bool) -> Result<Vec<Check>, StoreError> {
    let keys = rotation::list(app).await?;
    let Some(signs) = keys.iter().find(|key| key.used_for == Use::Signs) else {
        return Ok(vec![Check::ok(NAME, "none yet: the first token makes one")]);
    };
    let next = keys.iter().find(|key| key.used_for == Use::Next);
    let mut checks = vec![rotation_check(app, signs, next)];
    if has_secret_key {
        let sealed = rotation::list_unreadable(app).await?;
        let advice = "set the SECRET_KEY of the functions, or put the earlier one in SECRET_KEY_FALLBACKS";
        checks.push(match sealed.is_empty() {
            true => Check::ok("secret_key", "opens all signing keys"),
            false => Check::error("secret_key", format!("does not open the keys {}", sealed.join(", ")), advice),
        });
    }
    Ok(checks)
}

/// Checks that the key that signs is replaced in time.
fn rotation_check(app: &App, signs: &KnownKey, next: Option<&KnownKey>) -> Check {
    let now = app.now();
    let (kid, age) = (&signs.kid, in_words(seconds_between(signs.created, now)));
    let days = i64::from(app.settings.tokens.key_max_age_days);
    if let Some(next) = next {
        let starts = in_words(seconds_between(now, next.signs_from));
        return Check::ok(NAME, format!("{kid} signs and is {age} old. {} follows in {starts}", next.kid));
    }
    if days == 0 {
        let what = format!("{kid} signs, is {age} old, and is never replaced: HEADLESS_JWT_KEY_MAX_AGE_DAYS is 0");
        return Check::warning(NAME, what, "set a number of days, or run `latchkey keys rotate` at times");
    }
    let due = signs.signs_from.plus_seconds(days * 86_400);
    if due < now {
        let what = format!("{kid} signs and is {age} old, more than HEADLESS_JWT_KEY_MAX_AGE_DAYS ({days})");
        return Check::warning(
            NAME,
            what,
            "the next token replaces it. If tokens are issued, look into the functions' log",
        );
    }
    Check::ok(
        NAME,
        format!("{kid} signs and is {age} old. The next key follows in {}", in_words(seconds_between(now, due))),
    )
}
