//! Tests of the function of the hosted pages. It serves files and needs no table.

use super::deployment::{Emulated, environment};
use super::gateway::{page_event, reply};
use super::runtime::Function;
use super::ses::Ses;
use super::table::Table;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

#[test]
fn the_function_serves_the_pages_without_the_table() {
    let ground = Emulated { table: Table::start("latchkey-test"), ses: Ses::start() };
    let pages = Function::start("pages", &environment(&ground, &[("LATCHKEY_PAGES", "true")]));
    let home = reply(&pages.invoke(&page_event("/")).unwrap());
    assert_eq!((home.status, home.header("location")), (302, Some("/accounts/")));
    let login = reply(&pages.invoke(&page_event("/accounts/login/")).unwrap());
    assert_eq!((login.status, login.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let script = login.text.split('"').find(|part| part.ends_with(".js")).unwrap();

    let mut event = page_event(script);
    event["headers"]["accept-encoding"] = json!("gzip, br");
    let compressed = pages.invoke(&event).unwrap();
    assert_eq!(
        (&compressed["isBase64Encoded"], &compressed["headers"]["content-encoding"]),
        (&json!(true), &json!("br"))
    );
    let plain = reply(&pages.invoke(&page_event(script)).unwrap());
    let small = STANDARD.decode(compressed["body"].as_str().unwrap()).unwrap();
    assert!(small.len() * 2 < plain.text.len(), "{} of {} bytes", small.len(), plain.text.len());
    assert_eq!(ground.table.faults.requests(), [""; 0]);
}

#[test]
fn a_function_without_pages_answers_404() {
    let ground = Emulated { table: Table::start("latchkey-test"), ses: Ses::start() };
    for settings in [&[("LATCHKEY_PAGES", "false")][..], &[("LATCHKEY_PAGES", "true"), ("HEADLESS_ONLY", "true")]] {
        let urls = ("HEADLESS_FRONTEND_URLS", r#"{"account_confirm_email": "https://app.example/verify/{key}"}"#);
        let pages = Function::start("pages", &environment(&ground, &[settings, &[urls]].concat()));
        for path in ["/", "/accounts/login/", "/_latchkey/pages/brand.css"] {
            assert_eq!(reply(&pages.invoke(&page_event(path)).unwrap()).status, 404, "{path}");
        }
    }
}
