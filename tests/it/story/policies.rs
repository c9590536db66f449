//! Tests that every API enforces the same rules. A login must not skip a step in one API that another API demands.

use super::apis::{APIS, Api, EMAIL, NEW, Visitor, verified};
use super::identity_provider::IdentityProvider;
use super::passkeys;
use crate::lab::{Lab, PASSWORD, call, code_of};
use serde_json::{Value, json};
use shared::session::StageKey;

const OFF: (&str, &str) = ("ACCOUNT_RATE_LIMITS", "false");
const OPEN: (&str, &str) = ("EMAIL_VERIFICATION", "none");
const JWT_MFA: (&str, &str) = ("JWT_ALLAUTH_MFA_TOTP_MODE", "optional");
const REQUIRED: (&str, &str) = ("JWT_ALLAUTH_MFA_TOTP_MODE", "required");
const BY_CODE: (&str, &str) = ("ACCOUNT_LOGIN_BY_CODE_REQUIRED", "true");
const PHONES: [(&str, &str); 2] = [("ACCOUNT_SIGNUP_FIELDS", r#"["email*", "phone", "password1*"]"#), OPEN];
const PHONE: &str = "+31612345678";

type Settings<'a> = &'a [(&'a str, &'a str)];

fn lab(accounts: &Value, settings: &[(&str, &str)]) -> Lab {
    Lab::with_accounts(accounts, &[&[OFF][..], settings].concat())
}

/// Logs in to each API. Returns the outcomes in the order of [`APIS`].
fn logins(lab: &Lab, email: &str, password: &str) -> [String; 4] {
    APIS.map(|api| Visitor::new(lab, api).enter(email, password))
}

/// Resets the password in each API with `ACCOUNT_LOGIN_ON_PASSWORD_RESET`. Returns the outcomes of the reset and of the
/// next login.
fn resets(lab: &Lab) -> [(String, String); 4] {
    APIS.map(|api| {
        let mut visitor = Visitor::new(lab, api);
        let mail = visitor.forget(EMAIL).unwrap_or_else(|| panic!("{api:?} sends no link"));
        let reply = visitor.reset(&mail, NEW);
        let outcome = visitor.outcome(&reply);
        assert_eq!(visitor.is_in(), outcome == "in", "{api:?}: {}", reply.text);
        (outcome, Visitor::new(lab, api).enter(EMAIL, NEW))
    })
}

const RESET: (&str, &str) = ("ACCOUNT_LOGIN_ON_PASSWORD_RESET", "true");

/// Starts a service with one account that has an authenticator app. Returns the app's secret.
fn with_app(settings: &[(&str, &str)]) -> (Lab, String) {
    let lab = lab(&json!([verified()]), settings);
    let mut owner = Visitor::new(&lab, Api::App);
    owner.enter(EMAIL, PASSWORD);
    let secret = owner.enroll();
    lab.advance(60);
    (lab, secret)
}

/// The test of each stage in every API. A stage without a test does not compile.
const fn test_of(stage: StageKey) -> fn() {
    match stage {
        StageKey::LoginByCode | StageKey::MfaAuthenticate | StageKey::MfaSetup => {
            logins_and_resets_stop_at_the_same_stage_in_every_api
        }
        StageKey::VerifyPhone => a_login_stops_at_an_unverified_phone_number_in_every_api,
        StageKey::VerifyEmail => a_login_stops_at_an_unverified_address_in_every_api,
        StageKey::MfaTrust => after_the_second_factor_only_a_browser_is_asked_whether_it_is_trusted,
        StageKey::MfaSignupWebauthn => a_signup_that_waits_for_its_passkey_gives_no_access,
    }
}
const _: fn(StageKey) -> fn() = test_of;

/// These stages can apply to an account with a verified address. Password resets must stop there too (ASVS 5.0 6.4.3).
#[test]
fn logins_and_resets_stop_at_the_same_stage_in_every_api() {
    let jwt_has_no_place = ["login_by_code", "login_by_code", "login_by_code", "login_step_required"];
    let only_jwt_has_a_place = ["login_step_required", "login_step_required", "login_step_required", "mfa_setup"];
    for (settings, expected) in
        [(&[BY_CODE, RESET][..], jwt_has_no_place), (&[REQUIRED, RESET][..], only_jwt_has_a_place)]
    {
        let lab = lab(&json!([verified()]), settings);
        assert_eq!(logins(&lab, EMAIL, PASSWORD), expected, "{settings:?}");
        for (api, (reset, login)) in APIS.iter().zip(resets(&lab)) {
            assert_ne!(reset, "in", "{api:?} {settings:?}");
            assert_eq!(login, expected[APIS.iter().position(|it| it == api).unwrap()], "{api:?} {settings:?}");
        }
    }
    let (lab, _) = with_app(&[JWT_MFA, RESET]);
    assert_eq!(logins(&lab, EMAIL, PASSWORD), ["mfa_authenticate"; 4]);
    for (reset, login) in resets(&lab) {
        assert_eq!((reset.as_str(), login.as_str()), ("mfa_authenticate", "mfa_authenticate"));
    }
}

#[test]
fn a_login_stops_at_an_unverified_phone_number_in_every_api() {
    let lab = lab(&json!([]), &[&PHONES[..], &[RESET]].concat());
    let body = json!({"email": EMAIL, "phone": PHONE, "password": PASSWORD});
    assert_eq!(lab.app().post("auth/signup", body).pending().as_deref(), Some("verify_phone"));
    let expected = ["verify_phone", "verify_phone", "verify_phone", "login_step_required"];
    assert_eq!(logins(&lab, EMAIL, PASSWORD), expected);
    // The JWT API sends no reset link to an unverified address.
    for api in [Api::App, Api::Browser, Api::Flat] {
        let mut visitor = Visitor::new(&lab, api);
        let mail = visitor.forget(EMAIL).unwrap();
        let reply = visitor.reset(&mail, NEW);
        assert_eq!(visitor.outcome(&reply), "verify_phone", "{api:?}");
        assert_eq!(Visitor::new(&lab, api).enter(EMAIL, NEW), "verify_phone");
    }
    assert!(Visitor::new(&lab, Api::Jwt).forget(EMAIL).is_none());
    assert_eq!(logins(&lab, EMAIL, NEW), expected);
}

/// An account without a number cannot log in to any API if a number is required.
#[test]
fn an_account_without_a_required_phone_number_cannot_log_in() {
    let fields = ("ACCOUNT_SIGNUP_FIELDS", r#"["email*", "phone*", "password1*"]"#);
    let lab = lab(&json!([verified()]), &[fields]);
    assert_eq!(logins(&lab, EMAIL, PASSWORD), ["401", "401", "not_authenticated", "login_step_required"]);
}

#[test]
fn a_login_stops_at_an_unverified_address_in_every_api() {
    let account = json!([{"email": EMAIL, "password": PASSWORD, "verified": false}]);
    for settings in [&[RESET][..], &[RESET, ("ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED", "true")]] {
        let lab = lab(&account, settings);
        let expected = ["verify_email", "verify_email", "verify_email", "email_not_verified"];
        assert_eq!(logins(&lab, EMAIL, PASSWORD), expected);
        for api in [Api::App, Api::Browser, Api::Flat] {
            let mut visitor = Visitor::new(&lab, api);
            let mail = visitor.forget(EMAIL).unwrap();
            let reply = visitor.reset(&mail, NEW);
            assert_eq!(visitor.outcome(&reply), "verify_email", "{api:?}");
        }
        assert!(Visitor::new(&lab, Api::Jwt).forget(EMAIL).is_none());
        assert_eq!(logins(&lab, EMAIL, NEW), expected);
    }
}

/// Only browsers get the question, and the user is logged in after the answer.
#[test]
fn after_the_second_factor_only_a_browser_is_asked_whether_it_is_trusted() {
    let (lab, secret) = with_app(&[JWT_MFA, ("MFA_TRUST_ENABLED", "true")]);
    let outcomes = APIS.map(|api| {
        lab.advance(60);
        let mut visitor = Visitor::new(&lab, api);
        assert_eq!(visitor.enter(EMAIL, PASSWORD), "mfa_authenticate");
        let reply = visitor.show(&code_of(&secret, lab.now()));
        let outcome = visitor.outcome(&reply);
        assert_eq!(visitor.is_in(), outcome == "in", "{}", reply.text);
        outcome
    });
    assert_eq!(outcomes, ["in", "mfa_trust", "in", "in"]);
}

/// A signup with a passkey is pending until the passkey is created.
#[test]
fn a_signup_that_waits_for_its_passkey_gives_no_access() {
    let lab = passkeys::lab(&[JWT_MFA]);
    let mut app = lab.app();
    app.post("auth/webauthn/signup", json!({"email": EMAIL}));
    let reply = app.post("auth/email/verify", json!({"key": lab.mail(EMAIL).key()}));
    assert_eq!(reply.pending().as_deref(), Some("mfa_signup_webauthn"), "{}", reply.text);
    let wrong = ["email_password_mismatch", "email_password_mismatch", "incorrect_credentials"];
    for (api, wrong) in [Api::App, Api::Flat, Api::Jwt].into_iter().zip(wrong) {
        assert_eq!(Visitor::new(&lab, api).enter(EMAIL, PASSWORD), wrong);
    }
    // The token of the pending session works in no other API.
    let token = app.token.clone().unwrap();
    let mut flat = Visitor::new(&lab, Api::Flat);
    flat.token = Some(token.clone());
    assert_eq!(flat.show("123456").status, 401);
    flat.access = Some(token.clone());
    assert!(!flat.is_in());
    let mut bearer = Visitor::new(&lab, Api::Jwt);
    bearer.token = Some(token.clone());
    assert_eq!(bearer.show("123456").status, 400);
    bearer.bearer.access = Some(token);
    assert!(!bearer.is_in());
    assert!(Visitor::new(&lab, Api::Jwt).forget(EMAIL).is_none(), "there is no password to reset");
}

/// Tokens and challenges of pending logins are refused everywhere.
#[test]
fn the_tokens_of_a_pending_login_give_no_access() {
    let (lab, _) = with_app(&[JWT_MFA]);
    let given = APIS.map(|api| {
        let mut visitor = Visitor::new(&lab, api);
        visitor.login(EMAIL, PASSWORD);
        visitor.token.clone().or(visitor.client.token.clone()).or(visitor.client.cookies.get("sessionid").cloned())
    });
    for token in given.into_iter().flatten() {
        for api in APIS {
            let mut visitor = Visitor::new(&lab, api);
            visitor.client.token = Some(token.clone());
            visitor.client.cookies.insert("sessionid".to_owned(), token.clone());
            (visitor.access, visitor.bearer.access) = (Some(token.clone()), Some(token.clone()));
            visitor.bearer.cookies.insert("refresh_token".to_owned(), token.clone());
            assert!(!visitor.is_in(), "{api:?}");
            assert_eq!(visitor.bearer.post("refresh/", json!({})).status, 401);
        }
    }
}

/// A registration has the same outcome as a login would have. It also looks the same for an address that has an
/// account.
#[test]
fn a_registration_stops_at_the_same_stages_and_does_not_reveal_who_has_an_account() {
    let phones = ("ACCOUNT_SIGNUP_FIELDS", r#"["email*", "phone*", "password1*"]"#);
    let cases: [(Settings<'_>, u16, &str); 7] = [
        (&[], 201, "201"),
        (&[REQUIRED], 201, "mfa_setup"),
        (&[BY_CODE], 401, "login_step_required"),
        (&[phones], 401, "login_step_required"),
        (&[OPEN], 201, "in"),
        (&[OPEN, REQUIRED], 201, "mfa_setup"),
        (&[OPEN, BY_CODE], 401, "login_step_required"),
    ];
    for (settings, status, expected) in cases {
        let lab = lab(&json!([verified()]), settings);
        let mut visitor = Visitor::new(&lab, Api::Jwt);
        let mut free = None;
        let trips = lab.trips(|| free = Some(visitor.sign_up("new@example.com", NEW)));
        let free = free.unwrap();
        let outcome = visitor.outcome(&free);
        assert_eq!((free.status, outcome.as_str()), (status, expected), "{settings:?}: {}", free.text);
        assert_eq!(visitor.is_in(), outcome == "in", "{settings:?}");
        assert_ne!(visitor.bearer.post("refresh/", json!({})).status == 200, outcome != "in", "{settings:?}");
        if status == 401 {
            assert_eq!(Visitor::new(&lab, Api::Jwt).enter("new@example.com", NEW), "incorrect_credentials");
        }
        if !settings.contains(&OPEN) {
            let mut taken = None;
            let same = lab.trips(|| taken = Some(Visitor::new(&lab, Api::Jwt).sign_up(EMAIL, NEW)));
            let taken = taken.unwrap();
            let keys =
                |reply: &crate::lab::Reply| reply.json.as_object().map(|it| it.keys().cloned().collect::<Vec<_>>());
            assert_eq!((taken.status, keys(&taken)), (status, keys(&free)), "{settings:?}: {}", taken.text);
            let count = |trips: &[Vec<String>]| (trips.len(), trips.iter().map(Vec::len).sum::<usize>());
            assert_eq!(count(&same), count(&trips), "the number of table requests is the same: {settings:?}");
        }
    }
}

/// Starts a service where Ada can invite. Returns the link that Bob received.
fn invited(settings: &[(&str, &str)]) -> (Lab, String) {
    let ours = [OFF, ("JWT_ALLAUTH_INVITATIONS", "true")];
    let admin = json!({"email": EMAIL, "password": PASSWORD, "verified": true, "role": 1000});
    // Ada invites Bob before the stricter settings apply.
    let lab = Lab::with_accounts(&json!([admin]), &ours);
    let mut ada = Visitor::new(&lab, Api::Jwt);
    ada.enter(EMAIL, PASSWORD);
    let body = json!({"email": BOB, "first_name": "Bob", "last_name": "B", "role": 0});
    let reply = ada.bearer.post("registration/user-register/", body);
    assert_eq!(reply.status, 201, "{}", reply.text);
    let link = lab.mail(BOB).link();
    (lab.restart_with(settings), link)
}

const BOB: &str = "bob@example.com";

#[test]
fn an_invitation_stops_at_the_same_stages() {
    let phones = ("ACCOUNT_SIGNUP_FIELDS", r#"["email*", "phone*", "password1*"]"#);
    let cases: [(Settings<'_>, &str, &str); 4] = [
        (&[], "in", "in"),
        (&[REQUIRED], "mfa_setup", "mfa_setup"),
        (&[BY_CODE], "200", "login_step_required"),
        (&[phones], "200", "login_step_required"),
    ];
    for (settings, opened, login) in cases {
        let (lab, link) = invited(settings);
        let mut bob = Visitor::new(&lab, Api::Jwt);
        assert_eq!(bob.bearer.get(&link).status, 302);
        let new = json!({"new_password1": NEW, "new_password2": NEW});
        let reply = bob.bearer.post("registration/set-password/", new);
        assert_eq!(bob.outcome(&reply), opened, "{settings:?}: {}", reply.text);
        assert_eq!(bob.is_in(), opened == "in", "{settings:?}");
        assert_eq!(Visitor::new(&lab, Api::Jwt).enter(BOB, NEW), login, "{settings:?}");
    }
}

/// The browser that opens a verification link can get a session, but only if a login would give one.
#[test]
fn the_session_of_a_verification_link_stops_at_the_same_stages() {
    let session = ("JWT_ALLAUTH_SESSION_ON_EMAIL_VERIFICATION", "true");
    for (settings, gets_in) in [(&[session][..], true), (&[session, REQUIRED], false), (&[session, BY_CODE], false)] {
        let lab = lab(&json!([]), &[]);
        assert_eq!(Visitor::new(&lab, Api::Jwt).sign_up(EMAIL, PASSWORD).status, 201);
        let lab = lab.restart_with(settings);
        let mut browser = lab.bearer();
        assert_eq!(browser.get(&lab.mail(EMAIL).link()).status, 302);
        assert_eq!(browser.post("refresh/", json!({})).status == 200, gets_in, "{settings:?}");
    }
}

/// Signs up in each API, with a new address and with one that has an account.
#[test]
fn closed_signup_is_closed_in_every_api() {
    for (settings, jwt) in [
        (&[("ACCOUNT_SIGNUP_OPEN", "false")][..], 403),
        (&[("JWT_ALLAUTH_ADMIN_MANAGED_REGISTRATION", "true")], 404),
        (&[("JWT_ALLAUTH_ADMIN_MANAGED_REGISTRATION", "true"), ("JWT_ALLAUTH_PREFIX", "")], 404),
    ] {
        let op = IdentityProvider::start();
        let providers = op.settings(&json!({}));
        let provider = [OFF, ("SOCIALACCOUNT_PROVIDERS", providers.as_str()), OPEN];
        let lab = Lab::with_accounts(&json!([verified()]), &[&provider[..], settings].concat());
        for (api, expected) in APIS.into_iter().zip([403, 403, 403, jwt]) {
            for email in ["new@example.com", EMAIL] {
                let reply = Visitor::new(&lab, api).sign_up(email, NEW);
                // A taken address can be reported first, with 400, if the settings allow this.
                let fine = reply.status == expected || (email == EMAIL && reply.status == 400);
                assert!(fine, "{api:?} {settings:?}: {} {}", reply.status, reply.text);
            }
            if api != Api::Jwt || jwt == 403 {
                assert_ne!(Visitor::new(&lab, api).enter("new@example.com", NEW), "in");
                assert_eq!(
                    Visitor::new(&lab, api).enter(EMAIL, PASSWORD),
                    "in",
                    "{api:?}: existing accounts can log in"
                );
            }
        }
        let person = json!({"sub": "7", "email": "new@example.com", "email_verified": true, "name": "New"});
        let token = json!({"client_id": super::identity_provider::CLIENT, "id_token": op.id_token(&person)});
        let body = json!({"provider": "op", "process": "login", "token": token});
        assert_eq!(lab.app().post("auth/provider/token", body).status, 403, "{settings:?}");
        let mut flat = Visitor::new(&lab, Api::Flat);
        let reply = flat.flat("POST", "providers/op/token/", json!({"id_token": op.id_token(&person)}));
        assert_eq!((reply.status, flat.is_in()), (403, false), "{settings:?}");
    }
}

#[test]
fn with_socialaccount_only_no_api_accepts_a_password() {
    let lab = lab(&json!([verified()]), &[("SOCIALACCOUNT_ONLY", "true"), ("ACCOUNT_EMAIL_VERIFICATION", "none")]);
    for api in APIS {
        let mut visitor = Visitor::new(&lab, api);
        for reply in [visitor.login(EMAIL, PASSWORD), visitor.sign_up("new@example.com", NEW)] {
            assert_eq!(reply.status, 404, "{api:?}: {}", reply.text);
        }
        assert!(!visitor.is_in());
    }
    let calls = [
        ("/_allauth/app/v1/auth/password/request", json!({"email": EMAIL})),
        ("/_allauth/app/v1/auth/password/reset", json!({"key": "k", "password": NEW})),
        ("/auth/password/reset/", json!({"email": EMAIL})),
        ("/jwt-allauth/password/reset/", json!({"email": EMAIL})),
        ("/jwt-allauth/password/reset/set-new/", json!({})),
        ("/jwt-allauth/registration/user-register/", json!({})),
        ("/jwt-allauth/registration/set-password/", json!({})),
        ("/jwt-allauth/mfa/verify/", json!({"challenge_id": "none", "code": "123456"})),
    ];
    for (path, body) in calls {
        let reply = call(&lab.url, "POST", path, &[("content-type", "application/json")], Some(body.to_string()));
        assert_eq!(reply.status, 404, "{path}: {}", reply.text);
    }
}

/// `EMAIL_VERIFICATION` and `ACCOUNT_EMAIL_VERIFICATION` set the same rule. The stricter one applies to every API.
#[test]
fn the_stricter_of_both_verification_settings_applies_to_every_api() {
    let (jwt, account) = ("EMAIL_VERIFICATION", "ACCOUNT_EMAIL_VERIFICATION");
    let cases: [(Settings<'_>, bool); 12] = [
        (&[], true),
        (&[(jwt, "none")], false),
        (&[(jwt, "optional")], false),
        (&[(jwt, "mandatory")], true),
        (&[(jwt, "true")], true),
        (&[(jwt, "false")], false),
        (&[(account, "none")], false),
        (&[(account, "mandatory")], true),
        (&[(jwt, "mandatory"), (account, "none")], true),
        (&[(jwt, "none"), (account, "mandatory")], true),
        (&[(jwt, "none"), (account, "none")], false),
        (&[(jwt, "none"), (account, "optional")], false),
    ];
    for (settings, mandatory) in cases {
        let account = json!([{"email": EMAIL, "password": PASSWORD, "verified": false}]);
        let lab = lab(&account, settings);
        for (n, outcome) in logins(&lab, EMAIL, PASSWORD).iter().enumerate() {
            assert_eq!(outcome != "in", mandatory, "{:?} {settings:?}: {outcome}", APIS[n]);
        }
        for (n, api) in APIS.into_iter().enumerate() {
            let email = format!("new{n}@example.com");
            let mut visitor = Visitor::new(&lab, api);
            let reply = visitor.sign_up(&email, NEW);
            assert_eq!(visitor.is_in(), !mandatory, "{api:?} {settings:?}: {}", reply.text);
            let wants_mail = mandatory || settings.iter().any(|(_, method)| *method == "optional");
            assert_eq!(!lab.mails(&email).is_empty(), wants_mail, "{api:?} {settings:?}");
        }
    }
}

/// If second factors are switched off, an existing second factor is ignored.
#[test]
fn if_second_factors_are_off_no_api_asks_for_one_or_sets_one_up() {
    let (lab, _) = with_app(&[]);
    let lab = lab.restart_with(&[("MFA_ENABLED", "false")]);
    assert_eq!(logins(&lab, EMAIL, PASSWORD), ["in"; 4]);
    for (api, status) in APIS.into_iter().zip([404, 404, 404, 403]) {
        let mut visitor = Visitor::new(&lab, api);
        visitor.enter(EMAIL, PASSWORD);
        assert_eq!((visitor.begin_app().status, visitor.finish_app().status), (status, status), "{api:?}");
    }
}

#[test]
fn one_setting_allows_second_factors_with_an_unverified_address_in_every_api() {
    for allowed in [false, true] {
        let text = allowed.to_string();
        let account = json!([{"email": EMAIL, "password": PASSWORD, "verified": false}]);
        let settings = [JWT_MFA, ("EMAIL_VERIFICATION", "optional"), ("MFA_ALLOW_UNVERIFIED_EMAIL", text.as_str())];
        for api in APIS {
            let lab = lab(&account, &settings);
            let mut visitor = Visitor::new(&lab, api);
            assert_eq!(visitor.enter(EMAIL, PASSWORD), "in");
            visitor.prove_again();
            visitor.begin_app();
            let reply = visitor.finish_app();
            assert_eq!(reply.status == 200, allowed, "{api:?}: {}", reply.text);
            let expected = if allowed { "mfa_authenticate" } else { "in" };
            assert_eq!(Visitor::new(&lab, Api::App).enter(EMAIL, PASSWORD), expected, "{api:?}");
        }
    }
}

fn status(lab: &Lab, path: &str, body: &Value) -> u16 {
    call(&lab.url, "POST", path, &[("content-type", "application/json")], Some(body.to_string())).status
}

#[test]
fn an_empty_prefix_switches_an_api_off_and_a_slash_puts_it_at_the_root() {
    let credentials = json!({"email": EMAIL, "password": PASSWORD});
    for (name, usual) in [("JWT_ALLAUTH_PREFIX", "/jwt-allauth"), ("HEADLESS_FLAT_PREFIX", "/auth")] {
        let off = lab(&json!([verified()]), &[(name, ""), ("JWT_ALLAUTH_INVITATIONS", "true")]);
        let paths =
            ["/login/", "/user/", "/password/reset/", "/registration/", "/signup/", "/refresh/", "/mfa/verify/"];
        for path in paths {
            for base in [usual, ""] {
                assert_eq!(status(&off, &format!("{base}{path}"), &credentials), 404, "{name} {base}{path}");
            }
        }
        let page = call(&off.url, "GET", "/registration/set-password/default/", &[], None);
        assert_eq!(page.status == 404, name == "JWT_ALLAUTH_PREFIX", "{}", page.text);
        assert_eq!(Visitor::new(&off, Api::App).enter(EMAIL, PASSWORD), "in", "the headless API is still on");

        let root = lab(&json!([verified()]), &[(name, "/")]);
        assert_eq!(status(&root, "/login/", &credentials), 200, "{name}");
        assert_eq!(status(&root, &format!("{usual}/login/"), &credentials), 404, "{name}");
        assert_eq!(Visitor::new(&root, Api::App).enter(EMAIL, PASSWORD), "in");
        assert_eq!(call(&root.url, "GET", "/_allauth/app/v1/config", &[], None).status, 200);
        assert_eq!(call(&root.url, "GET", "/nowhere/", &[], None).status, 404);
    }
    // The links in mails also point to the root.
    let root = lab(&json!([verified()]), &[("JWT_ALLAUTH_PREFIX", "/")]);
    assert_eq!(status(&root, "/password/reset/", &json!({"email": EMAIL})), 200);
    let text = root.mail(EMAIL).text;
    let at = text.find("/password/reset/confirm/").unwrap_or_else(|| panic!("{text}"));
    let path = text[at..].split_whitespace().next().unwrap();
    assert_eq!(call(&root.url, "GET", path, &[], None).status, 302);
}

/// ASVS 5.0 7.4.2.
#[test]
fn a_disabled_account_is_closed_in_every_api() {
    let mut account = verified();
    account["is_active"] = json!(false);
    let lab = lab(&json!([account]), &[("ACCOUNT_LOGIN_BY_CODE_ENABLED", "true"), REQUIRED, BY_CODE]);
    for (api, outcome) in APIS.iter().zip(logins(&lab, EMAIL, PASSWORD)) {
        assert!(outcome != "in" && !outcome.starts_with("mfa"), "{api:?}: {outcome}");
        assert!(Visitor::new(&lab, *api).forget(EMAIL).is_none(), "{api:?}");
    }
    lab.app().post("auth/code/request", json!({"email": EMAIL}));
    assert!(lab.mail(EMAIL).text.contains("there is no account with it"));
}
