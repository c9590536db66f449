//! The service on a machine that others use, too.

use crate::lab::{Lab, PASSWORD};
use serde_json::json;

#[cfg(unix)]
#[test]
fn keys_table_and_messages_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let lab = Lab::start(&[]);
    lab.app().post("auth/signup", json!({"email": "ada@example.com", "password": PASSWORD}));
    lab.mail("ada@example.com");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    for folder in ["data", "outbox"].map(|name| lab.folder().join(name)) {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect::<Vec<_>>();
        assert!(!files.is_empty());
        for file in files {
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
    }
    // Of an earlier version, perhaps.
    let key = lab.folder().join("data/secret-key");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    let lab = lab.restart_with(&[]);
    assert_eq!(mode(&lab.folder().join("data/secret-key")), 0o600);
}
