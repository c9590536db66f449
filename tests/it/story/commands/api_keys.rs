//! Tests of `latchkey api-keys`.

use super::{SETTINGS, is_elsewhere, operator, text};
use crate::lab::{Lab, items};
use serde_json::json;

#[test]
fn the_token_of_a_key_is_shown_once_and_stored_nowhere() {
    if is_elsewhere() {
        return;
    }
    let lab = Lab::start(&SETTINGS);
    let (latchkey, data) = operator(&lab);
    let made = latchkey.last(&["api-keys", "create", "backup", "--data", &data]);
    let token = text(&made, "token");
    assert!(token.starts_with("lk_"), "{made}");
    let shown = latchkey.text(&["--data", &data, "api-keys", "create", "sync", "--scope", "write", "--days", "30"]);
    assert!(shown.contains("scope write") && shown.contains("\n    lk_"), "{shown}");

    let keys = latchkey.lines(&["api-keys", "list", "--data", &data]);
    let names = keys.iter().map(|key| (text(key, "name"), text(key, "scope"))).collect::<Vec<_>>();
    let pair = |name: &str, scope: &str| (name.to_owned(), scope.to_owned());
    assert_eq!(names, [pair("sync", "write"), pair("backup", "read")], "the newest first");
    assert!(keys[0]["expires"].is_string() && keys[1]["expires"].is_null(), "{keys:?}");
    assert!(keys.iter().all(|key| key["last_used"].is_null() && key.get("token").is_none()), "{keys:?}");
    let secret = token.rsplit_once('_').unwrap().1;
    assert!(!format!("{:?}", items(&lab.folder().join("data"))).contains(secret), "only a digest is stored");

    let id = text(&made, "id");
    let asked = latchkey.refusal(1, &["api-keys", "revoke", &id, "--data", &data]);
    assert!(asked.contains("Use --yes to confirm"), "{asked}");
    assert_eq!(latchkey.last(&["api-keys", "revoke", &id, "--yes", "--data", &data])["name"], "backup");
    for unknown in [&*id, "backup"] {
        let gone = latchkey.refusal(1, &["api-keys", "revoke", unknown, "--yes", "--data", &data]);
        assert!(gone.contains("there is no API key"), "{gone}");
    }
    assert_eq!(latchkey.lines(&["api-keys", "list", "--data", &data]).len(), 1);
    assert_eq!(keys[1]["id"], json!(id));
}
