//! Attacks that combine several APIs, one story each.

mod second_factors;

use super::apis::{APIS, Api, EMAIL, NEW, Visitor, verified};
use super::identity_provider::IdentityProvider;
use crate::lab::{Bearer, Client, Lab, Mail, PASSWORD, Reply, code_of};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const OFF: (&str, &str) = ("ACCOUNT_RATE_LIMITS", "false");
const JWT_MFA: (&str, &str) = ("JWT_ALLAUTH_MFA_TOTP_MODE", "optional");
/// Rate limits that restrict only guesses.
const GUESSES: (&str, &str) = (
    "ACCOUNT_RATE_LIMITS",
    r#"{"login_failed": "5/5m/key", "login": "9999/m/ip", "signup": "9999/m/ip", "confirm_email": "9999/m/key",
        "reset_password": "9999/m/key", "reset_password_from_key": "9999/m/ip", "manage_email": "9999/m/user",
        "request_login_code": "9999/m/key", "change_password": "9999/m/user", "reauthenticate": "9999/m/user"}"#,
);
const SECOND: &str = "second@example.com";
const STRANGER: &str = "mallory@example.com";

fn lab(settings: &[(&str, &str)]) -> Lab {
    Lab::with_accounts(&json!([verified()]), settings)
}

fn entered(lab: &Lab, api: Api) -> Visitor<'_> {
    let mut visitor = Visitor::new(lab, api);
    assert_eq!(visitor.enter(EMAIL, PASSWORD), "in", "{api:?}");
    visitor
}

/// Returns whether logins to the account need a second factor.
fn has_factor(lab: &Lab) -> bool {
    Visitor::new(lab, Api::App).enter(EMAIL, PASSWORD) == "mfa_authenticate"
}

fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// An access token that is checked without the table stays valid for some minutes after its session has ended. Such a
/// token must not allow changes.
#[test]
fn a_stale_access_token_of_the_jwt_api_changes_nothing() {
    let mut account = verified();
    account["role"] = json!(1000);
    account["first_name"] = json!("Ada");
    let settings = [OFF, JWT_MFA, ("JWT_ALLAUTH_INVITATIONS", "true"), ("JWT_ALLAUTH_USER_PUT_ENABLED", "true")];
    for with_factor in [false, true] {
        let lab = Lab::with_accounts(&json!([account]), &settings);
        let mut thief = entered(&lab, Api::Jwt);
        if with_factor {
            thief.enroll();
        } else {
            thief.begin_app();
        }
        let mut owner = Visitor::new(&lab, Api::App);
        let mail = owner.forget(EMAIL).unwrap();
        owner.reset(&mail, NEW);
        lab.advance(60);
        let code = thief.secret.as_deref().map_or("123456".to_owned(), |secret| code_of(secret, lab.now()));
        let changes = [
            ("POST", "mfa/setup/", json!({})),
            ("POST", "mfa/activate/", json!({"code": code})),
            ("POST", "mfa/deactivate/", json!({"password": NEW})),
            ("PATCH", "user/", json!({"first_name": "Mallory"})),
            ("PUT", "user/", json!({"first_name": "Mallory", "last_name": "M"})),
            (
                "POST",
                "password/change/",
                json!({"old_password": NEW, "new_password1": PASSWORD, "new_password2": PASSWORD}),
            ),
            ("POST", "logout-all/", json!({})),
            ("POST", "logout/", json!({})),
            ("POST", "refresh/", json!({})),
            (
                "POST",
                "registration/user-register/",
                json!({"email": STRANGER, "first_name": "M", "last_name": "M", "role": 1000}),
            ),
        ];
        let before = entered_with(&lab, with_factor.then_some(&thief));
        for (method, path, body) in changes {
            let reply = thief.bearer.send(method, path, Some(body.to_string()));
            let expected: &[u16] = if path == "logout/" { &[400, 401] } else { &[401] };
            assert!(expected.contains(&reply.status), "{method} {path}: {} {}", reply.status, reply.text);
        }
        assert!(lab.mails(STRANGER).is_empty());
        let mut owner = before;
        assert!(owner.is_in(), "the owner is still logged in");
        assert_eq!(owner.bearer.get("user/").json["first_name"], "Ada");
        let factors = owner.bearer.get("mfa/authenticators/").json;
        assert_eq!(factors.to_string().contains("totp"), with_factor, "{factors}");
    }
}

/// Logs the owner in to the JWT API with the new password. If the thief set up a second factor, the code is the
/// thief's.
fn entered_with<'a>(lab: &'a Lab, thief: Option<&Visitor<'_>>) -> Visitor<'a> {
    let mut owner = Visitor::new(lab, Api::Jwt);
    owner.login(EMAIL, NEW);
    if let Some(thief) = thief {
        let reply = owner.show(&code_of(thief.secret.as_deref().unwrap(), lab.now()));
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    assert!(owner.is_in());
    owner
}

#[test]
fn a_stale_access_token_of_the_other_apis_changes_nothing() {
    let lab = lab(&[OFF, ("HEADLESS_TOKEN_STRATEGY", "jwt")]);
    let mut flat = entered(&lab, Api::Flat);
    flat.begin_app();
    let secret = flat.secret.clone().unwrap();
    let mut app = lab.app();
    let reply = app.post("auth/login", json!({"email": EMAIL, "password": PASSWORD}));
    let access = reply.json["meta"]["access_token"].as_str().unwrap_or_else(|| panic!("{}", reply.text)).to_owned();
    let refresh = reply.json["meta"]["refresh_token"].clone();

    let mut owner = Visitor::new(&lab, Api::Jwt);
    let mail = owner.forget(EMAIL).unwrap();
    owner.reset(&mail, NEW);
    let code = code_of(&secret, lab.now());
    for (method, path, body) in [
        ("GET", "user/", json!({})),
        ("POST", "logout/", json!({})),
        ("POST", "mfa/totp/add/", json!({})),
        ("POST", "mfa/totp/confirm/", json!({"secret": secret, "code": code})),
        ("POST", "password/change/", json!({"current_password": NEW, "new_password": PASSWORD})),
    ] {
        assert_eq!(flat.flat(method, path, body).status, 401, "{path}");
    }
    let mut stale = lab.app();
    stale.extra.push(("authorization".to_owned(), format!("Bearer {access}")));
    for (method, path, body) in [
        ("GET", "auth/session", json!({})),
        ("GET", "account/authenticators/totp", json!({})),
        ("POST", "account/authenticators/totp", json!({"code": code})),
        ("POST", "account/authenticators/recovery-codes", json!({})),
        ("POST", "account/password/change", json!({"current_password": NEW, "new_password": PASSWORD})),
        ("POST", "account/email", json!({"email": STRANGER})),
        ("POST", "auth/reauthenticate", json!({"password": NEW})),
        ("DELETE", "auth/session", json!({})),
    ] {
        let reply = stale.send(method, path, Some(body.to_string()), &[]);
        // Only a signup in progress can change an address before the login. Otherwise the answer is 409, as in the
        // reference.
        assert!([401, 409, 410].contains(&reply.status), "{method} {path}: {}", reply.text);
    }
    let reply = lab.app().post("tokens/refresh", json!({"refresh_token": refresh}));
    assert!([400, 401].contains(&reply.status), "{}", reply.text);
    assert!(owner.is_in());
    assert_eq!(
        Visitor::new(&lab, Api::App).enter(EMAIL, NEW),
        "in",
        "there is no second factor, and the password is the owner's"
    );
}

#[test]
fn an_inviter_cannot_give_a_role_above_their_own() {
    let person = |email: &str, role: u32| json!({"email": email, "password": PASSWORD, "verified": true, "role": role});
    let accounts = json!([person(EMAIL, 900), person("boss@example.com", 1000), person("plain@example.com", 0)]);
    let lab = Lab::with_accounts(&accounts, &[OFF, ("JWT_ALLAUTH_INVITATIONS", "true")]);
    let invite = |email: &str, role: Value| {
        let mut inviter = lab.bearer();
        inviter.login(email, PASSWORD);
        let body = json!({"email": STRANGER, "first_name": "M", "last_name": "M", "role": role});
        inviter.post("registration/user-register/", body)
    };
    for role in [1000, 901, u32::MAX] {
        let reply = invite(EMAIL, json!(role));
        assert_eq!((reply.status, reply.json["role"].is_array()), (400, true), "{}", reply.text);
    }
    assert!(lab.mails(STRANGER).is_empty());
    assert_eq!(invite("plain@example.com", json!(0)).status, 403);
    for (inviter, role) in [(EMAIL, 0), (EMAIL, 900), ("boss@example.com", 1000)] {
        let reply = invite(inviter, json!(role));
        assert_eq!(reply.status, 201, "{inviter} {role}: {}", reply.text);
    }
    // Only the last invitation works. The earlier ones open nothing.
    let links = lab.mails(STRANGER).iter().map(Mail::link).collect::<Vec<_>>();
    let opened = links.iter().map(|link| lab.bearer().get(link).status).collect::<Vec<_>>();
    assert_eq!(opened, [404, 404, 302]);
}

/// Ada has added a second address by mistake. It belongs to a stranger, and it is not verified.
fn with_second_address(settings: &[(&str, &str)]) -> Lab {
    let lab = lab(&[&[OFF][..], settings].concat());
    let mut ada = entered(&lab, Api::App);
    assert_eq!(ada.client.post("account/email", json!({"email": SECOND})).status, 200);
    lab
}

#[test]
fn an_unverified_second_address_cannot_be_used_to_get_into_the_account() {
    let lab = with_second_address(&[("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true")]);
    for api in APIS {
        assert!(Visitor::new(&lab, api).forget(SECOND).is_none(), "{api:?}");
        assert!(Visitor::new(&lab, api).forget(EMAIL).is_some(), "{api:?}");
    }
    let before = lab.mails(SECOND).len();
    lab.app().post("auth/code/request", json!({"email": SECOND}));
    let mail = lab.mails(SECOND).into_iter().skip(before).last().unwrap();
    assert!(mail.text.contains("there is no account with it"), "{}", mail.text);

    let by_code = [("ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", "true")];
    let lab = with_second_address(&by_code);
    let before = lab.mails(SECOND).len();
    lab.app().post("auth/password/request", json!({"email": SECOND}));
    let mail = lab.mails(SECOND).into_iter().skip(before).last().unwrap();
    assert!(mail.text.contains("there is no account with it"), "{}", mail.text);

    // A login with the second address sends the code to the verified address.
    let lab = with_second_address(&[])
        .restart_with(&[("ACCOUNT_LOGIN_BY_CODE_REQUIRED", "true"), ("EMAIL_VERIFICATION", "none")]);
    let (own, second) = (lab.mails(EMAIL).len(), lab.mails(SECOND).len());
    let mut thief = Visitor::new(&lab, Api::App);
    assert_eq!(thief.enter(SECOND, PASSWORD), "login_by_code");
    assert_eq!((lab.mails(EMAIL).len(), lab.mails(SECOND).len()), (own + 1, second));
}

#[test]
fn a_providers_verified_address_does_not_log_in_to_an_account_that_has_it_unverified() {
    let op = IdentityProvider::start();
    let providers = op.settings(&json!({}));
    let lab = with_second_address(&[
        ("SOCIALACCOUNT_PROVIDERS", providers.as_str()),
        ("SOCIALACCOUNT_EMAIL_AUTHENTICATION", "true"),
        ("SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT", "true"),
    ]);
    let mut ada = entered(&lab, Api::Flat);
    let id = ada.flat("GET", "user/", json!({})).json["user"]["id"].clone();
    let person = json!({"sub": "7", "email": SECOND, "email_verified": true, "name": "Mallory"});
    let mut flat = Visitor::new(&lab, Api::Flat);
    let reply = flat.flat("POST", "providers/op/token/", json!({"id_token": op.id_token(&person)}));
    assert_ne!(reply.json["user"]["id"], id, "{}", reply.text);
    let token = json!({"client_id": super::identity_provider::CLIENT, "id_token": op.id_token(&person)});
    let reply = lab.app().post("auth/provider/token", json!({"provider": "op", "process": "login", "token": token}));
    assert_ne!(reply.json["data"]["user"]["id"], id, "{}", reply.text);
    assert!(ada.is_in(), "Ada's sessions are still valid");
    assert_eq!(Visitor::new(&lab, Api::App).enter(EMAIL, PASSWORD), "in", "Ada's password is still valid");
    // The account's own verified address does log in to it.
    let person = json!({"sub": "8", "email": EMAIL, "email_verified": true, "name": "Ada"});
    let reply = flat.flat("POST", "providers/op/token/", json!({"id_token": op.id_token(&person)}));
    assert_eq!(reply.json["user"]["id"], id, "{}", reply.text);
}

/// ASVS 5.0 6.3.8.
#[test]
fn the_jwt_api_does_not_reveal_who_has_an_account() {
    let lab = lab(&[]);
    let walk = |email: &str, password: &str| {
        let mut replies = Vec::new();
        let trips = lab.trips(|| {
            replies.push(Visitor::new(&lab, Api::Jwt).sign_up(email, password));
            lab.advance(200);
        });
        let shape = |reply: &Reply| {
            (reply.status, reply.text.clone(), reply.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>())
        };
        let count = trips.iter().map(Vec::len).collect::<Vec<_>>();
        (replies.iter().map(shape).collect::<Vec<_>>(), count)
    };
    let free = walk("free@example.com", NEW);
    assert_eq!(free.0[0].0, 201);
    assert_eq!(walk(EMAIL, NEW), free, "a verified account looks like a free address");
    assert_eq!(
        walk("free@example.com", NEW),
        walk(EMAIL, NEW),
        "a pending account looks the same, also at the second time"
    );
    // A weak password is reported before anything else.
    let weak = walk("other@example.com", "password123");
    assert_eq!(walk(EMAIL, "password123"), weak);
    // The answer differs only if the deployer turns the protection off.
    let open = Lab::with_accounts(&json!([verified()]), &[OFF, ("ACCOUNT_PREVENT_ENUMERATION", "false")]);
    assert_eq!(Visitor::new(&open, Api::Jwt).sign_up(EMAIL, NEW).status, 400);
}

#[test]
fn a_token_does_not_say_that_an_unverified_address_is_verified() {
    for (method, gets_in) in [("mandatory", false), ("optional", true), ("none", true)] {
        let lab = Lab::start(&[OFF, ("EMAIL_VERIFICATION", method)]);
        let mut thief = Visitor::new(&lab, Api::Jwt);
        let reply = thief.sign_up(EMAIL, PASSWORD);
        assert_eq!((reply.status, thief.is_in()), (201, gets_in), "{method}: {}", reply.text);
        assert_eq!(thief.bearer.post("refresh/", json!({})).status == 200, gets_in);
        let verified = thief.bearer.access.as_deref().map(|token| claims(token)["email_verified"].clone());
        // With `none`, every address counts as verified, as the setting demands.
        let expected = gets_in.then(|| json!(method == "none"));
        assert_eq!(verified, expected, "{method}");
    }
    // If verification is switched on later, a refresh does not say that the address is verified.
    let lab = Lab::start(&[OFF, ("EMAIL_VERIFICATION", "none")]);
    let mut thief = Visitor::new(&lab, Api::Jwt);
    thief.sign_up(EMAIL, PASSWORD);
    let cookies = thief.bearer.cookies.clone();
    let lab = lab.restart_with(&[("EMAIL_VERIFICATION", "optional")]);
    let mut thief = lab.bearer();
    thief.cookies = cookies;
    assert_eq!(thief.post("refresh/", json!({})).status, 200);
    assert_eq!(claims(thief.access.as_deref().unwrap())["email_verified"], false);
}

/// The ways to begin an account.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Begun {
    Headless,
    Flat,
    Jwt,
    Invitation,
}

/// Opens the link of a mail, for each kind of link.
fn open(lab: &Lab, mail: &Mail, password: &str) -> u16 {
    if mail.text.contains("/verify-email/") {
        return lab.app().post("auth/email/verify", json!({"key": mail.key()})).status;
    }
    let mut bearer = lab.bearer();
    let status = bearer.get(&mail.link()).status;
    if bearer.cookies.keys().any(|name| name.contains("set")) {
        let new = json!({"new_password1": password, "new_password2": password});
        return bearer.post("registration/set-password/", new).status;
    }
    status
}

fn begin(lab: &Lab, how: Begun, email: &str, password: &str) -> Option<Mail> {
    let before = lab.mails(email).len();
    let reply = match how {
        Begun::Headless => Visitor::new(lab, Api::App).sign_up(email, password),
        Begun::Flat => Visitor::new(lab, Api::Flat).sign_up(email, password),
        Begun::Jwt => Visitor::new(lab, Api::Jwt).sign_up(email, password),
        Begun::Invitation => {
            let mut boss = lab.bearer();
            boss.login(EMAIL, PASSWORD);
            let body = json!({"email": email, "first_name": "B", "last_name": "B", "role": 0});
            boss.post("registration/user-register/", body)
        }
    };
    assert!([200, 201, 401].contains(&reply.status), "{how:?}: {}", reply.text);
    let mail = lab.mails(email).into_iter().skip(before).last();
    mail.filter(|mail| !mail.text.contains("already have an account"))
}

/// The first registration can be finished, even if another one with the same address begins in the meantime, in any
/// API.
#[test]
fn a_strangers_registration_destroys_no_pending_account() {
    const ALL: [Begun; 4] = [Begun::Headless, Begun::Flat, Begun::Jwt, Begun::Invitation];
    let mut account = verified();
    account["role"] = json!(1000);
    let settings = [OFF, ("JWT_ALLAUTH_INVITATIONS", "true")];
    let lab = Lab::with_accounts(&json!([account]), &settings);
    let others = ["stranger-Zebra-11-staple", "stranger-Zebra-12-staple"];
    let mut number = 0;
    for first in ALL {
        for second in ALL {
            // A second invitation replaces the first one.
            if (first, second) == (Begun::Invitation, Begun::Invitation) {
                continue;
            }
            for first_opens in [true, false] {
                number += 1;
                let email = format!("person{number}@example.com");
                let case = format!("{first:?}, {second:?}, {first_opens}");
                let own = begin(&lab, first, &email, NEW).unwrap_or_else(|| panic!("no mail: {case}"));
                let strange = begin(&lab, second, &email, others[0]);
                let login = |password: &str| APIS.map(|api| Visitor::new(&lab, api).enter(&email, password) == "in");
                if first_opens {
                    assert!([200, 302, 401].contains(&open(&lab, &own, NEW)), "{case}");
                    assert_eq!(login(NEW), [true; 4], "{case}");
                    if let Some(strange) = strange {
                        open(&lab, &strange, others[1]);
                    }
                    assert_eq!(
                        (login(NEW), login(others[0]), login(others[1])),
                        ([true; 4], [false; 4], [false; 4]),
                        "{case}"
                    );
                } else if let Some(strange) = strange {
                    // The second registration is a separate account. The owner of the address also received its link
                    // and opened it.
                    let password = if second == Begun::Invitation { others[1] } else { others[0] };
                    assert!([200, 302, 401].contains(&open(&lab, &strange, others[1])), "{case}");
                    assert_eq!((login(password), login(NEW)), ([true; 4], [false; 4]), "{case}");
                    assert!([400, 404].contains(&open(&lab, &own, NEW)), "{case}");
                    assert_eq!(login(NEW), [false; 4], "{case}");
                }
            }
        }
    }
}

fn is_locked(reply: &Reply) -> bool {
    reply.text.contains("too_many_login_attempts") || reply.text.contains("Too many failed login attempts")
}

/// An attacker who guesses a password cannot reset the counter of guesses with anything that a stranger or a user of
/// another account can do.
#[test]
fn only_the_owner_can_reset_the_counter_of_failed_logins() {
    for (method, enumeration) in [("mandatory", "true"), ("none", "true"), ("none", "strict")] {
        let is_verified = enumeration == "strict" || method == "mandatory";
        let stranger = json!({"email": STRANGER, "password": PASSWORD, "verified": is_verified});
        let accounts = json!([verified(), stranger]);
        let settings = [
            GUESSES,
            JWT_MFA,
            ("EMAIL_VERIFICATION", method),
            ("ACCOUNT_PREVENT_ENUMERATION", enumeration),
            ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
        ];
        let lab = Lab::with_accounts(&accounts, &settings);
        for _ in 0..5 {
            Visitor::new(&lab, Api::App).login(EMAIL, "wrong-Horse-42-battery");
        }
        let locked = || {
            APIS.map(|api| {
                let reply = Visitor::new(&lab, api).login(EMAIL, PASSWORD);
                is_locked(&reply)
            })
        };
        assert_eq!(locked(), [true; 4]);
        // Everything that a stranger can do with the address.
        for api in APIS {
            Visitor::new(&lab, api).sign_up(EMAIL, NEW);
            Visitor::new(&lab, api).forget(EMAIL);
            let mut own = Visitor::new(&lab, api);
            assert_eq!(own.enter(STRANGER, PASSWORD), "in");
        }
        lab.app().post("auth/code/request", json!({"email": EMAIL}));
        assert_eq!(locked(), [true; 4], "{method}");
        // Everything that a user of another account can do who has added the address to it.
        let mut app = Visitor::new(&lab, Api::App);
        app.login(STRANGER, PASSWORD);
        let reply = app.client.post("account/email", json!({"email": EMAIL}));
        assert_eq!(reply.status, 200, "{}", reply.text);
        app.client.post("auth/reauthenticate", json!({"password": PASSWORD}));
        app.client.send("PATCH", "account/email", Some(json!({"email": EMAIL, "primary": true}).to_string()), &[]);
        let mut client = app.client.clone();
        client.post("account/password/change", json!({"current_password": PASSWORD, "new_password": NEW}));
        assert_eq!(locked(), [true; 4], "{method}");
        for api in APIS {
            let mut visitor = Visitor::new(&lab, api);
            if let Some(mail) = visitor.forget(STRANGER) {
                visitor.reset(&mail, PASSWORD);
                assert_eq!(Visitor::new(&lab, api).enter(STRANGER, PASSWORD), "in");
            }
            assert_eq!(locked(), [true; 4], "{method}: {api:?}");
        }
        // The owner's password reset does reset the counter.
        let mut owner = Visitor::new(&lab, Api::App);
        let mail = owner.forget(EMAIL).unwrap();
        owner.reset(&mail, NEW);
        assert_eq!(Visitor::new(&lab, Api::App).enter(EMAIL, NEW), "in");
    }
}

/// ASVS 5.0 6.5.2 and similar rules: a copy of the table contains no usable credential.
#[test]
fn the_table_contains_no_credential_in_plain_text() {
    let settings = [
        OFF,
        JWT_MFA,
        ("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true"),
        ("ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED", "true"),
        ("JWT_ALLAUTH_INVITATIONS", "true"),
    ];
    let mut account = verified();
    account["role"] = json!(1000);
    let lab = Lab::with_accounts(&json!([account]), &settings);
    let mut secrets: Vec<(&str, String)> = vec![("password", PASSWORD.to_owned()), ("new password", NEW.to_owned())];
    let token = |client: &Client| client.token.clone().or(client.cookies.get("sessionid").cloned()).unwrap();

    let mut app = lab.app();
    app.post("auth/signup", json!({"email": "new@example.com", "password": NEW}));
    secrets.extend([("pending session", token(&app)), ("code of verification", lab.mail("new@example.com").key())]);
    let mut app = lab.app();
    app.post("auth/code/request", json!({"email": EMAIL}));
    secrets.push(("login code", lab.mail(EMAIL).key()));
    let mut app = lab.app();
    app.post("auth/password/request", json!({"email": EMAIL}));
    secrets.push(("reset code", lab.mail(EMAIL).key()));

    let mut browser = entered(&lab, Api::Browser);
    secrets.push(("session of a browser", token(&browser.client)));
    browser.prove_again();
    browser.begin_app();
    secrets.push(("secret that is being set up", browser.secret.clone().unwrap()));
    let mut bearer = entered(&lab, Api::Jwt);
    let body = json!({"email": "bob@example.com", "first_name": "B", "last_name": "B", "role": 0});
    bearer.bearer.post("registration/user-register/", body);
    let link = lab.mail("bob@example.com").link();
    let last = |link: &str| link.trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
    secrets.push(("invitation", last(&link)));
    let mut bob = lab.bearer();
    bob.get(&link);
    let capabilities = |bearer: &Bearer| {
        let held = bearer.cookies.iter().filter(|(name, value)| name.contains("token") && !value.is_empty());
        held.map(|(_, value)| ("capability", value.clone())).collect::<Vec<_>>()
    };
    secrets.extend(capabilities(&bob));
    assert_eq!(lab.bearer().post("password/reset/", json!({"email": EMAIL})).status, 200);
    let link = lab.mails(EMAIL).into_iter().rev().find(|mail| mail.text.contains("/jwt-allauth/")).unwrap().link();
    secrets.push(("reset link", last(&link)));
    let mut resetter = lab.bearer();
    resetter.get(&link);
    secrets.extend(capabilities(&resetter));
    bearer.begin_app();
    let reply = bearer.finish_app();
    assert_eq!(reply.status, 200, "{}", reply.text);
    secrets.push(("secret of an app", bearer.secret.clone().unwrap()));
    let codes: Vec<String> = serde_json::from_value(reply.json["recovery_codes"].clone()).unwrap();
    secrets.extend(codes.into_iter().map(|code| ("recovery code", code)));
    secrets.push(("access token", bearer.bearer.access.clone().unwrap()));
    secrets.push(("refresh token", bearer.bearer.cookies["refresh_token"].clone()));
    let jti = claims(&bearer.bearer.cookies["refresh_token"])["jti"].as_str().unwrap().to_owned();
    secrets.push(("identifier of a refresh token", jti));
    for api in [Api::Jwt, Api::Flat] {
        let mut waiting = Visitor::new(&lab, api);
        assert_eq!(waiting.enter(EMAIL, PASSWORD), "mfa_authenticate");
        secrets.push(("challenge", waiting.token.clone().unwrap()));
    }
    let table = lab.table();
    let has = |text: &str| table.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(has("USER#"), "the bytes contain items of the table");
    for (name, secret) in &secrets {
        assert!(secret.len() >= 6, "{name}: {secret}");
        let plain = secret.replace('-', "");
        assert!(!has(secret) && !has(&plain), "the table contains the {name} in plain text: {secret}");
        // A long part of a token could be enough for a login.
        for part in secret.split('.').filter(|part| part.len() >= 32) {
            assert!(!has(part), "part of {name}: {part}");
        }
    }
    assert!(secrets.len() > 25, "{}", secrets.len());
}
