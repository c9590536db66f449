//! Tests of addresses, numbers, names, codes and passwords as users type them, and as keyboards and clipboards send
//! them.

use crate::lab::{Client, Lab, PASSWORD, Reply, at_once, call, code_of};
use serde_json::{Value, json};

const OFF: (&str, &str) = ("ACCOUNT_RATE_LIMITS", "false");
const USERNAMES: (&str, &str) = ("ACCOUNT_USER_MODEL_USERNAME_FIELD", "username");
const NEW: &str = "another-Zebra-77-staple";
/// An address as a user types it. [`DELIVERED`] is the same mailbox in the form that mail is sent to.
const TYPED: &str = "ada@müller.example";
const DELIVERED: &str = "ada@xn--mller-kva.example";
const SPELLINGS: [&str; 6] = [
    "ada@müller.example",
    "Ada@MÜLLER.example",
    "ada@mu\u{308}ller.example",
    "ada@xn--mller-kva.example",
    "ada@ｍüller.example",
    "ada@müller。example",
];
/// Texts that are not addresses, and addresses that cannot receive mail.
const UNREACHABLE: [&str; 6] =
    ["\"quoted\"@example.com", "a@[127.0.0.1]", "a@[::1]", "a@b\u{2024}com.de", "ä@example.com", "a@xn--a.example"];

fn flat(lab: &Lab, path: &str, body: Value) -> Reply {
    let json = [("content-type", "application/json")];
    call(&lab.url, "POST", &format!("/auth{path}"), &json, Some(body.to_string()))
}

fn names(email: &str) -> Value {
    json!({"email": email, "password1": PASSWORD, "password2": PASSWORD, "first_name": "Ada", "last_name": "Lovelace"})
}

#[test]
fn an_address_that_cannot_receive_mail_is_refused_everywhere() {
    let lab = Lab::start(&[
        OFF,
        ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE", "true"),
    ]);
    let mut ada = lab.app();
    lab.user(&mut ada, "ada@example.com");
    let mut waiting = lab.app();
    waiting.post("auth/signup", json!({"email": "grace@example.com", "password": PASSWORD}));
    let mails = lab.all_mails().len();
    let (too_long, longer) = (format!("{}@example.com", "x".repeat(243)), format!("{}@example.com", "x".repeat(300)));
    for email in UNREACHABLE.iter().copied().chain([too_long.as_str(), longer.as_str()]) {
        let code = if email.len() > 254 { "email:max_length" } else { "email:invalid" };
        let given = json!({"email": email, "password": PASSWORD});
        let is_refused = |reply: Reply| assert_eq!((reply.status, reply.errors()), (400, vec![code.to_owned()]));
        is_refused(lab.app().post("auth/signup", given.clone()));
        is_refused(lab.app().post("auth/code/request", given.clone()));
        is_refused(lab.app().post("auth/password/request", given.clone()));
        is_refused(ada.post("account/email", given.clone()));
        is_refused(waiting.post("account/email", given.clone()));
        assert_eq!(flat(&lab, "/signup/", given.clone()).status, 400, "{email}");
        assert_eq!(flat(&lab, "/password/reset/", given).status, 400, "{email}");
        let reply = lab.bearer().post("registration/", names(email));
        assert!(reply.status == 400 && reply.json["email"].is_array(), "{email}: {}", reply.text);
        assert_eq!(lab.bearer().post("password/reset/", json!({"email": email})).status, 400, "{email}");
    }
    assert_eq!(lab.all_mails().len(), mails, "no mail is sent");
}

#[test]
fn an_address_has_at_most_254_characters_and_is_never_truncated() {
    let lab = Lab::start(&[OFF]);
    let longest = format!("{}@example.com", "x".repeat(242));
    assert_eq!(longest.len(), 254);
    lab.user(&mut lab.app(), &longest);
    for longer in [255, 300, 320] {
        let email = format!("{}@example.com", "x".repeat(longer - 12));
        let reply = lab.app().post("auth/signup", json!({"email": email, "password": PASSWORD}));
        assert_eq!((reply.status, reply.errors()), (400, vec!["email:max_length".to_owned()]));
    }
    assert_eq!(lab.all_mails().len(), 1);
}

#[test]
fn one_mailbox_is_one_account_however_its_domain_is_spelled() {
    let lab = Lab::start(&[OFF, ("ACCOUNT_PREVENT_ENUMERATION", "false")]);
    let mut ada = lab.app();
    let reply = ada.post("auth/signup", json!({"email": TYPED, "password": PASSWORD}));
    assert_eq!(reply.status, 401);
    ada.post("auth/email/verify", json!({"key": lab.mail(DELIVERED).key()}));
    for email in SPELLINGS {
        let given = json!({"email": email, "password": PASSWORD});
        assert_eq!(lab.app().post("auth/signup", given.clone()).errors(), ["email:email_taken"], "{email}");
        assert_eq!(flat(&lab, "/signup/", given.clone()).status, 400, "{email}");
        assert_eq!(lab.bearer().post("registration/", names(email)).status, 400, "{email}");
        assert_eq!(lab.app().post("auth/login", given.clone()).status, 200, "{email}");
        assert_eq!(flat(&lab, "/login/", given).status, 200, "{email}");
        assert_eq!(lab.bearer().login(email, PASSWORD).status, 200, "{email}");
    }
    ada.post("auth/login", json!({"email": SPELLINGS[3], "password": PASSWORD}));
    for email in SPELLINGS {
        assert_eq!(ada.post("account/email", json!({"email": email})).errors(), ["email:duplicate_email"], "{email}");
    }
    let shown = &ada.get("account/email").json["data"];
    assert_eq!(
        (shown.as_array().unwrap().len(), &shown[0]["email"]),
        (1, &json!(TYPED)),
        "the list shows the address as it was typed"
    );
}

#[test]
fn of_simultaneous_signups_with_different_spellings_one_creates_an_account() {
    let lab = Lab::start(&[OFF, ("ACCOUNT_PREVENT_ENUMERATION", "false")]);
    let replies = at_once(SPELLINGS.len(), |place| {
        lab.app().post("auth/signup", json!({"email": SPELLINGS[place], "password": PASSWORD}))
    });
    let made = replies.iter().filter(|reply| reply.status == 401).count();
    let taken = replies.iter().filter(|reply| reply.errors() == ["email:email_taken"]).count();
    assert_eq!((made, taken), (1, SPELLINGS.len() - 1));
    assert_eq!(lab.all_mails().len(), 1);
}

#[test]
fn a_reset_by_another_spelling_applies_to_the_same_account() {
    let lab = Lab::start(&[OFF, ("ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", "true")]);
    lab.app().post("auth/signup", json!({"email": TYPED, "password": PASSWORD}));
    let mut client = lab.app();
    client.post("auth/password/request", json!({"email": SPELLINGS[3]}));
    let key = lab.mail(DELIVERED).key();
    assert_eq!(client.post("auth/password/reset", json!({"key": key, "password": NEW})).status, 401);
    let mut ada = lab.app();
    assert_eq!(ada.post("auth/login", json!({"email": SPELLINGS[2], "password": NEW})).status, 200);
    let shown = ada.get("account/email").json["data"].clone();
    assert_eq!(shown, json!([{"email": TYPED, "verified": true, "primary": true}]));
}

#[test]
fn all_spellings_of_an_address_share_one_limit() {
    let lab = Lab::start(&[("ACCOUNT_RATE_LIMITS", r#"{"reset_password": "2/m/key", "login_failed": "2/m/key"}"#)]);
    let reset = |email: &str| lab.app().post("auth/password/request", json!({"email": email})).status;
    let statuses = SPELLINGS.map(reset);
    assert_eq!(statuses, [200, 200, 429, 429, 429, 429]);
    assert_eq!(lab.bearer().post("password/reset/", json!({"email": TYPED})).status, 429);
    assert_eq!(flat(&lab, "/password/reset/", json!({"email": TYPED})).status, 429);
    let login = |email: &str| lab.app().post("auth/login", json!({"email": email, "password": "wrong"})).errors();
    let mut refused = SPELLINGS.map(login).concat();
    refused.dedup();
    assert_eq!(refused, ["password:email_password_mismatch", ":too_many_login_attempts"]);
}

/// Earlier versions stored an address with an international domain under the typed form.
#[test]
fn an_account_under_an_earlier_key_is_found_and_its_address_moves() {
    if std::env::var_os("LATCHKEY_TEST_TABLE").is_some() {
        return; // the items are moved in the embedded table's file
    }
    let lab = Lab::start(&[OFF, ("ACCOUNT_EMAIL_VERIFICATION", "optional")]);
    lab.app().post("auth/signup", json!({"email": TYPED, "password": PASSWORD}));
    let key = lab.mail(DELIVERED).key();
    let lab = lab.restart_with_partition_moved(&format!("EMAIL#{DELIVERED}"), &format!("EMAIL#{TYPED}"));
    for email in [TYPED, DELIVERED, "ADA@Müller.example"] {
        let given = json!({"email": email, "password": PASSWORD});
        assert_eq!(lab.app().post("auth/login", given.clone()).status, 200, "{email}");
        assert_eq!(lab.app().post("auth/signup", given).errors(), ["email:email_taken"], "{email}");
    }
    assert_eq!(lab.app().post("auth/email/verify", json!({"key": key})).status, 401);
    let login = || drop(lab.app().post("auth/login", json!({"email": DELIVERED, "password": PASSWORD})));
    assert_eq!(lab.trips(login).len(), 3, "both keys are read in one round trip");
    // The claim has moved to the current key, so the account is no longer found when that key is moved away.
    let lab = lab.restart_with_partition_moved(&format!("EMAIL#{DELIVERED}"), "EMAIL#elsewhere");
    let reply = lab.app().post("auth/login", json!({"email": TYPED, "password": PASSWORD}));
    assert_eq!(reply.status, 400, "nothing remains under the old key");
}

#[test]
fn the_user_who_verifies_an_address_owns_it_despite_a_claim_under_an_earlier_key() {
    if std::env::var_os("LATCHKEY_TEST_TABLE").is_some() {
        return; // the items are moved in the embedded table's file
    }
    let optional = ("ACCOUNT_EMAIL_VERIFICATION", "optional");
    let lab = Lab::start(&[OFF, optional, ("ACCOUNT_PREVENT_ENUMERATION", "strict")]);
    let signup = |lab: &Lab, email: &str, password: &str| {
        lab.app().post("auth/signup", json!({"email": email, "password": password})).status
    };
    let login = |lab: &Lab, password: &str| {
        lab.app().post("auth/login", json!({"email": DELIVERED, "password": password})).status
    };
    assert_eq!(signup(&lab, TYPED, PASSWORD), 200);
    let lab = lab.restart_with_partition_moved(&format!("EMAIL#{DELIVERED}"), &format!("EMAIL#{TYPED}"));
    assert_eq!(signup(&lab, DELIVERED, NEW), 200);
    assert_eq!((login(&lab, PASSWORD), login(&lab, NEW)), (200, 200), "each user logs in with their own password");
    let key = lab.mail(DELIVERED).key();
    assert_eq!(lab.app().post("auth/email/verify", json!({"key": key})).status, 401);
    assert_eq!(
        (login(&lab, PASSWORD), login(&lab, NEW)),
        (400, 200),
        "only the user who verified the address can use it"
    );
}

#[test]
fn a_plain_address_needs_no_additional_request() {
    let lab = Lab::start(&[OFF]);
    let login = |email: &str| {
        lab.trips(|| drop(lab.app().post("auth/login", json!({"email": email, "password": PASSWORD})))).concat().len()
    };
    assert_eq!((login("nobody@example.com"), login("nobody@müller.example")), (2, 3));
}

/// DynamoDB limits partition keys to 2,048 bytes.
#[test]
fn a_value_that_is_too_long_for_a_key_is_a_client_error() {
    let lab = Lab::start(&[
        OFF,
        USERNAMES,
        ("ACCOUNT_LOGIN_METHODS", r#"["username", "email", "phone"]"#),
        ("ACCOUNT_SIGNUP_FIELDS", r#"["username", "email*", "phone", "password1*"]"#),
        ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
        ("MFA_PASSKEY_LOGIN_ENABLED", "true"),
        ("JWT_ALLAUTH_MFA_TOTP_MODE", "optional"),
    ]);
    for long in ["x".repeat(2_100), "x".repeat(100_000), "ﷺ".repeat(150), "ä".repeat(1_500), "1".repeat(2_100)] {
        let email = format!("{long}@example.com");
        let number = format!("+{long}");
        let (mut app, mut bearer) = (lab.app(), lab.bearer());
        let mut replies = Vec::new();
        for value in [&long, &email, &number] {
            for field in ["username", "email", "phone"] {
                let given = json!({field: value, "password": PASSWORD});
                for path in ["auth/login", "auth/signup", "auth/code/request", "auth/password/request"] {
                    replies.push((path, lab.app().post(path, given.clone())));
                }
                for path in ["/login/", "/signup/", "/password/reset/"] {
                    replies.push((path, flat(&lab, path, given.clone())));
                }
            }
        }
        for path in ["auth/email/verify", "auth/password/reset", "auth/phone/verify", "auth/code/confirm"] {
            replies.push((path, app.post(path, json!({"key": long, "code": long, "password": PASSWORD}))));
        }
        for path in ["/email/verify/", "/password/reset/confirm/", "/mfa/authenticate/"] {
            let given = json!({"key": long, "code": long, "token": long, "password": PASSWORD});
            replies.push((path, flat(&lab, path, given)));
        }
        let credential = json!({"id": long, "rawId": long, "type": "public-key", "response": {
            "clientDataJSON": long, "authenticatorData": long, "signature": long, "userHandle": long}});
        app.get("auth/webauthn/login");
        replies.push(("webauthn", app.post("auth/webauthn/login", json!({"credential": credential}))));
        let token = json!({"provider": long, "process": "login", "token": {"client_id": long, "id_token": long}});
        replies.push(("auth/provider/token", lab.app().post("auth/provider/token", token)));
        replies.push(("tokens/refresh", lab.app().post("tokens/refresh", json!({"refresh_token": long}))));
        replies.push(("login/", bearer.login(&long, PASSWORD)));
        replies.push(("login/", bearer.login(&email, PASSWORD)));
        replies.push(("registration/", bearer.register(&email)));
        replies.push(("password/reset/", bearer.post("password/reset/", json!({"email": email}))));
        replies.push(("refresh/", bearer.post("refresh/", json!({"refresh": long}))));
        let challenge =
            json!({"challenge_id": long, "setup_challenge_id": long, "code": "123456", "recovery_code": long});
        for path in ["mfa/verify/", "mfa/verify-recovery/", "mfa/activate/", "mfa/setup/"] {
            replies.push((path, bearer.post(path, challenge.clone())));
        }
        for (path, reply) in replies {
            assert!((400..500).contains(&reply.status), "{path}: {} {}", reply.status, reply.text);
        }
        if long.is_ascii() && long.len() < 3_000 {
            let mut session = lab.app();
            session.token = Some(long.clone());
            assert!(session.get("auth/session").status < 500);
            for path in [
                format!("/jwt-allauth/registration/verification/{long}/"),
                format!("/jwt-allauth/password/reset/confirm/{long}/{long}/"),
                format!("/accounts/oidc/op/login/callback/?state={long}&code={long}"),
            ] {
                assert!(lab.app().send("GET", &path, None, &[]).status < 500, "{path}");
            }
            for header in ["x-email-verification-key", "x-password-reset-key"] {
                let path = if header.contains("email") { "auth/email/verify" } else { "auth/password/reset" };
                assert!(lab.app().get_with(path, (header, &long)).status < 500, "{header}");
            }
        }
    }
    let reply = lab.app().post("auth/login", json!({"username": "x".repeat(2_100), "password": PASSWORD}));
    assert_eq!(
        reply.errors(),
        ["password:username_password_mismatch"],
        "a long name gets the same answer as an unknown one"
    );
}

/// Returns the forms in which users type or paste a code.
fn typed_codes(code: &str) -> Vec<String> {
    let plain = code.replace('-', "");
    let (left, right) = plain.split_at(plain.len() / 2);
    let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).unwrap();
    let mut typed =
        ["\u{2013}", "\u{2011}", "\u{2212}", "\u{a0}", " ", "\u{200b}"].map(|it| format!("{left}{it}{right}")).to_vec();
    typed.push(format!("\u{200b}{plain}\u{feff}"));
    typed.push(plain.chars().map(wide).collect());
    typed.push(plain.to_lowercase());
    typed
}

#[test]
fn a_mailed_code_works_as_users_type_it() {
    let lab = Lab::start(&[
        OFF,
        ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
    ]);
    for place in 0..typed_codes("BBBB-BBBB").len() {
        let email = format!("ada{place}@example.com");
        let code = || typed_codes(&lab.mail(&email).key()).swap_remove(place);
        let mut client = lab.app();
        client.post("auth/signup", json!({"email": email, "password": PASSWORD}));
        let code_typed = code();
        let reply = client.post("auth/email/verify", json!({"key": code_typed}));
        assert_eq!(reply.status, 200, "{code_typed:?}: {}", reply.text);
        let mut client = lab.app();
        client.post("auth/code/request", json!({"email": email}));
        assert_eq!(client.post("auth/code/confirm", json!({"code": code()})).status, 200);
        let mut client = lab.app();
        client.post("auth/password/request", json!({"email": email}));
        assert_eq!(client.post("auth/password/reset", json!({"key": code(), "password": NEW})).status, 401);
        let token = flat(&lab, "/password/reset/", json!({"email": email})).json["flow_token"].clone();
        let reply =
            flat(&lab, "/password/reset/confirm/", json!({"token": token, "key": code(), "password": PASSWORD}));
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}

#[test]
fn the_code_of_an_app_and_a_recovery_code_work_as_users_type_them() {
    let lab = Lab::start(&[OFF, ("EMAIL_VERIFICATION", "none"), ("JWT_ALLAUTH_MFA_TOTP_MODE", "optional")]);
    let email = "ada@example.com";
    let mut owner = lab.bearer();
    owner.register(email);
    let secret = owner.post("mfa/setup/", json!({})).json["secret"].as_str().unwrap().to_owned();
    let spaced = |code: String| format!("{} {}", &code[..3], &code[3..]);
    let reply = owner.post("mfa/activate/", json!({"code": spaced(code_of(&secret, lab.now()))}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    let codes = serde_json::from_value::<Vec<String>>(reply.json["recovery_codes"].clone()).unwrap();
    let credentials = json!({"email": email, "password": PASSWORD});
    for (place, recovery_code) in codes.iter().take(typed_codes("123456").len()).enumerate() {
        let now = |lab: &Lab| {
            lab.advance(61);
            typed_codes(&code_of(&secret, lab.now())).swap_remove(place)
        };
        let mut client = lab.bearer();
        let challenge = client.login(email, PASSWORD).json["challenge_id"].clone();
        let reply = client.post("mfa/verify/", json!({"challenge_id": challenge, "code": now(&lab)}));
        assert_eq!(reply.status, 200, "{}", reply.text);
        let challenge = client.login(email, PASSWORD).json["challenge_id"].clone();
        let code = typed_codes(recovery_code).swap_remove(place);
        let reply = client.post("mfa/verify-recovery/", json!({"challenge_id": challenge, "recovery_code": code}));
        assert_eq!(reply.status, 200, "{}", reply.text);
        let mut app = lab.app();
        app.post("auth/login", credentials.clone());
        assert_eq!(app.post("auth/2fa/authenticate", json!({"code": now(&lab)})).status, 200);
        let token = flat(&lab, "/login/", credentials.clone()).json["mfa_token"].clone();
        assert_eq!(flat(&lab, "/mfa/authenticate/", json!({"token": token, "code": now(&lab)})).status, 200);
    }
}

const BY_PHONE: [(&str, &str); 5] = [
    OFF,
    ("ACCOUNT_LOGIN_METHODS", r#"["phone"]"#),
    ("ACCOUNT_SIGNUP_FIELDS", r#"["phone*", "password1*"]"#),
    ("ACCOUNT_EMAIL_VERIFICATION", "none"),
    ("ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", "true"),
];
const NUMBER: &str = "+31612345678";
const NUMBERS: [&str; 6] = [
    NUMBER,
    "+31 6 1234 5678",
    "+31 (0)6-12345678",
    "0031612345678",
    "tel:+31-6-1234-5678",
    "\u{202a}+31 6\u{2011}12345678\u{202c}",
];

fn with_phone(lab: &Lab, typed: &str) -> Client {
    let mut client = lab.app();
    let reply = client.post("auth/signup", json!({"phone": typed, "password": PASSWORD}));
    assert_eq!(reply.status, 401, "{}", reply.text);
    client.post("auth/phone/verify", json!({"code": lab.sms(NUMBER)}));
    client
}

#[test]
fn all_spellings_of_a_phone_number_are_the_same_number() {
    let lab = Lab::start(&BY_PHONE);
    let mut ada = with_phone(&lab, NUMBERS[2]);
    assert_eq!(ada.get("account/phone").json["data"], json!([{"phone": NUMBER, "verified": true}]));
    for typed in NUMBERS {
        let given = json!({"phone": typed, "password": PASSWORD});
        assert_eq!(lab.app().post("auth/login", given.clone()).status, 200, "{typed}");
        assert_eq!(flat(&lab, "/login/", given).status, 200, "{typed}");
        assert_eq!(ada.post("account/phone", json!({"phone": typed})).errors(), ["phone:same_as_current"], "{typed}");
    }
    for nonsense in ["06 12345678", "+31 6 CALL ME", "+31612345678 ext. 7"] {
        let reply = lab.app().post("auth/login", json!({"phone": nonsense, "password": PASSWORD}));
        assert_eq!(reply.errors(), ["phone:invalid_phone"], "{nonsense}");
    }
}

#[test]
fn a_service_with_only_phone_numbers_resets_passwords_by_code() {
    let lab = Lab::start(&BY_PHONE);
    with_phone(&lab, NUMBER);
    let login = |password: &str| lab.app().post("auth/login", json!({"phone": NUMBER, "password": password})).status;
    assert_eq!(lab.app().post("auth/password/request", json!({})).errors(), ["phone:required"]);
    let mut client = lab.app();
    let reply = client.post("auth/password/request", json!({"phone": NUMBERS[1]}));
    assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("password_reset_by_code")), "{}", reply.text);
    let code = lab.sms(NUMBER);
    let reply = client.get_with("auth/password/reset", ("x-password-reset-key", &code));
    assert_eq!(reply.status, 200, "{}", reply.text);
    let reset =
        |client: &mut Client, key: &str| client.post("auth/password/reset", json!({"key": key, "password": NEW}));
    assert_eq!(reset(&mut client, &code).status, 401);
    assert_eq!((login(PASSWORD), login(NEW)), (400, 200));
    assert_eq!(reset(&mut client, &code).status, 409, "a code works once");

    let reply = flat(&lab, "/password/reset/", json!({"phone": NUMBER}));
    let key = json!({"token": reply.json["flow_token"], "key": lab.sms(NUMBER), "password": PASSWORD});
    assert_eq!(flat(&lab, "/password/reset/confirm/", key).status, 200);
    assert_eq!((login(PASSWORD), login(NEW)), (200, 400));
}

#[test]
fn a_reset_by_phone_does_not_reveal_who_has_the_number() {
    let lab = Lab::start(&BY_PHONE);
    with_phone(&lab, NUMBER);
    let walk = |phone: &str| {
        let mut client = lab.app();
        let first = client.post("auth/password/request", json!({"phone": phone}));
        let mut seen = vec![(first.status, first.pending().map(|it| vec![it]).unwrap_or_default())];
        for _ in 0..4 {
            let reply = client.post("auth/password/reset", json!({"key": "BBBB-BBBB", "password": NEW}));
            seen.push((reply.status, reply.errors()));
        }
        let trips = lab.trips(|| drop(lab.app().post("auth/password/request", json!({"phone": phone}))));
        (seen, trips)
    };
    assert_eq!(walk(NUMBER), walk("+31687654321"));
    let limited =
        Lab::start(&[&BY_PHONE[1..], &[("ACCOUNT_RATE_LIMITS", r#"{"reset_password": "2/m/key"}"#)]].concat());
    let reset = |phone: &str| limited.app().post("auth/password/request", json!({"phone": phone})).status;
    assert_eq!([NUMBERS[0], NUMBERS[1], NUMBERS[2]].map(reset), [401, 401, 429], "one number, one limit");
}

/// NIST SP 800-63B-4, section 3.1.1.2: a phone sends composed letters, a desktop decomposed ones.
#[test]
fn a_password_is_the_same_in_every_encoding_of_its_letters() {
    let (composed, decomposed) =
        ("gr\u{fc}\u{df}e-an-r\u{e9}n\u{e9}e-42", "gru\u{308}\u{df}e-an-re\u{301}ne\u{301}e-42");
    let lab = Lab::start(&[OFF, ("ACCOUNT_EMAIL_VERIFICATION", "none"), ("EMAIL_VERIFICATION", "none")]);
    for (email, set) in [("a@example.com", composed), ("b@example.com", decomposed)] {
        lab.app().post("auth/signup", json!({"email": email, "password": set}));
        for typed in [composed, decomposed] {
            let given = json!({"email": email, "password": typed});
            let mut client = lab.app();
            assert_eq!(client.post("auth/login", given.clone()).status, 200);
            assert_eq!(client.post("auth/reauthenticate", json!({"password": typed})).status, 200);
            assert_eq!(flat(&lab, "/login/", given).status, 200);
            assert_eq!(lab.bearer().login(email, typed).status, 200);
        }
        let plain = json!({"email": email, "password": "grusse-an-renee-42"});
        assert_eq!(lab.app().post("auth/login", plain).status, 400);
    }
}

const BOTH: [(&str, &str); 5] = [
    USERNAMES,
    ("ACCOUNT_LOGIN_METHODS", r#"["username", "email"]"#),
    ("ACCOUNT_SIGNUP_FIELDS", r#"["username*", "email*", "password1*"]"#),
    ("ACCOUNT_EMAIL_VERIFICATION", "none"),
    ("ACCOUNT_RATE_LIMITS", "false"),
];

fn login(lab: &Lab, username: &str) -> Reply {
    lab.app().post("auth/login", json!({"username": username, "password": PASSWORD}))
}

#[test]
fn a_username_is_the_same_in_every_case_and_encoding() {
    let lab = Lab::start(&BOTH);
    let signup = |name: &str, email: &str| {
        lab.app().post("auth/signup", json!({"username": name, "email": email, "password": PASSWORD}))
    };
    for (place, name) in ["Zoe\u{308}", "Straße", "ΐωτα", "ᾳδα", "Žofie"].into_iter().enumerate() {
        let reply = signup(name, &format!("user{place}@example.com"));
        assert_eq!(reply.status, 200, "{name}: {}", reply.text);
        for same in [name.to_owned(), name.to_uppercase(), name.to_lowercase()] {
            assert_eq!(login(&lab, &same).status, 200, "{name} as {same}");
        }
        for same in [name.to_owned(), name.to_lowercase()] {
            assert_eq!(signup(&same, "other@example.com").errors(), ["username:username_taken"], "{name} as {same}");
        }
    }
    assert_eq!(login(&lab, "zo\u{eb}").status, 200, "composed");
    assert_eq!(login(&lab, "zoe").status, 400);
}

/// Earlier versions normalized names in another way.
#[test]
fn a_username_under_an_earlier_key_is_found() {
    if std::env::var_os("LATCHKEY_TEST_TABLE").is_some() {
        return; // the items are moved in the embedded table's file
    }
    let lab = Lab::start(&BOTH);
    let given = json!({"username": "Straße", "email": "ada@example.com", "password": PASSWORD});
    assert_eq!(lab.app().post("auth/signup", given).status, 200);
    let lab = lab.restart_with_partition_moved("NAME#strasse", "NAME#straße");
    assert_eq!(login(&lab, "STRAßE").status, 200);
    let given = json!({"username": "straße", "email": "grace@example.com", "password": PASSWORD});
    assert_eq!(lab.app().post("auth/signup", given).errors(), ["username:username_taken"]);
}

/// Many clients have one field for both.
#[test]
fn an_address_in_the_username_field_logs_in() {
    let lab = Lab::start(&BOTH);
    let given = json!({"username": "ada", "email": "ada@example.com", "password": PASSWORD});
    assert_eq!(lab.app().post("auth/signup", given).status, 200);
    // A username can look like an address. The address is tried first.
    let given = json!({"username": "ada@example.com", "email": "eve@example.com", "password": NEW});
    lab.app().post("auth/signup", given);
    let mut client = lab.app();
    let reply = client.post("auth/login", json!({"username": "Ada@Example.com", "password": PASSWORD}));
    assert_eq!((reply.status, &reply.json["data"]["user"]["username"]), (200, &json!("ada")), "{}", reply.text);
    let method = &reply.json["data"]["methods"][0];
    assert_eq!((&method["username"], &method["email"]), (&json!("Ada@Example.com"), &Value::Null));
    assert_eq!(flat(&lab, "/login/", json!({"username": "ada@example.com", "password": PASSWORD})).status, 200);
    let other = lab.app().post("auth/login", json!({"username": "ada@example.com", "password": NEW}));
    assert_eq!(other.json["data"]["user"]["email"], "eve@example.com");
    let wrong = lab.app().post("auth/login", json!({"username": "ada@example.com", "password": "wrong"}));
    assert_eq!(wrong.errors(), ["password:username_password_mismatch"]);
    let names_alone = lab.restart_with(&[("ACCOUNT_LOGIN_METHODS", r#"["username"]"#)]);
    assert_eq!(login(&names_alone, "ada").status, 200);
    assert_eq!(
        login(&names_alone, "ada@example.com").status,
        400,
        "without the login method email, an address is only a username"
    );
}

/// The two fields share one limit.
#[test]
fn failures_with_either_field_count_together() {
    let limits = ("ACCOUNT_RATE_LIMITS", r#"{"login_failed": "2/m/key"}"#);
    let lab = Lab::start(&[&BOTH[..4], &[limits]].concat());
    let fail =
        |field: &str| lab.app().post("auth/login", json!({field: "ada@example.com", "password": "wrong"})).errors();
    assert_eq!(fail("email"), ["password:email_password_mismatch"]);
    assert_eq!(fail("username"), ["password:username_password_mismatch"]);
    assert_eq!(fail("username"), [":too_many_login_attempts"]);
    assert_eq!(fail("email"), [":too_many_login_attempts"]);
}
