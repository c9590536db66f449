//! Tests of security keys and passkeys with a software authenticator.

#[path = "../../../shared/src/webauthn/tests/authenticator.rs"]
#[allow(dead_code)] // the unit tests of the ceremonies use the rest
pub(super) mod authenticator;

use super::races::{assert_one_success, assert_orderly, plans};
use crate::lab::{Client, Lab, PASSWORD, Reply, at_once, call};
use authenticator::{Authenticator, UP, UV, b64};
use serde_json::{Value, json};

pub(super) const EMAIL: &str = "ada@example.com";
pub(super) const KEYS: &str = "account/authenticators/webauthn";
pub(super) const LOGIN: &str = "auth/webauthn/login";
pub(super) const ORIGIN: &str = "https://app.example.com";
const RP_ID: &str = "example.com";
pub(super) const SETTINGS: [(&str, &str); 9] = [
    ("PUBLIC_URL", "https://login.example.com"),
    ("CORS_ALLOWED_ORIGINS", r#"["https://app.example.com"]"#),
    ("MFA_WEBAUTHN_RP_ID", RP_ID),
    ("MFA_SUPPORTED_TYPES", r#"["totp", "webauthn", "recovery_codes"]"#),
    ("MFA_PASSKEY_LOGIN_ENABLED", "true"),
    ("MFA_PASSKEY_SIGNUP_ENABLED", "true"),
    ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
    ("ACCOUNT_EMAIL_NOTIFICATIONS", "true"),
    ("MFA_REAUTHENTICATION_REQUIRED", "false"),
];

pub(super) fn lab(more: &[(&str, &str)]) -> Lab {
    Lab::start(&[&SETTINGS[..], &[("ACCOUNT_RATE_LIMITS", "false"), ("MFA_RATE_LIMITS", "false")], more].concat())
}

/// Returns a browser client that sends the service's own origin.
pub(super) fn browser(lab: &Lab) -> Client {
    let mut browser = lab.browser();
    browser.extra.push(("origin".to_owned(), "https://login.example.com".to_owned()));
    browser
}

pub(super) fn device(number: u8) -> Authenticator {
    Authenticator::new(number, ORIGIN, RP_ID)
}

pub(super) fn options(reply: &Reply, kind: &str) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json["data"][kind].clone()
}

pub(super) fn create(client: &mut Client, device: &mut Authenticator, path: &str) -> Value {
    let options = options(&client.get(path), "creation_options");
    json!({"credential": device.create(&options)})
}

/// Adds a security key.
pub(super) fn add(client: &mut Client, device: &mut Authenticator) -> Reply {
    let body = create(client, device, KEYS);
    client.post(KEYS, body)
}

/// Signs up a user with a passkey.
pub(super) fn with_passkey(lab: &Lab, client: &mut Client, email: &str, device: &mut Authenticator) {
    lab.user(client, email);
    let body = create(client, device, &format!("{KEYS}?passwordless"));
    let reply = client.post(KEYS, body);
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.json["data"]["is_passwordless"], true);
}

/// Asks for a challenge and sends the device's answer.
pub(super) fn answer(client: &mut Client, device: &mut Authenticator, path: &str) -> Reply {
    let options = options(&client.get(path), "request_options");
    let credential = device.get(&options);
    client.post(path, json!({"credential": credential}))
}

pub(super) fn waiting(client: Client) -> Client {
    let mut client = client;
    let reply = client.post("auth/login", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("mfa_authenticate")), "{}", reply.text);
    client
}

pub(super) const INCORRECT: [&str; 1] = ["credential:incorrect_code"];

#[test]
fn a_key_can_be_registered_and_used_as_second_factor_and_for_reauthentication() {
    let lab = lab(&[]);
    for (n, mut client) in [(1, lab.app()), (2, browser(&lab))] {
        let (mut device, email) = (device(n), format!("ada{n}@example.com"));
        device.rk = Some(false);
        lab.user(&mut client, &email);
        let reply = add(&mut client, &mut device);
        assert_eq!((reply.status, &reply.json["meta"]["recovery_codes_generated"]), (200, &json!(true)));
        assert_eq!(reply.json["data"]["name"], "Master key");
        assert!(
            lab.mails(&email).iter().any(|mail| mail.text.contains("was added")),
            "the user gets a mail about the new key"
        );

        client.delete("auth/session");
        client.token = None;
        let reply = client.post("auth/login", json!({"email": email, "password": PASSWORD}));
        assert_eq!(reply.pending().as_deref(), Some("mfa_authenticate"), "{}", reply.text);
        let reply = answer(&mut client, &mut device, "auth/webauthn/authenticate");
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.json["data"]["methods"][1]["type"], "webauthn");
        let reply = answer(&mut client, &mut device, "auth/webauthn/reauthenticate");
        assert_eq!((reply.status, &reply.json["data"]["methods"][2]["reauthenticated"]), (200, &json!(true)));
        let listed = client.get("account/authenticators").json["data"][0].clone();
        assert!(listed["last_used_at"].is_f64() && listed["id"].is_u64(), "{listed}");
    }
}

#[test]
fn a_passkey_logs_in_without_a_username() {
    let lab = lab(&[]);
    let mut device = device(1);
    with_passkey(&lab, &mut lab.app(), EMAIL, &mut device);
    for mut client in [lab.app(), browser(&lab)] {
        let reply = answer(&mut client, &mut device, LOGIN);
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.json["data"]["methods"][0]["passwordless"], true);
        assert_eq!(client.get("auth/session").json["data"]["user"]["email"], EMAIL);
        // A logged-in user can log in again. An app keeps its session.
        let reply = answer(&mut client, &mut device, LOGIN);
        assert_eq!((reply.status, &reply.json["meta"]["session_token"]), (200, &json!(null)));
        assert_eq!(client.get("auth/session").status, 200);
    }
    // A login as another user changes the session token, so the app must learn the new one from its answer.
    let mut client = lab.app();
    lab.user(&mut client, "bob@example.com");
    let reply = answer(&mut client, &mut device, LOGIN);
    assert_eq!((reply.status, &reply.json["data"]["methods"]), (200, &json!([])));
    assert_eq!(client.get("auth/session").json["data"]["user"]["email"], EMAIL);
}

#[test]
fn a_user_can_sign_up_with_a_passkey_and_no_password() {
    let lab = lab(&[]);
    let mut device = device(1);
    for (n, mut client) in [lab.app(), browser(&lab)].into_iter().enumerate() {
        device.id = vec![u8::try_from(n).unwrap(); 16];
        let email = format!("new{n}@example.com");
        assert_eq!(client.put("auth/webauthn/signup", json!({})).status, 409, "no signup is pending");
        let reply = client.post("auth/webauthn/signup", json!({"email": email, "password": "not read"}));
        assert_eq!(reply.pending().as_deref(), Some("verify_email"), "{}", reply.text);
        assert_eq!(
            client.get("auth/webauthn/signup").status,
            409,
            "a passkey can be created only after the address is verified"
        );
        let reply = client.post("auth/email/verify", json!({"key": lab.mail(&email).key()}));
        assert_eq!(reply.pending().as_deref(), Some("mfa_signup_webauthn"), "{}", reply.text);
        assert_eq!(client.get("auth/session").status, 401, "not logged in yet");

        let mut body = create(&mut client, &mut device, "auth/webauthn/signup");
        let mut other = body.clone();
        other["credential"]["response"]["clientDataJSON"] = json!(b64(b"{}"));
        assert_eq!(client.put("auth/webauthn/signup", other).errors(), [":incorrect_code"]);
        body["name"] = json!("My phone");
        let reply = client.put("auth/webauthn/signup", body);
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.json["data"]["user"]["has_usable_password"], false);
        assert_eq!(client.get("account/authenticators").json["data"][0]["name"], "My phone");
        client.delete("auth/session");
        client.token = None;
        assert_eq!(answer(&mut client, &mut device, LOGIN).status, 200);
    }
}

/// Checks that an answer with a single fault is refused, and that a valid answer works afterwards.
fn refused(change: impl Fn(&mut Authenticator, &mut Value)) {
    let lab = lab(&[("MFA_WEBAUTHN_USER_VERIFICATION", "required")]);
    let mut good = device(1);
    with_passkey(&lab, &mut lab.app(), EMAIL, &mut good);
    for path in [LOGIN, "auth/webauthn/authenticate"] {
        for new in [Lab::app, browser] {
            let mut client = if path == LOGIN { new(&lab) } else { waiting(new(&lab)) };
            let mut bad = good.clone();
            let mut options = options(&client.get(path), "request_options");
            change(&mut bad, &mut options);
            let reply = client.post(path, json!({"credential": bad.get(&options)}));
            assert_eq!((reply.status, reply.errors()), (400, INCORRECT.map(str::to_owned).to_vec()), "{}", reply.text);
            assert_eq!(client.get("auth/session").status, 401, "the client is not logged in");
            let reply = answer(&mut client, &mut good, path);
            assert_eq!(reply.status, 200, "the valid answer is accepted: {}", reply.text);
        }
    }
}

#[test]
fn another_origin_is_refused() {
    refused(|device, _| device.origin = "https://app.example.com.evil.test".to_owned());
    refused(|device, _| device.origin = "https://elsewhere.example.org".to_owned());
    refused(|device, _| device.origin = "https://other.example.com".to_owned());
    refused(|device, _| device.origin = "http://app.example.com".to_owned());
}

#[test]
fn another_relying_party_is_refused() {
    refused(|device, _| device.rp_id = "evil.test".to_owned());
}

/// ASVS 5.0 6.7.2.
#[test]
fn another_challenge_is_refused() {
    refused(|_, options| options["publicKey"]["challenge"] = json!(b64(&[7; 32])));
}

#[test]
fn an_unverified_user_is_refused() {
    refused(|device, _| device.flags = UP);
    refused(|device, _| device.flags = UV);
}

#[test]
fn an_unknown_credential_is_refused() {
    refused(|device, _| device.id = vec![9; 32]);
}

#[test]
fn a_counter_that_goes_back_is_refused() {
    let lab = lab(&[]);
    let mut device = device(1);
    with_passkey(&lab, &mut lab.app(), EMAIL, &mut device);
    device.counter = 40;
    assert_eq!(answer(&mut lab.app(), &mut device, LOGIN).status, 200);
    let mut clone = device.clone();
    for back in [20, 40] {
        clone.counter = back;
        for path in [LOGIN, "auth/webauthn/authenticate"] {
            let mut client = if path == LOGIN { lab.app() } else { waiting(lab.app()) };
            let options = options(&client.get(path), "request_options");
            let reply = client.post(path, json!({"credential": clone.get_again(&options)}));
            assert_eq!(reply.errors(), INCORRECT, "{path}, from 41 to {back}");
        }
    }
    assert_eq!(answer(&mut lab.app(), &mut device, LOGIN).status, 200);
}

#[test]
fn another_users_credential_is_refused() {
    let lab = lab(&[]);
    let (mut adas, mut bobs) = (device(1), device(2));
    with_passkey(&lab, &mut lab.app(), EMAIL, &mut adas);
    with_passkey(&lab, &mut lab.app(), "bob@example.com", &mut bobs);
    let mut client = waiting(lab.app());
    assert_eq!(answer(&mut client, &mut bobs, "auth/webauthn/authenticate").errors(), INCORRECT);
    assert_eq!(client.get("auth/session").status, 401);

    // Bob's key with Ada's user handle.
    let mut client = lab.app();
    let options = options(&client.get(LOGIN), "request_options");
    let handle = adas.get(&options)["response"]["userHandle"].clone();
    let mut credential = bobs.get(&options);
    credential["response"]["userHandle"] = handle;
    assert_eq!(client.post(LOGIN, json!({"credential": credential})).errors(), INCORRECT);

    // Ada's key cannot be added to Bob's account.
    let mut bob = lab.app();
    assert_eq!(answer(&mut bob, &mut bobs, LOGIN).status, 200);
    assert_eq!(add(&mut bob, &mut adas.clone()).errors(), [":incorrect_code"]);
    assert_eq!(answer(&mut lab.app(), &mut adas, LOGIN).json["data"]["user"]["email"], EMAIL);
}

#[test]
fn an_answer_works_once_and_only_in_its_own_session() {
    let lab = lab(&[]);
    let mut device = device(1);
    with_passkey(&lab, &mut lab.app(), EMAIL, &mut device);
    // An authenticator without a counter. Only the challenge protects against a second use.
    device.counter = 0;
    let mut client = lab.app();
    let options = options(&client.get(LOGIN), "request_options");
    let body = json!({"credential": device.get_again(&options)});
    assert_eq!(lab.app().post(LOGIN, body.clone()).errors(), INCORRECT, "an answer without a session");
    let mut thief = lab.app();
    thief.get(LOGIN);
    assert_eq!(thief.post(LOGIN, body.clone()).errors(), INCORRECT, "in another's session");
    let mut again = client.clone();
    assert_eq!(client.post(LOGIN, body.clone()).status, 200);
    assert_eq!(again.post(LOGIN, body.clone()).status, 410, "the token from before the login is no longer valid");
    assert_eq!(client.post(LOGIN, body.clone()).errors(), INCORRECT, "the challenge is used up");

    let mut late = lab.app();
    let options = late.get(LOGIN).json["data"]["request_options"].clone();
    lab.advance(601);
    let body = json!({"credential": device.get_again(&options)});
    assert_eq!(late.post(LOGIN, body).errors(), INCORRECT, "the challenge has expired");
}

#[test]
fn the_answer_to_one_kind_of_ceremony_is_refused_by_another() {
    let lab = lab(&[]);
    let mut device = device(1);
    let mut client = lab.app();
    with_passkey(&lab, &mut client, EMAIL, &mut device);
    let options = options(&client.get(LOGIN), "request_options");
    let body = json!({"credential": device.get(&options)});
    assert_eq!(client.post("auth/webauthn/reauthenticate", body.clone()).errors(), INCORRECT);
    assert_eq!(client.post(KEYS, body).errors(), [":incorrect_code"]);
}

#[test]
fn of_fifty_parallel_uses_of_one_answer_one_succeeds() {
    for (fault, plan) in plans() {
        let lab = lab(&[]);
        let mut device = device(1);
        with_passkey(&lab, &mut lab.app(), EMAIL, &mut device);
        device.counter = 0;
        for path in [LOGIN, "auth/webauthn/authenticate"] {
            let mut client = if path == LOGIN { lab.app() } else { waiting(lab.app()) };
            let options = options(&client.get(path), "request_options");
            let body = json!({"credential": device.get_again(&options)});
            lab.faults(plan.clone());
            let replies = at_once(50, |_| client.clone().post(path, body.clone()));
            lab.faults(json!({}));
            let late: &[u16] = if path == LOGIN { &[200, 400, 410] } else { &[200, 400, 409] };
            assert_orderly(fault, &replies, late);
            assert_one_success(&format!("{fault} {path}"), &replies);
        }
    }
}

#[test]
fn of_ten_accounts_that_add_one_credential_at_once_one_succeeds() {
    for (fault, plan) in plans() {
        let lab = lab(&[]);
        let users = (0..10).map(|n| {
            let mut client = lab.app();
            lab.user(&mut client, &format!("u{n}@example.com"));
            let body = create(&mut client, &mut device(1), KEYS);
            (client, body)
        });
        let users = users.collect::<Vec<_>>();
        lab.faults(plan);
        let replies = at_once(10, |n| users[n].0.clone().post(KEYS, users[n].1.clone()));
        lab.faults(json!({}));
        assert_orderly(fault, &replies, &[200, 400]);
        let keys =
            |client: &Client| client.clone().get("account/authenticators").json["data"].as_array().unwrap().len();
        let having = users.iter().filter(|(client, _)| keys(client) > 0).count();
        assert_one_success(fault, &replies);
        let told = replies.iter().filter(|reply| reply.status == 200).count();
        // A request that got 503 may have succeeded.
        assert!(having <= 1 && told <= having, "{fault}: {having} have it");
    }
}

#[test]
fn a_removed_key_is_free_and_recovery_codes_are_removed_with_the_last_key() {
    let lab = lab(&[]);
    let mut device = device(1);
    let mut client = lab.app();
    with_passkey(&lab, &mut client, EMAIL, &mut device);
    let id = client.get("account/authenticators").json["data"][0]["id"].clone();
    assert_eq!(client.delete_with(KEYS, json!({"authenticators": [1]})).errors(), ["authenticators:invalid_choice"]);
    assert_eq!(client.delete_with(KEYS, json!({"authenticators": [id]})).status, 200);
    assert!(lab.mail(EMAIL).text.contains("was removed from"));
    assert_eq!(client.get("account/authenticators").json["data"], json!([]));
    assert_eq!(answer(&mut lab.app(), &mut device, LOGIN).errors(), INCORRECT);
    let mut other = lab.app();
    lab.user(&mut other, "bob@example.com");
    assert_eq!(add(&mut other, &mut device).status, 200, "another account can add the key now");
}

#[test]
fn adding_a_key_needs_recent_authentication_and_a_verified_address() {
    let settings = [SETTINGS[0], SETTINGS[2], SETTINGS[3], ("ACCOUNT_EMAIL_VERIFICATION", "optional")];
    let lab = Lab::start(&settings);
    let mut client = lab.app();
    client.post("auth/signup", json!({"email": EMAIL, "password": PASSWORD}));
    for reply in [client.get(KEYS), client.post(KEYS, json!({}))] {
        assert_eq!((reply.status, reply.errors()), (409, vec![":unverified_email".to_owned()]));
    }
    client.post("auth/email/verify", json!({"key": lab.mail(EMAIL).key()}));
    let reply = client.get(KEYS);
    assert_eq!((reply.status, &reply.json["meta"]["is_authenticated"]), (401, &json!(true)));
    assert_eq!(client.post("auth/reauthenticate", json!({"password": PASSWORD})).status, 200);
    let mut login = device(1);
    login.origin = "https://login.example.com".to_owned();
    assert_eq!(add(&mut client, &mut login).status, 200);
    lab.advance(600);
    assert_eq!(
        client.post(KEYS, json!({"credential": {"id": "x"}})).errors(),
        [":incorrect_code"],
        "the input is checked first"
    );
    assert_eq!(client.get(LOGIN).status, 404, "passkey logins are off by default");
}

#[test]
fn passkey_logins_are_limited_by_ip_address() {
    let lab = Lab::start(&SETTINGS);
    let mut client = lab.app();
    let statuses = (0..11).map(|_| client.post(LOGIN, json!({})).status).collect::<Vec<_>>();
    assert_eq!((&statuses[..10], statuses[10]), (&[400; 10][..], 429));
    assert_eq!(client.get(LOGIN).status, 200, "beginning a login has a separate limit");
    lab.advance(61);
    assert_eq!(client.post(LOGIN, json!({})).status, 400);
}

#[test]
fn native_apps_are_accepted_and_their_association_files_are_published() {
    let fingerprint = vec!["AB"; 32].join(":");
    let android = json!({"com.example.app": [fingerprint]}).to_string();
    let apps = [
        ("MFA_WEBAUTHN_APPLE_APPS", r#"["TEAM123456.com.example.app"]"#),
        ("MFA_WEBAUTHN_ANDROID_APPS", android.as_str()),
    ];
    let lab = lab(&apps);
    let mut phone = device(1);
    phone.origin = format!("android:apk-key-hash:{}", b64(&[0xab; 32]));
    with_passkey(&lab, &mut lab.app(), EMAIL, &mut phone);
    assert_eq!(answer(&mut lab.app(), &mut phone, LOGIN).status, 200);
    phone.origin = format!("android:apk-key-hash:{}", b64(&[0xac; 32]));
    assert_eq!(answer(&mut lab.app(), &mut phone, LOGIN).errors(), INCORRECT, "another app");

    let get = |path: &str| call(&lab.url, "GET", path, &[], None);
    let apple = get("/.well-known/apple-app-site-association");
    assert_eq!((apple.status, apple.header("content-type")), (200, Some("application/json")));
    assert_eq!(apple.json["webcredentials"]["apps"], json!(["TEAM123456.com.example.app"]));
    let android = get("/.well-known/assetlinks.json");
    let target = &android.json[0]["target"];
    assert_eq!((android.status, &target["package_name"]), (200, &json!("com.example.app")));
    assert_eq!(target["sha256_cert_fingerprints"], json!([fingerprint]));
    assert_eq!(call(&lab.url, "POST", "/.well-known/assetlinks.json", &[], None).status, 405);
    let without = Lab::start(&SETTINGS);
    assert_eq!(call(&without.url, "GET", "/.well-known/assetlinks.json", &[], None).status, 404);
}
