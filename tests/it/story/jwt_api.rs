//! Tests of the main flows of the JWT API, and of accounts that it shares with the other APIs.

use crate::lab::{Bearer, Client, Lab, PASSWORD, Reply, call, code_of};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const ADA: &str = "ada@example.com";
const NEW: &str = "another-Horse-43-stapler";
const OPEN: [(&str, &str); 2] = [("EMAIL_VERIFICATION", "none"), ("ACCOUNT_RATE_LIMITS", "false")];

fn lab(settings: &[(&str, &str)]) -> Lab {
    Lab::start(&[&OPEN, settings].concat())
}

/// Returns the claims of a token.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn registered(lab: &Lab) -> Bearer {
    let mut client = lab.bearer();
    let reply = client.register(ADA);
    assert_eq!(reply.status, 201, "{}", reply.text);
    client
}

fn headless_login(client: &mut Client, password: &str) -> Reply {
    client.post("auth/login", json!({"email": ADA, "password": password}))
}

#[test]
fn a_user_registers_verifies_logs_in_and_out_in_the_jwt_api() {
    let lab = Lab::start(&[("EMAIL_VERIFICATION", "mandatory"), ("JWT_ALLAUTH_USER_PUT_ENABLED", "true")]);
    let mut client = lab.bearer();
    let reply = client.register(ADA);
    assert_eq!((reply.status, reply.json["access"].as_str()), (201, None), "{}", reply.text);
    assert_eq!(client.login(ADA, PASSWORD).json["code"], "email_not_verified");
    let link = lab.mail(ADA).link();
    assert_eq!(client.get(&link).header("location"), Some("/jwt-allauth/registration/verified/"));
    assert_eq!(client.get(&link).status, 404, "a link works once");
    assert_eq!(client.login(ADA, PASSWORD).status, 200);
    let user = client.get("user/");
    assert_eq!(user.json, json!({"email": ADA, "first_name": "Ada", "last_name": "Lovelace"}));
    let said = claims(client.access.as_ref().unwrap());
    assert_eq!(
        (&said["token_type"], &said["role"], &said["email_verified"]),
        (&json!("access"), &json!(0), &json!(true))
    );
    let names = json!({"first_name": "Augusta", "last_name": "King-Noel", "role": 1000}).to_string();
    assert_eq!(client.send("PUT", "user/", Some(names)).json["last_name"], "King-Noel");
    assert_eq!(client.send("PUT", "user/", Some(json!({"first_name": "A"}).to_string())).status, 400);
    assert_eq!(client.post("refresh/", json!({})).status, 200);
    assert_eq!(claims(client.access.as_ref().unwrap())["role"], 0, "a request cannot change the role");
    assert_eq!(client.post("logout/", json!({})).status, 200);
    assert_eq!(client.post("refresh/", json!({})).status, 401);
}

#[test]
fn a_user_who_signed_up_in_one_api_logs_in_to_the_other() {
    let lab = lab(&[("JWT_ALLAUTH_MFA_TOTP_MODE", "optional"), ("MFA_REAUTHENTICATION_REQUIRED", "false")]);
    let mut client = registered(&lab);
    assert_eq!(headless_login(&mut lab.app(), PASSWORD).status, 200);
    // The second factor is also shared between the APIs.
    let (secret, _) = client.enroll(&lab);
    lab.advance(31);
    let mut app = lab.app();
    let reply = headless_login(&mut app, PASSWORD);
    assert_eq!(reply.pending().as_deref(), Some("mfa_authenticate"));
    assert_eq!(app.post("auth/2fa/authenticate", json!({"code": code_of(&secret, lab.now())})).status, 200);

    let bob = "bob@example.com";
    lab.user(&mut lab.app(), bob);
    let reply = lab.bearer().login(bob, PASSWORD);
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// ASVS 5.0 6.3.4: a login method that skips the second factor would make the second factor useless. ASVS 5.0 7.4.2: a
/// disabled account cannot be used in any API, and gets no codes or links.
#[test]
fn a_disabled_account_is_refused_and_gets_no_links_in_any_api() {
    let account = json!({"email": ADA, "password": PASSWORD, "verified": true, "is_active": false});
    let lab = Lab::with_accounts(&json!([account]), &[("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true")]);
    assert_eq!(headless_login(&mut lab.app(), PASSWORD).status, 401);
    assert_eq!(headless_login(&mut lab.browser(), PASSWORD).status, 401);
    assert_eq!(lab.bearer().login(ADA, PASSWORD).status, 401);
    let credentials = json!({"email": ADA, "password": PASSWORD}).to_string();
    assert_eq!(lab.app().send("POST", "/auth/login/", Some(credentials), &[]).status, 401);
    lab.app().post("auth/code/request", json!({"email": ADA}));
    lab.app().post("auth/password/request", json!({"email": ADA}));
    lab.bearer().post("password/reset/", json!({"email": ADA}));
    let mails = lab.all_mails();
    assert_eq!(mails.len(), 2, "the mails say that there is no account, as for an unknown address");
    assert!(mails.iter().all(|mail| mail.text.contains("there is no account with it")), "{mails:?}");
}

#[test]
fn the_jwt_api_asks_for_a_second_factor_even_if_it_cannot_set_one_up() {
    let lab = lab(&[("MFA_ALLOW_UNVERIFIED_EMAIL", "true"), ("MFA_REAUTHENTICATION_REQUIRED", "false")]);
    let mut app = lab.app();
    lab.user(&mut app, ADA);
    let secret = app.get("account/authenticators/totp").json["meta"]["secret"].as_str().unwrap().to_owned();
    let reply = app.post("account/authenticators/totp", json!({"code": code_of(&secret, lab.now())}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    lab.advance(31);
    let mut client = lab.bearer();
    let reply = client.login(ADA, PASSWORD);
    assert_eq!((reply.json["mfa_required"].as_bool(), reply.json["access"].as_str()), (Some(true), None));
    let challenge = reply.json["challenge_id"].clone();
    assert_eq!(client.post("mfa/verify/", json!({"challenge_id": "none", "code": "123456"})).status, 403);
    let code = code_of(&secret, lab.now());
    let reply = client.post("mfa/verify/", json!({"challenge_id": challenge, "code": code}));
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[test]
fn logout_all_ends_the_sessions_in_every_api() {
    let lab = lab(&[("JWT_ALLAUTH_ACCESS_TOKEN_SESSION_CHECK", "true")]);
    let (mut client, mut other, mut app) = (registered(&lab), lab.bearer(), lab.app());
    other.login(ADA, PASSWORD);
    headless_login(&mut app, PASSWORD);
    let body = json!({"email": ADA, "password": PASSWORD}).to_string();
    let flat = call(&lab.url, "POST", "/auth/login/", &[("content-type", "application/json")], Some(body));
    let bearer = format!("Bearer {}", flat.json["access_token"].as_str().unwrap());
    let flat_user = || call(&lab.url, "GET", "/auth/user/", &[("authorization", &bearer)], None).status;
    assert_eq!(flat_user(), 200);
    assert_eq!(
        app.get("auth/sessions").json["data"].as_array().unwrap().len(),
        4,
        "the list contains the sessions of every API"
    );
    assert_eq!(client.post("logout-all/", json!({})).status, 200);
    assert_eq!(app.get("auth/session").status, 401);
    assert_eq!(other.post("refresh/", json!({})).status, 401);
    assert_eq!(other.get("user/").status, 401);
    assert_eq!(flat_user(), 401);
}

#[test]
fn a_password_change_in_one_api_ends_the_sessions_in_the_other() {
    let lab = lab(&[]);
    let (mut client, mut app) = (registered(&lab), lab.app());
    headless_login(&mut app, PASSWORD);
    let change = json!({"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW});
    assert_eq!(client.post("password/change/", change).status, 200);
    assert_eq!(app.get("auth/session").status, 401);
    assert_eq!(client.post("refresh/", json!({})).status, 200, "the client that changed it has a new session");

    app.token = None;
    assert_eq!(headless_login(&mut app, NEW).status, 200);
    let change = json!({"current_password": NEW, "new_password": PASSWORD});
    assert_eq!(app.post("account/password/change", change).status, 200);
    assert_eq!(client.post("refresh/", json!({})).status, 401);
}

#[test]
fn a_session_that_was_ended_from_the_list_cannot_be_refreshed() {
    let lab = lab(&[]);
    let (mut client, mut app) = (registered(&lab), lab.app());
    headless_login(&mut app, PASSWORD);
    let sessions = app.get("auth/sessions").json["data"].clone();
    let others = sessions.as_array().unwrap().iter().filter(|it| it["is_current"] == json!(false));
    let ids = others.map(|it| it["id"].clone()).collect::<Vec<_>>();
    assert_eq!(app.delete_with("auth/sessions", json!({"sessions": ids})).status, 200);
    assert_eq!(client.post("refresh/", json!({})).status, 401);
}

/// Asks for a password reset and opens the mailed link. The client then has the capability to set a password.
fn with_capability(lab: &Lab) -> Bearer {
    let mut client = lab.bearer();
    assert_eq!(client.post("password/reset/", json!({"email": ADA})).status, 200);
    let reply = client.get(&lab.mail(ADA).link());
    assert_eq!(reply.status, 302, "{}", reply.text);
    client
}

#[test]
fn a_password_is_reset_by_a_link_that_works_once() {
    let lab = lab(&[]);
    let mut before = registered(&lab);
    let mut client = with_capability(&lab);
    assert_eq!(client.get(&lab.mail(ADA).link()).status, 200, "the second visit shows an error page");
    let page = client.get("password/reset/default/");
    assert!(page.text.contains("new-password"), "{}", page.text);
    let new = json!({"new_password1": NEW, "new_password2": NEW});
    let mut elsewhere = client.clone();
    elsewhere.cookies.remove("csrftoken");
    assert_eq!(elsewhere.post("password/reset/set-new/", new.clone()).status, 403);
    assert_eq!(client.post("password/reset/set-new/", new.clone()).status, 200);
    assert_eq!(client.post("password/reset/set-new/", new).status, 401, "the capability works once");
    assert_eq!(before.post("refresh/", json!({})).status, 401);
    assert_eq!(client.post("refresh/", json!({})).status, 200);
    assert_eq!(lab.bearer().login(ADA, NEW).status, 200);
}

/// ASVS 5.0 6.4.3.
#[test]
fn a_reset_does_not_bypass_the_second_factor() {
    let lab = lab(&[("JWT_ALLAUTH_MFA_TOTP_MODE", "optional")]);
    let (_, codes) = registered(&lab).enroll(&lab);
    let mut client = with_capability(&lab);
    let reply = client.post("password/reset/set-new/", json!({"new_password1": NEW, "new_password2": NEW}));
    assert_eq!((reply.status, reply.json["access"].as_str()), (200, None), "{}", reply.text);
    let answer = json!({"challenge_id": reply.json["challenge_id"], "recovery_code": codes[0]});
    assert_eq!(client.post("mfa/verify-recovery/", answer).status, 200);
    assert_eq!(client.get("user/").status, 200);
}

#[test]
fn a_reset_link_ends_with_a_newer_link_or_a_new_password() {
    let lab = lab(&[]);
    let mut client = registered(&lab);
    let ask = || {
        lab.bearer().post("password/reset/", json!({"email": ADA}));
        lab.mail(ADA).link()
    };
    let first = ask();
    let second = ask();
    assert_eq!(lab.bearer().get(&first).status, 200);
    let change = json!({"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW});
    assert_eq!(client.post("password/change/", change).status, 200);
    assert_eq!(lab.bearer().get(&second).status, 200);
}

#[test]
fn an_answer_does_not_reveal_whether_there_is_an_account() {
    let lab = Lab::start(&[("EMAIL_VERIFICATION", "mandatory"), ("ACCOUNT_RATE_LIMITS", "false")]);
    let mut client = lab.bearer();
    client.register(ADA);
    client.get(&lab.mail(ADA).link());
    let (known, unknown) = (lab.bearer().register(ADA), lab.bearer().register("bob@example.com"));
    assert_eq!((known.status, known.text), (unknown.status, unknown.text));
    assert!(lab.mails(ADA).last().unwrap().text.contains("already have an account"));
    let reset = |email: &str| lab.bearer().post("password/reset/", json!({"email": email}));
    let (known, unknown) = (reset(ADA), reset("nobody@example.com"));
    assert_eq!((known.status, known.text), (unknown.status, unknown.text));
    let trips = |email: &'static str| lab.trips(|| drop(reset(email)));
    assert_eq!(trips(ADA), trips("nobody@example.com"), "the table requests are the same too");
    let login = |email: &str| lab.bearer().login(email, "wrong-Horse-42-battery");
    assert_eq!(login(ADA).text, login("nobody@example.com").text);
}

#[test]
fn of_two_registrations_the_one_whose_link_is_opened_first_owns_the_address() {
    for first_wins in [true, false] {
        let lab = Lab::start(&[("ACCOUNT_RATE_LIMITS", "false")]);
        let register = |password: &str| {
            let body = json!({"email": ADA, "password1": password, "password2": password,
                              "first_name": "Ada", "last_name": "Lovelace"});
            let reply = lab.bearer().post("registration/", body);
            assert_eq!(reply.status, 201, "{}", reply.text);
            lab.mail(ADA).link()
        };
        let links = [register(PASSWORD), register(NEW)];
        assert_ne!(links[0], links[1]);
        let (winner, loser) = if first_wins { (0, 1) } else { (1, 0) };
        assert_eq!(lab.bearer().get(&links[winner]).status, 302, "the link works despite the other registration");
        assert_eq!(lab.bearer().get(&links[loser]).status, 404, "the address belongs to an account now");
        let logins = [PASSWORD, NEW].map(|password| lab.bearer().login(ADA, password).status);
        assert_eq!((logins[winner], logins[loser]), (200, 401));
    }
}

#[test]
fn ten_wrong_recovery_codes_lock_the_account() {
    let lab = lab(&[("JWT_ALLAUTH_MFA_TOTP_MODE", "optional")]);
    registered(&lab).enroll(&lab);
    let mut client = lab.bearer();
    let mut guess = |challenge: &Value| {
        let reply =
            client.post("mfa/verify-recovery/", json!({"challenge_id": challenge, "recovery_code": "00000000"}));
        (reply.status, reply.header("retry-after").is_some())
    };
    let challenge = || lab.bearer().login(ADA, PASSWORD).json["challenge_id"].clone();
    let first = challenge();
    for _ in 0..6 {
        assert_eq!(guess(&first), (400, false));
    }
    let second = challenge();
    for _ in 0..4 {
        assert_eq!(guess(&second), (400, false));
    }
    assert_eq!(guess(&second), (429, true), "ten failures lock the account");
    assert_eq!(lab.bearer().login(ADA, PASSWORD).status, 429);
    lab.advance(901);
    assert_eq!(lab.bearer().login(ADA, PASSWORD).status, 200);
}

#[test]
fn a_reused_refresh_token_ends_only_its_own_session() {
    let lab = lab(&[]);
    let mut client = registered(&lab);
    let mut other = lab.bearer();
    other.login(ADA, PASSWORD);
    let mut thief = client.clone();
    assert_eq!(client.post("refresh/", json!({})).status, 200);
    assert_eq!(thief.post("refresh/", json!({})).status, 401);
    assert_eq!(client.post("refresh/", json!({})).status, 401);
    assert_eq!(other.post("refresh/", json!({})).status, 200);
}

#[test]
fn within_the_grace_window_the_same_client_gets_the_same_successor() {
    let lab = lab(&[("JWT_ALLAUTH_REFRESH_GRACE_SECONDS", "10")]);
    let mut client = registered(&lab);
    let mut tab = client.clone();
    assert_eq!(client.post("refresh/", json!({})).status, 200);
    assert_eq!(tab.post("refresh/", json!({})).status, 200);
    assert_eq!(client.cookies["refresh_token"], tab.cookies["refresh_token"]);
    let mut late = tab.clone();
    assert_eq!(tab.post("refresh/", json!({})).status, 200);
    lab.advance(11);
    assert_eq!(late.post("refresh/", json!({})).status, 401);
    assert_eq!(tab.post("refresh/", json!({})).status, 401);
}

#[test]
fn a_refresh_does_not_extend_the_lifetime_of_a_session() {
    let lab = lab(&[("JWT_ALLAUTH_SESSION_LIFETIME", "3600")]);
    let mut client = registered(&lab);
    lab.advance(3000);
    assert_eq!(client.post("refresh/", json!({})).status, 200);
    lab.advance(601);
    assert_eq!(client.post("refresh/", json!({})).status, 401);
}

#[test]
fn a_new_session_lifetime_also_applies_to_earlier_sessions() {
    let lab = lab(&[]);
    let mut early = registered(&lab);
    let mut late = lab.bearer();
    late.login(ADA, PASSWORD);
    let lab = lab.restart_with(&[("JWT_ALLAUTH_SESSION_LIFETIME", "3600")]);
    let moved = |client: &Bearer| {
        let mut moved = lab.bearer();
        moved.cookies = client.cookies.clone();
        moved
    };
    (early, late) = (moved(&early), moved(&late));
    assert_eq!(early.post("refresh/", json!({})).status, 200);
    let said = claims(&early.cookies["refresh_token"]);
    assert_eq!(said["exp"].as_i64(), said["session_iat"].as_i64().map(|began| began + 3600));
    lab.advance(3601);
    let reply = late.post("refresh/", json!({}));
    assert_eq!((reply.status, reply.json["code"].as_str()), (401, Some("session_expired")));
    let reply = late.post("refresh/", json!({}));
    assert_eq!((reply.status, reply.json["code"].as_str()), (401, Some("token_not_valid")));
}

#[test]
fn without_verification_an_address_counts_as_verified_only_if_it_was_registered_in_this_api() {
    let lab = lab(&[]);
    let client = registered(&lab);
    assert_eq!(claims(client.access.as_ref().unwrap())["email_verified"], true);
    let bob = "bob@example.com";
    lab.user(&mut lab.app(), bob);
    let mut client = lab.bearer();
    client.login(bob, PASSWORD);
    assert_eq!(claims(client.access.as_ref().unwrap())["email_verified"], false);
    for email in [bob, ADA] {
        assert_eq!(client.post("password/reset/", json!({"email": email})).status, 200);
    }
    lab.mail(ADA);
    assert!(lab.mails(bob).is_empty(), "Bob's address is not verified");
}

#[test]
fn an_invalid_request_does_not_log_out_or_start_a_reset() {
    let lab = lab(&[]);
    let mut client = registered(&lab);
    assert_eq!(client.send("POST", "logout/", Some("{".to_owned())).status, 400);
    assert_eq!(client.post("refresh/", json!({})).status, 200);
    let long = format!("{}@example.com", "a.".repeat(125) + "a");
    let reply = client.post("password/reset/", json!({"email": long}));
    assert_eq!((reply.status, reply.json["email"]["email"].is_array()), (400, true), "{}", reply.text);
}

#[test]
fn a_path_without_its_trailing_slash_redirects_and_an_unknown_path_is_404() {
    let lab = lab(&[]);
    let mut client = lab.bearer();
    let reply = client.post("registration/verification/a:b?c=d", json!({}));
    assert_eq!(
        (reply.status, reply.header("location")),
        (301, Some("/jwt-allauth/registration/verification/a:b/?c=d"))
    );
    for path in ["nothing/", "nothing", "login//", "password/reset/confirm/a/"] {
        let reply = client.get(path);
        assert_eq!((reply.status, reply.header("content-type")), (404, Some("text/html; charset=utf-8")), "{path}");
    }
}

/// Returns the number of sequential round trips to the table, and the number of requests.
fn cost(lab: &Lab, work: impl FnOnce()) -> (usize, usize) {
    let trips = lab.trips(work);
    (trips.len(), trips.iter().map(Vec::len).sum())
}

#[test]
fn operations_of_the_jwt_api_make_the_expected_number_of_table_requests() {
    let lab = lab(&[]);
    let mut client = registered(&lab);
    assert_eq!(cost(&lab, || drop(lab.bearer().get("user/"))), (0, 0), "a request without a token reads nothing");
    assert_eq!(cost(&lab, || drop(client.get("user/"))), (1, 1));
    assert_eq!(cost(&lab, || drop(lab.bearer().login(ADA, PASSWORD))), (3, 4));
    assert_eq!(cost(&lab, || drop(lab.bearer().login(ADA, "wrong-Horse-42-battery"))), (2, 2));
    assert_eq!(cost(&lab, || drop(client.post("refresh/", json!({})))), (2, 2));
    assert_eq!(cost(&lab, || drop(client.post("logout/", json!({})))), (2, 2));
}

#[test]
fn bodies_are_json_or_either_kind_of_form() {
    let lab = lab(&[]);
    registered(&lab);
    let login = |kind: &str, body: String| {
        call(&lab.url, "POST", "/jwt-allauth/login/", &[("content-type", kind)], Some(body)).status
    };
    let part = |name: &str, value: &str| {
        format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let parts = part("email", ADA) + &part("password", PASSWORD) + "--edge--\r\n";
    assert_eq!(login("multipart/form-data; boundary=edge", parts.clone()), 200);
    assert_eq!(login("multipart/form-data; boundary=other", parts.clone()), 400);
    assert_eq!(login("application/x-www-form-urlencoded", format!("email={ADA}&password={PASSWORD}")), 200);
    assert_eq!(login("application/json", json!({"email": ADA, "password": PASSWORD}).to_string()), 200);
    assert_eq!(login("text/plain", parts), 415);
}

#[test]
fn malformed_credentials_get_401() {
    let lab = lab(&[]);
    let client = registered(&lab);
    let access = client.access.clone().unwrap();
    let (head, rest) = access.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let refresh = &client.cookies["refresh_token"];
    for token in [
        format!("{none}.{body}."),
        format!("{none}.{body}.{signature}"),
        format!("{head}.{body}"),
        format!("{head}.{body}.{}", signature.chars().rev().collect::<String>()),
        "A".repeat(10_000),
        refresh.clone(),
    ] {
        let mut forged = client.clone();
        forged.access = Some(token.clone());
        assert_eq!(forged.get("user/").status, 401, "{token}");
        forged.access = None;
        forged.cookies.insert("refresh_token".to_owned(), if token == *refresh { access.clone() } else { token });
        assert_eq!(forged.post("refresh/", json!({})).status, 401);
        let capability = forged.cookies["refresh_token"].clone();
        forged.cookies.insert("password_reset_access_token".to_owned(), capability);
        let new = json!({"new_password1": NEW, "new_password2": NEW});
        assert_eq!(forged.post("password/reset/set-new/", new).status, 401);
    }
}
