//! Tests of what functions do before their first event.

use super::deployment::{Emulated, environment};
use super::gateway::Gateway;
use super::runtime::Function;
use super::server::eventually;
use super::ses::Ses;
use super::table::Table;

fn ground() -> Emulated {
    Emulated { table: Table::start("latchkey-test"), ses: Ses::start() }
}

#[test]
fn auth_connects_to_the_table_before_the_first_event() {
    let ground = ground();
    let requests = || ground.table.faults.requests();
    let auth = Function::start("auth", &environment(&ground, &[]));
    eventually(|| (!requests().is_empty()).then_some(()), || format!("no warming read\n{}", auth.log()));
    let gateway = Gateway::new(Function::start("config", &environment(&ground, &[])), auth);
    assert_eq!(requests(), ["GetItem"]);
    assert_eq!(gateway.app().get("auth/session").status, 401);
    assert_eq!(requests(), ["GetItem"], "an anonymous request reads nothing");
}

#[test]
fn config_answers_without_the_table() {
    let ground = ground();
    let function = |name| Function::start(name, &environment(&ground, &[]));
    let config = function("config");
    let gateway = Gateway::new(config, function("config"));
    assert_eq!(gateway.app().get("config").status, 200);
    assert_eq!(gateway.browser().get("config").status, 200);
    assert_eq!(ground.table.faults.requests(), [""; 0]);
}

#[test]
fn functions_start_without_a_reachable_table() {
    let ground = ground();
    ground.table.refuse(Some(""));
    let function = |name| Function::start(name, &environment(&ground, &[]));
    let gateway = Gateway::new(function("config"), function("auth"));
    assert_eq!(gateway.app().get("auth/session").status, 401);
    let mut stranger = gateway.app();
    stranger.token = Some("bm90LWEtdG9rZW4".to_owned());
    assert_eq!(stranger.get("auth/session").status, 410, "a malformed token needs no look-up");
    let credentials = serde_json::json!({"email": "ada@example.com", "password": "guessed"});
    assert_eq!(gateway.app().post("auth/login", credentials.clone()).status, 503);
    ground.table.refuse(None);
    assert_eq!(gateway.app().post("auth/login", credentials).status, 400);
}
