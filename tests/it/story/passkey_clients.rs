//! Tests of passkeys and security keys with the data that real authenticators, browsers and native clients send.

use super::passkeys::authenticator::{Authenticator, BE, BS, UP, UV, b64, in_plain_base64};
use super::passkeys::{
    EMAIL, INCORRECT, KEYS, LOGIN, ORIGIN, SETTINGS, add, answer, browser, create, device, lab, options, waiting,
    with_passkey,
};
use crate::lab::{Client, Lab, Reply, call};
use serde_json::{Value, json};

const SECOND_FACTOR: &str = "auth/webauthn/authenticate";
const PROOF: &str = "auth/webauthn/reauthenticate";
const SHOP: &str = "https://shop.example.org";

/// Uses a credential for a passkey login, as a second factor, and for reauthentication.
fn everywhere(lab: &Lab, device: &mut Authenticator) -> [Reply; 3] {
    let mut waits = waiting(lab.app());
    let factor = answer(&mut waits, device, SECOND_FACTOR);
    let login = answer(&mut lab.app(), device, LOGIN);
    // Reauthentication needs a logged-in user. If this device cannot log in, a valid copy of it does.
    let mut client = lab.app();
    let mut good = device.clone();
    good.origin = ORIGIN.to_owned();
    (good.cross_origin, good.top_origin, good.flags) = (false, None, good.flags | UP | UV);
    let proof = match factor.status {
        200 => answer(&mut waits, device, PROOF),
        _ => {
            assert_eq!(answer(&mut client, &mut good, LOGIN).status, 200);
            device.counter = good.counter;
            answer(&mut client, device, PROOF)
        }
    };
    [login, factor, proof]
}

fn accepted(lab: &Lab, device: &mut Authenticator) {
    for reply in everywhere(lab, device) {
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}

fn refused(lab: &Lab, device: &mut Authenticator) {
    for reply in everywhere(lab, device) {
        assert_eq!((reply.status, reply.errors()), (400, INCORRECT.map(str::to_owned).to_vec()), "{}", reply.text);
    }
}

fn keys_of(client: &mut Client) -> Vec<Value> {
    let listed = client.get("account/authenticators").json["data"].as_array().unwrap().clone();
    listed.into_iter().filter(|it| it["type"] == "webauthn").collect()
}

#[test]
fn a_passkey_still_works_after_its_first_synchronization() {
    for first in [0, BE] {
        let lab = lab(&[]);
        let mut device = device(1);
        device.flags = UP | UV | first;
        with_passkey(&lab, &mut lab.app(), EMAIL, &mut device);
        accepted(&lab, &mut device);
        device.flags = UP | UV | BE | BS;
        accepted(&lab, &mut device);
        accepted(&lab, &mut device);
        // The device no longer synchronizes its passkeys.
        device.flags = UP | UV | BE;
        accepted(&lab, &mut device);
    }
}

#[test]
fn invalid_backup_flags_are_refused() {
    let lab = lab(&[]);
    let mut device = device(1);
    let mut client = lab.app();
    lab.user(&mut client, EMAIL);
    device.flags = UP | UV | BS;
    assert_eq!(add(&mut client, &mut device).errors(), [":incorrect_code"]);
    device.flags = UP | UV;
    assert_eq!(add(&mut client, &mut device).status, 200);
    for flags in [BS, BE | BS] {
        device.flags = UP | UV | flags;
        let mut client = waiting(lab.app());
        let status = answer(&mut client, &mut device, SECOND_FACTOR).status;
        assert_eq!(status, if flags == BS { 400 } else { 200 }, "{flags:#x}");
    }
    // A credential that could be backed up when it was created must always say so.
    device.flags = UP | UV;
    assert_eq!(answer(&mut lab.app(), &mut device, LOGIN).errors(), INCORRECT);
}

#[test]
fn ceremonies_in_frames_of_other_sites_are_refused() {
    let lab = lab(&[]);
    let mut device = device(1);
    let mut client = lab.app();
    with_passkey(&lab, &mut client, EMAIL, &mut device);
    for (cross_origin, top_origin) in [(true, None), (true, Some(SHOP)), (false, Some(SHOP)), (true, Some(ORIGIN))] {
        let mut framed = device.clone();
        (framed.cross_origin, framed.top_origin) = (cross_origin, top_origin.map(str::to_owned));
        refused(&lab, &mut framed);
        device.counter = framed.counter;
        framed.id = vec![2; 32];
        assert_eq!(add(&mut client, &mut framed).errors(), [":incorrect_code"]);
    }
    accepted(&lab, &mut device);
}

#[test]
fn a_site_in_the_settings_can_embed_the_frontend() {
    let lab = lab(&[("LATCHKEY_WEBAUTHN_TOP_ORIGINS", r#"["https://shop.example.org"]"#)]);
    let mut framed = device(1);
    (framed.cross_origin, framed.top_origin) = (true, Some(SHOP.to_owned()));
    with_passkey(&lab, &mut lab.app(), EMAIL, &mut framed);
    accepted(&lab, &mut framed);
    framed.top_origin = Some("https://evil.example".to_owned());
    refused(&lab, &mut framed);
}

#[test]
fn a_second_factor_that_did_not_verify_its_user_does_not_log_in_alone() {
    let lab = lab(&[]);
    let mut device = device(1);
    let mut client = lab.app();
    lab.user(&mut client, EMAIL);
    device.flags = UP;
    let added = add(&mut client, &mut device);
    assert_eq!((added.status, &added.json["data"]["is_passwordless"]), (200, &json!(false)));

    // A thief who found the key has set a PIN on it.
    device.flags = UP | UV;
    for new in [Lab::app, browser] {
        let mut thief = new(&lab);
        assert_eq!(answer(&mut thief, &mut device, LOGIN).errors(), INCORRECT);
        assert_eq!(thief.get("auth/session").status, 401);
    }
    let mut waits = waiting(lab.app());
    let reply = answer(&mut waits, &mut device, SECOND_FACTOR);
    assert_eq!((reply.status, &reply.json["data"]["methods"][1]["passwordless"]), (200, &json!(null)));
    assert_eq!(answer(&mut waits, &mut device, PROOF).status, 200);
    assert_eq!(
        answer(&mut lab.app(), &mut device, LOGIN).errors(),
        INCORRECT,
        "the key is still not a passkey afterwards"
    );

    // The owner turns the key into a passkey.
    let body = create(&mut client, &mut device, &format!("{KEYS}?passwordless"));
    let upgraded = client.post(KEYS, body.clone());
    assert_eq!((upgraded.status, &upgraded.json["data"]["is_passwordless"]), (200, &json!(true)), "{}", upgraded.text);
    assert_eq!(upgraded.json["data"]["id"], added.json["data"]["id"]);
    assert_eq!(keys_of(&mut client).len(), 1);
    let told = lab.mails(EMAIL).iter().filter(|mail| mail.text.contains("was added")).count();
    assert_eq!(told, 2, "the user gets a mail about each change");
    assert_eq!(client.post(KEYS, body).errors(), [":incorrect_code"], "an answer works once");
    let reply = answer(&mut lab.app(), &mut device, LOGIN);
    assert_eq!((reply.status, &reply.json["data"]["methods"][0]["passwordless"]), (200, &json!(true)));
    accepted(&lab, &mut device);

    // The credential exists already, so it cannot be added again.
    let path = format!("{KEYS}?passwordless");
    let excluded = &options(&client.get(&path), "creation_options")["publicKey"]["excludeCredentials"];
    assert_eq!(excluded[0]["id"], json!(b64(&device.id)));
    assert_eq!(add(&mut client, &mut device).errors(), [":incorrect_code"]);
}

#[test]
fn a_key_of_another_user_cannot_be_upgraded() {
    let lab = lab(&[]);
    let mut device = device(1);
    device.flags = UP;
    let mut ada = lab.app();
    lab.user(&mut ada, EMAIL);
    assert_eq!(add(&mut ada, &mut device).status, 200);
    let mut bob = lab.app();
    lab.user(&mut bob, "bob@example.com");
    let mut bobs = device.clone();
    bobs.flags = UP | UV;
    let body = create(&mut bob, &mut bobs, &format!("{KEYS}?passwordless"));
    assert_eq!(bob.post(KEYS, body).errors(), [":incorrect_code"]);
    assert_eq!(keys_of(&mut bob).len(), 0);
    assert_eq!(answer(&mut lab.app(), &mut bobs, LOGIN).errors(), INCORRECT);
}

#[test]
fn native_clients_can_send_plain_base64_everywhere() {
    let lab = lab(&[]);
    let mut device = device(1);
    device.id = vec![0xfb, 0xff, 0xbf, 0xfe]; // +/+//g==
    let mut client = lab.app();
    lab.user(&mut client, EMAIL);
    let mut body = create(&mut client, &mut device, &format!("{KEYS}?passwordless"));
    body["credential"] = in_plain_base64(body["credential"].take());
    assert_eq!(body["credential"]["rawId"], "+/+//g==");
    assert_eq!(client.post(KEYS, body).status, 200);
    for _ in 0..5 {
        let mut client = waiting(lab.app());
        for path in [SECOND_FACTOR, PROOF, LOGIN] {
            let options = options(&client.get(path), "request_options");
            let credential = in_plain_base64(device.get(&options));
            let reply = client.post(path, json!({"credential": credential}));
            assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        }
    }

    let (mut new, mut device) = (lab.app(), Authenticator::new(2, ORIGIN, "example.com"));
    device.id = vec![0xff; 16];
    new.post("auth/webauthn/signup", json!({"email": "new@example.com"}));
    new.post("auth/email/verify", json!({"key": lab.mail("new@example.com").key()}));
    let mut body = create(&mut new, &mut device, "auth/webauthn/signup");
    body["credential"] = in_plain_base64(body["credential"].take());
    let reply = new.put("auth/webauthn/signup", body);
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[test]
fn keys_of_all_algorithms_of_the_reference_are_accepted() {
    // ES256, EdDSA, ES384, ES512, PS256, RS256
    for algorithm in [-7, -8, -35, -36, -37, -257] {
        let lab = lab(&[]);
        let mut device = device(1).of_algorithm(algorithm);
        let mut client = lab.app();
        with_passkey(&lab, &mut client, EMAIL, &mut device);
        let offered = options(&client.get(KEYS), "creation_options")["publicKey"]["pubKeyCredParams"].clone();
        let offered = offered.as_array().unwrap().clone();
        assert!(offered.contains(&json!({"type": "public-key", "alg": algorithm})), "{algorithm}");
        accepted(&lab, &mut device);
        let mut forger = device.clone();
        let other = options(&lab.app().get(LOGIN), "request_options");
        let old = forger.get(&other)["response"]["signature"].clone();
        let mut client = waiting(lab.app());
        let mut credential = forger.get(&options(&client.get(SECOND_FACTOR), "request_options"));
        credential["response"]["signature"] = old;
        assert_eq!(client.post(SECOND_FACTOR, json!({"credential": credential})).errors(), INCORRECT, "{algorithm}");
    }
}

#[test]
fn with_the_setting_options_contain_timeout_and_transports() {
    for (setting, timeout, transports) in
        [("true", json!(600_000), json!(["internal"])), ("false", json!(null), json!(null))]
    {
        let lab = lab(&[("LATCHKEY_WEBAUTHN_FULL_OPTIONS", setting)]);
        let mut client = lab.app();
        with_passkey(&lab, &mut client, EMAIL, &mut device(1));
        let create = options(&client.get(KEYS), "creation_options")["publicKey"].clone();
        let proof = options(&client.get(PROOF), "request_options")["publicKey"].clone();
        let factor = options(&waiting(lab.app()).get(SECOND_FACTOR), "request_options")["publicKey"].clone();
        let login = options(&lab.app().get(LOGIN), "request_options")["publicKey"].clone();
        assert_eq!(create["excludeCredentials"][0]["transports"], transports);
        for options in [&proof, &factor] {
            assert_eq!(options["allowCredentials"][0]["transports"], transports);
        }
        for options in [create, proof, factor, login] {
            assert_eq!(options["timeout"], timeout);
        }
    }
}

#[test]
fn challenges_for_anonymous_clients_are_limited_by_ip_address() {
    let lab = Lab::start(&[&SETTINGS[..], &[("MFA_RATE_LIMITS", r#"{"webauthn_challenge": "3/m/ip"}"#)]].concat());
    let mut user = lab.app();
    lab.user(&mut user, EMAIL);
    for _ in 0..5 {
        assert_eq!(user.get(LOGIN).status, 200, "logged-in users are not limited");
    }
    let mut stranger = lab.app();
    let statuses = [0; 5].map(|_| stranger.get(LOGIN).status);
    assert_eq!(statuses, [200, 200, 200, 429, 429], "an anonymous session is limited");
    let reply = lab.app().get(LOGIN);
    assert_eq!((reply.status, &reply.json["meta"]), (429, &json!(null)), "no session is created: {}", reply.text);
    assert_eq!(user.get(LOGIN).status, 200);
    lab.advance(61);
    assert_eq!(lab.app().get(LOGIN).status, 200);
}

#[test]
fn sites_on_other_domains_are_accepted_and_published_for_browsers() {
    let path = "/.well-known/webauthn";
    let own = ("MFA_WEBAUTHN_ORIGINS", r#"["https://app.example.com", "https://example.com"]"#);
    for settings in [&[][..], &[own]] {
        assert_eq!(
            call(&lab(settings).url, "GET", path, &[], None).status,
            404,
            "all origins are on the domain of the relying party"
        );
    }
    let more = ("MFA_WEBAUTHN_ORIGINS", r#"["https://app.example.com", "https://example.de"]"#);
    let lab = lab(&[more]);
    let reply = call(&lab.url, "GET", path, &[], None);
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    assert_eq!(reply.json, json!({"origins": ["https://app.example.com", "https://example.de"]}));
    assert_eq!(call(&lab.url, "POST", path, &[], None).status, 405);
    let mut device = device(1);
    device.origin = "https://example.de".to_owned();
    with_passkey(&lab, &mut lab.app(), EMAIL, &mut device);
    accepted(&lab, &mut device);
    device.origin = "https://example.fr".to_owned();
    refused(&lab, &mut device);
    let off = Lab::start(&[more, ("MFA_WEBAUTHN_RP_ID", "example.com")]);
    assert_eq!(call(&off.url, "GET", path, &[], None).status, 404, "security keys are off");
}
