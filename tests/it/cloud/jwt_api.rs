//! Tests of the JWT API behind the gateway.

use super::deployment::{Emulated, environment};
use super::gateway::Gateway;
use super::runtime::Function;
use super::ses::Ses;
use super::table::Table;
use crate::lab::PASSWORD;
use serde_json::json;

#[test]
fn the_jwt_api_works_in_its_own_function() {
    let ground = Emulated { table: Table::start("latchkey-test"), ses: Ses::start() };
    let settings =
        [("EMAIL_VERIFICATION", "none"), ("JWT_ALLAUTH_SECRET_KEY", "a secret that other services have, too")];
    let function = |name| Function::start(name, &environment(&ground, &settings));
    let gateway = Gateway::new(function("config"), function("jwt"));
    let mut client = gateway.app();
    let account = json!({"email": "ada@example.com", "password1": PASSWORD, "password2": PASSWORD,
                         "first_name": "Ada", "last_name": "Lovelace"});
    let reply = client.post("/jwt-allauth/registration/", account);
    assert_eq!(reply.status, 201, "{}", reply.text);
    let bearer = format!("Bearer {}", reply.json["access"].as_str().unwrap());
    let user = client.get_with("/jwt-allauth/user/", ("authorization", &bearer));
    assert_eq!((user.status, &user.json["first_name"]), (200, &json!("Ada")));
    // The refresh token is in a cookie. The gateway passes cookies on separately from the other headers.
    let first = client.cookies.clone();
    assert_eq!(client.post("/jwt-allauth/refresh/", json!({})).status, 200);
    assert_eq!(
        client.get("/jwt-allauth/password/reset/confirm/a/b/").header("content-type"),
        Some("text/html; charset=utf-8")
    );
    // Metrics report a reused refresh token, and refused logins with one of a few reasons.
    client.cookies = first;
    assert_eq!(client.post("/jwt-allauth/refresh/", json!({})).status, 401);
    assert_eq!(gateway.auth.logged("RefreshTokenReuse", 1).len(), 1);
    let wrong = json!({"email": "ada@example.com", "password": "not this one"});
    assert_eq!(client.post("/jwt-allauth/login/", wrong).status, 401);
    assert_eq!(gateway.auth.logged("LoginRefusals", 1)[0]["Reason"], "incorrect credentials");
}
