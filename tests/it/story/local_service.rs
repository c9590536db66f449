//! Tests of a local service on a machine with other users, or that other machines can reach.

use crate::lab::{Lab, PASSWORD, call};
use local::{Options, serve};
use serde_json::json;
use shared::settings::Source;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_keys_table_and_messages() {
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
    // An earlier version may have created the file with these permissions.
    let key = lab.folder().join("data/secret-key");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    let lab = lab.restart_with(&[]);
    assert_eq!(mode(&lab.folder().join("data/secret-key")), 0o600);
}

/// Runs the service in this process with changed options. Returns the address that it listens on.
fn in_process(folder: &std::path::Path, change: impl FnOnce(&mut Options)) -> SocketAddr {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut options = Options::new(anywhere, None, folder.to_owned(), Source::default());
    change(&mut options);
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(serve(options, |_, listening| sender.send(listening).unwrap())).unwrap();
    });
    receiver.recv().unwrap()
}

/// The pages contain an inbox that shows every login link.
#[test]
fn a_service_that_other_machines_can_reach_has_no_pages_for_developers() {
    let folder = tempfile::tempdir().unwrap();
    let address = in_process(folder.path(), |options| options.listen = SocketAddr::from(([0, 0, 0, 0], 0)));
    let url = format!("http://127.0.0.1:{}", address.port());
    assert_eq!(call(&url, "GET", "/_allauth/app/v1/config", &[], None).status, 200);
    for path in ["/dev/", "/dev/inbox/", "/dev/inbox/events"] {
        assert_eq!(call(&url, "GET", path, &[], None).status, 404, "{path}");
    }
}

/// A client that sends its headers slowly would otherwise keep a connection open at no cost (Slowloris).
#[test]
fn a_client_that_never_ends_its_headers_is_disconnected_and_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let address = in_process(folder.path(), |options| options.header_timeout = Duration::from_millis(300));
    let mut slow = TcpStream::connect(address).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    slow.write_all(b"GET /_allauth/app/v1/config HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").unwrap();
    let url = format!("http://{address}");
    assert_eq!(call(&url, "GET", "/_allauth/app/v1/config", &[], None).status, 200);
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).expect("the connection is closed, not left open");
    assert!(!rest.starts_with(b"HTTP/1.1 200"), "an incomplete request was answered");
}

#[test]
fn without_the_lab_its_routes_do_not_exist() {
    let folder = tempfile::tempdir().unwrap();
    let address = in_process(folder.path(), |_| {});
    for (method, path) in
        [("GET", "inbox"), ("GET", "clock"), ("PUT", "faults"), ("GET", "requests"), ("POST", "reset")]
    {
        let reply = call(&format!("http://{address}"), method, &format!("/_latchkey/lab/{path}"), &[], None);
        assert_eq!(reply.status, 404, "{method} {path}");
    }
}

/// Only the crate of the local service contains the lab.
#[test]
fn no_function_depends_on_the_local_service() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut seen = 0;
    for folder in ["functions", "shared"] {
        for manifest in
            std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path().join("Cargo.toml"))
        {
            let Ok(text) = std::fs::read_to_string(&manifest) else { continue };
            let depends = text
                .lines()
                .any(|line| line.starts_with("local.") || line.starts_with("local ") || line.contains("latchkey-lab"));
            assert!(!depends, "{}", manifest.display());
            seen += 1;
        }
    }
    assert!(seen > 10, "too few manifests were read: {seen}");
}
