//! Tests of third-party identities: at an OpenID provider that checks its requests, and at the dummy provider, which
//! accepts every login.

use super::identity_provider::{CLIENT, IdentityProvider, Wrong};
use super::races::{assert_orderly, plans};
use crate::lab::{Client, Lab, PASSWORD, Reply, at_once, call};
use serde_json::{Value, json};

pub const NEXT: &str = "https://app.example.test/back";
pub const EMAIL: &str = "ada@example.com";
pub const PKCE: (&str, bool) = ("oauth_pkce_enabled", true);

/// A provider, and a service that has it in its settings.
pub struct Scene {
    pub lab: Lab,
    pub op: IdentityProvider,
}

impl Scene {
    pub fn new(settings: &[(&str, &str)]) -> Self {
        Self::with_app(&json!({PKCE.0: PKCE.1}), settings)
    }

    pub fn with_app(app: &Value, settings: &[(&str, &str)]) -> Self {
        let op = IdentityProvider::start();
        let providers = op.settings(app);
        let ours = [
            ("SOCIALACCOUNT_PROVIDERS", providers.as_str()),
            ("ACCOUNT_RATE_LIMITS", "false"),
            ("ACCOUNT_EMAIL_VERIFICATION", "optional"),
            ("ACCOUNT_EMAIL_NOTIFICATIONS", "true"),
            ("SOCIALACCOUNT_REQUESTS_TIMEOUT", "1"),
        ];
        Self { lab: Lab::start(&[&ours[..], settings].concat()), op }
    }

    pub fn person(&self, sub: &str, email: &str, verified: bool) -> Value {
        let person = json!({"sub": sub, "email": email, "email_verified": verified, "name": "Ada Lovelace"});
        self.op.person(person.clone());
        person
    }

    /// Starts a login at the provider. Returns the URL that the browser is redirected to.
    pub fn leave(&self, browser: &mut Client, process: &str, next: &str) -> String {
        let reply = redirect(browser, &[("provider", "op"), ("process", process), ("callback_url", next)]);
        assert_eq!(reply.status, 302, "{}", reply.text);
        reply.header("location").unwrap().to_owned()
    }

    /// Visits the provider's page. Returns the path of the service that it redirects to.
    pub fn back_from(&self, authorize: &str) -> String {
        let (base, path) = authorize.split_at(self.op.url.len());
        assert_eq!(base, self.op.url);
        let reply = call(base, "GET", path, &[], None);
        let location = reply.header("location").unwrap();
        location.split_once("/accounts/").map(|(_, rest)| format!("/accounts/{rest}")).unwrap()
    }

    /// Goes through the whole flow. Returns the page of the frontend that the browser arrives at.
    pub fn go(&self, browser: &mut Client, process: &str) -> String {
        let back = self.back_from(&self.leave(browser, process, NEXT));
        arrive(browser, &back)
    }

    pub fn token(&self, client: &mut Client, process: &str, person: &Value) -> Reply {
        let token = json!({"client_id": CLIENT, "id_token": self.op.id_token(person)});
        client.post("auth/provider/token", json!({"provider": "op", "process": process, "token": token}))
    }
}

/// Submits the form that redirects to the provider, as a browser does without a script.
pub fn redirect(browser: &mut Client, fields: &[(&str, &str)]) -> Reply {
    if !browser.cookies.contains_key("csrftoken") {
        browser.get("config");
    }
    let token = browser.cookies["csrftoken"].clone();
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields).append_pair("csrfmiddlewaretoken", &token);
    let form = ("content-type", "application/x-www-form-urlencoded");
    // A form cannot send the CSRF token in a header.
    browser.send("POST", "auth/provider/redirect", Some(body.finish()), &[form, ("x-csrftoken", "")])
}

pub fn arrive(browser: &mut Client, path: &str) -> String {
    let reply = browser.send("GET", path, None, &[]);
    assert_eq!(reply.status, 302, "{}", reply.text);
    reply.header("location").unwrap().to_owned()
}

pub fn identities(client: &mut Client) -> Vec<String> {
    let reply = client.get("account/providers");
    let rows = reply.json["data"].as_array().unwrap_or_else(|| panic!("{}", reply.text)).clone();
    rows.iter().map(|row| row["uid"].as_str().unwrap().to_owned()).collect()
}

pub fn error(name: &str, process: &str) -> String {
    format!("{NEXT}?error={name}&error_process={process}")
}

#[test]
fn a_user_signs_up_and_logs_in_through_a_provider() {
    let scene = Scene::new(&[]);
    scene.person("ada", EMAIL, true);
    for _ in 0..2 {
        let mut browser = scene.lab.browser();
        let away = scene.leave(&mut browser, "login", NEXT);
        for part in ["code_challenge_method=S256", "nonce=", "state=", "scope=openid+profile+email"] {
            assert!(away.contains(part), "{part} in {away}");
        }
        assert_eq!(arrive(&mut browser, &scene.back_from(&away)), NEXT);
        let session = browser.get("auth/session").json["data"].clone();
        assert_eq!(
            (&session["user"]["email"], &session["user"]["has_usable_password"]),
            (&json!(EMAIL), &json!(false))
        );
        let method = &session["methods"][0];
        assert_eq!(
            (&method["method"], &method["provider"], &method["uid"]),
            (&json!("socialaccount"), &json!("op"), &json!("ada"))
        );
        assert_eq!(identities(&mut browser), ["ada"]);
        assert_eq!(
            browser.get("account/email").json["data"][0]["verified"],
            true,
            "the provider has verified the address"
        );
    }
    assert!(scene.lab.all_mails().is_empty(), "no address had to be verified");
}

/// Checks that a provider with this fault logs no user in and creates no account, in the redirect flow and in the token
/// flow.
fn refused(wrong: &Wrong) {
    let scene = Scene::new(&[]);
    let person = scene.person("ada", EMAIL, true);
    scene.op.be(wrong.clone());
    let mut browser = scene.lab.browser();
    assert_eq!(scene.go(&mut browser, "login"), error("unknown", "login"), "{wrong:?}");
    assert_eq!(browser.get("auth/session").status, 401, "{wrong:?}");
    let in_token = !matches!(wrong, Wrong::Userinfo | Wrong::Claim("nonce", _) | Wrong::Without("nonce"));
    let mut app = scene.lab.app();
    if in_token {
        let reply = scene.token(&mut app, "login", &person);
        assert_eq!((reply.status, reply.errors()), (400, vec!["token:invalid_token".to_owned()]), "{wrong:?}");
    }
    scene.op.be(Wrong::Nothing);
    let reply = app.post("auth/signup", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!(reply.status, 200, "the address is free, so no account was created. {wrong:?}");
}

/// CVE-2026-31813, ASVS 5.0 10.5.3.
#[test]
fn an_id_token_of_another_issuer_is_refused() {
    refused(&Wrong::Claim("iss", json!("https://elsewhere.example")));
    refused(&Wrong::Without("iss"));
}

/// CVE-2026-31813, ASVS 5.0 10.5.4.
#[test]
fn an_id_token_for_another_audience_is_refused() {
    refused(&Wrong::Claim("aud", json!("another-client")));
    refused(&Wrong::Claim("azp", json!("another-client")));
    refused(&Wrong::Without("aud"));
}

/// ASVS 5.0 10.5.1.
#[test]
fn an_id_token_with_another_nonce_is_refused() {
    refused(&Wrong::Claim("nonce", json!("another")));
    refused(&Wrong::Without("nonce"));
}

#[test]
fn an_expired_or_future_id_token_is_refused() {
    refused(&Wrong::Claim("exp", json!(1_500_000_000)));
    refused(&Wrong::Without("exp"));
    refused(&Wrong::Claim("nbf", json!(4_000_000_000_u64)));
    refused(&Wrong::Claim("iat", json!(4_000_000_000_u64)));
}

/// ASVS 5.0 6.8.2.
#[test]
fn an_id_token_that_is_not_signed_by_the_providers_key_is_refused() {
    refused(&Wrong::Signature);
    refused(&Wrong::Unsigned);
    refused(&Wrong::Hmac);
}

#[test]
fn userinfo_of_another_subject_is_refused() {
    refused(&Wrong::Userinfo);
}

#[test]
fn an_id_token_without_a_subject_is_refused() {
    refused(&Wrong::Without("sub"));
}

#[test]
fn a_provider_can_rotate_its_keys_between_two_logins() {
    let scene = Scene::new(&[]);
    let person = scene.person("ada", EMAIL, true);
    assert_eq!(scene.go(&mut scene.lab.browser(), "login"), NEXT);
    scene.op.rotate_key();
    scene.lab.advance(31);
    assert_eq!(scene.go(&mut scene.lab.browser(), "login"), NEXT);
    assert_eq!(scene.token(&mut scene.lab.app(), "login", &person).status, 200);
}

#[test]
fn a_failing_provider_causes_a_clear_error_and_no_partial_login() {
    let scene = Scene::new(&[]);
    let person = scene.person("ada", EMAIL, true);
    for wrong in [Wrong::Slow, Wrong::Nonsense, Wrong::Failing] {
        scene.op.be(wrong.clone());
        let mut browser = scene.lab.browser();
        assert_eq!(scene.go(&mut browser, "login"), error("unknown", "login"), "{wrong:?}");
        assert_eq!(browser.get("auth/session").status, 401);
    }
    scene.op.be(Wrong::Nothing);
    assert_eq!(scene.go(&mut scene.lab.browser(), "login"), NEXT, "the next login succeeds");
    assert!(!scene.lab.log().contains("our-secret"));

    // If the provider is down from the start, the service does not know the URL of its login page.
    let gone = "http://127.0.0.1:9";
    let providers = scene.op.settings(&json!({"server_url": gone}));
    let urls = json!({"socialaccount_login_error": "https://app.example.test/error"}).to_string();
    let lab = Lab::start(&[
        ("SOCIALACCOUNT_PROVIDERS", &providers),
        ("HEADLESS_FRONTEND_URLS", &urls),
        ("ACCOUNT_EMAIL_VERIFICATION", "none"),
    ]);
    let fields = [("provider", "op"), ("process", "login"), ("callback_url", NEXT)];
    let reply = redirect(&mut lab.browser(), &fields);
    let told = "https://app.example.test/error?error=unknown&error_process=login";
    assert_eq!((reply.status, reply.header("location")), (302, Some(told)));
    let token = json!({"client_id": CLIENT, "id_token": scene.op.id_token(&person)});
    let body = json!({"provider": "op", "process": "login", "token": token});
    let reply = lab.app().post("auth/provider/token", body);
    assert_eq!((reply.status, reply.errors()), (503, vec!["provider:provider_unavailable".to_owned()]));
}

#[test]
fn a_form_can_be_sent_as_multipart() {
    let scene = Scene::new(&[]);
    let mut browser = scene.lab.browser();
    browser.get("config");
    let token = browser.cookies["csrftoken"].clone();
    let fields = [("provider", "op"), ("process", "login"), ("callback_url", NEXT), ("csrfmiddlewaretoken", &token)];
    let part = |(name, value): &(&str, &str)| {
        format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = fields.iter().map(part).collect::<String>() + "--edge--\r\n";
    let form = ("content-type", "multipart/form-data; boundary=edge");
    let reply = browser.send("POST", "auth/provider/redirect", Some(body), &[form, ("x-csrftoken", "")]);
    assert_eq!(reply.status, 302, "{}", reply.text);
    assert!(reply.header("location").unwrap().starts_with(&scene.op.url));
}

#[test]
fn a_user_who_declines_at_the_provider_returns_with_the_error_cancelled() {
    let scene = Scene::new(&[]);
    scene.op.person(Value::Null);
    let mut browser = scene.lab.browser();
    assert_eq!(scene.go(&mut browser, "login"), error("cancelled", "login"));
    assert_eq!(browser.get("auth/session").status, 401);
}

/// ASVS 5.0 10.1.2 and 10.2.2: an answer must also arrive at the path of the provider that was asked.
#[test]
fn an_answer_works_once_and_only_in_the_browser_that_asked() {
    let scene = Scene::new(&[]);
    scene.person("ada", EMAIL, true);
    let (mut browser, mut thief) = (scene.lab.browser(), scene.lab.browser());
    let unknown = "/accounts/3rdparty/login/error/?error=unknown&error_process=login";
    let back = scene.back_from(&scene.leave(&mut browser, "login", NEXT));
    thief.get("config");
    assert_eq!(arrive(&mut thief, &back), unknown, "in a browser without a session");
    scene.leave(&mut thief, "login", NEXT);
    assert_eq!(arrive(&mut thief, &back), unknown, "in another browser's session");
    assert_eq!(arrive(&mut browser, &back), NEXT);
    assert_eq!(arrive(&mut browser, &back), unknown, "an answer works once");

    let mut late = scene.lab.browser();
    let back = scene.back_from(&scene.leave(&mut late, "login", NEXT));
    scene.lab.advance(601);
    assert_eq!(arrive(&mut late, &back), unknown, "the state has expired");
    for nonsense in ["/accounts/oidc/op/login/callback/", "/accounts/oidc/op/login/callback/?state=x&code=y"] {
        assert_eq!(arrive(&mut scene.lab.browser(), nonsense), unknown);
    }
    let back = scene.back_from(&scene.leave(&mut browser, "login", NEXT));
    let elsewhere = back.replace("/oidc/op/", "/oidc/other/");
    assert_eq!(browser.send("GET", &elsewhere, None, &[]).status, 404, "the path of an unknown provider");
}

/// ASVS 5.0 10.2.1.
#[test]
fn a_code_of_another_request_is_refused_by_pkce() {
    let scene = Scene::new(&[]);
    scene.person("eve", "eve@example.com", true);
    let stolen = scene.back_from(&scene.leave(&mut scene.lab.browser(), "login", NEXT));
    let code = stolen.split("code=").nth(1).unwrap().split('&').next().unwrap();
    scene.person("ada", EMAIL, true);
    let mut browser = scene.lab.browser();
    let back = scene.back_from(&scene.leave(&mut browser, "login", NEXT));
    let own = back.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let injected = back.replace(&format!("code={own}"), &format!("code={code}"));
    assert_eq!(arrive(&mut browser, &injected), error("unknown", "login"));
    assert_eq!(browser.get("auth/session").status, 401);
}

#[test]
fn a_posted_answer_is_kept_until_the_browser_follows_the_redirect() {
    let scene = Scene::new(&[]);
    scene.person("ada", EMAIL, true);
    let mut browser = scene.lab.browser();
    let back = scene.back_from(&scene.leave(&mut browser, "login", NEXT));
    let (path, query) = back.split_once('?').unwrap();
    let form = [("content-type", "application/x-www-form-urlencoded"), ("origin", "https://appleid.apple.com")];
    let post = || call(&scene.lab.url, "POST", path, &form, Some(query.to_owned()));
    let reply = post();
    assert_eq!(reply.status, 302, "{}", reply.text);
    let again = reply.header("location").unwrap().split_once("/accounts/").unwrap().1.to_owned();
    assert!(!again.contains("code="), "the service keeps the answer");
    assert_eq!(
        reply.header("set-cookie"),
        None,
        "the request has no cookies, but the browser's cookies must not be replaced"
    );
    assert_eq!(
        post().header("location"),
        Some("/accounts/3rdparty/login/error/?error=unknown&error_process=login"),
        "the first answer is kept"
    );
    assert_eq!(arrive(&mut browser, &format!("/accounts/{again}")), NEXT);
    assert_eq!(browser.get("auth/session").status, 200);
}

/// RFC 9110, section 9.2.1.
#[test]
fn a_head_request_does_not_use_up_the_answer_of_a_provider() {
    let scene = Scene::new(&[]);
    scene.person("ada", EMAIL, true);
    let mut browser = scene.lab.browser();
    let back = scene.back_from(&scene.leave(&mut browser, "login", NEXT));
    let reply = browser.send("HEAD", &back, None, &[]);
    assert_eq!((reply.status, reply.header("location")), (200, None));
    assert_eq!(browser.get("auth/session").status, 401);
    assert_eq!(arrive(&mut browser, &back), NEXT);
}

#[test]
fn with_strict_cookies_a_page_sends_the_browser_to_the_callback_again() {
    let scene = Scene::new(&[("SESSION_COOKIE_SAMESITE", "Strict")]);
    scene.person("ada", EMAIL, true);
    let mut browser = scene.lab.browser();
    let back = scene.back_from(&scene.leave(&mut browser, "login", NEXT));
    let bare = call(&scene.lab.url, "GET", &back, &[], None);
    assert_eq!(bare.status, 200);
    assert!(bare.text.contains("http-equiv=\"refresh\"") && bare.text.contains("_redir="), "{}", bare.text);
    assert_eq!(arrive(&mut browser, &format!("{back}&_redir=")), NEXT);
}

/// CVE-2026-28512: URLs with `@`, `\`, `//` and control characters bypassed the list of allowed pages.
#[test]
fn the_callback_url_must_be_a_page_of_the_settings() {
    let scene = Scene::new(&[("CORS_ALLOWED_ORIGINS", r#"["https://spa.example.test"]"#)]);
    let unknown = "/accounts/3rdparty/login/error/?error=unknown&error_process=login";
    for bad in [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "\\\\evil.test",
        "https://app.example.test@evil.test/",
        "https://app.example.test:pass@evil.test/",
        "https://app.example.test.evil.test/",
        "https://evil.test/app.example.test",
        "http://app.example.test/",
        "https://app.example.test:8443/",
        "https://app.example.test\\@evil.test/",
        "/\t/evil.test",
        "java\nscript:alert(1)",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://app.example.test/",
        "",
    ] {
        let fields = [("provider", "op"), ("process", "login"), ("callback_url", bad)];
        let reply = redirect(&mut scene.lab.browser(), &fields);
        assert_eq!((reply.status, reply.header("location")), (302, Some(unknown)), "{bad:?}");
    }
    for good in ["/spa/back", "https://app.example.test/x?y=z#w", "https://spa.example.test"] {
        assert!(scene.leave(&mut scene.lab.browser(), "login", good).starts_with(&scene.op.url), "{good}");
    }
    let bad = [("provider", "none"), ("process", "login"), ("callback_url", NEXT)];
    assert_eq!(redirect(&mut scene.lab.browser(), &bad).header("location"), Some(unknown));
    let bad = [("provider", "op"), ("process", "steal"), ("callback_url", NEXT)];
    assert_eq!(redirect(&mut scene.lab.browser(), &bad).header("location"), Some(unknown));
    let mut forged = scene.lab.browser();
    let form = ("content-type", "application/x-www-form-urlencoded");
    let reply =
        forged.send("POST", "auth/provider/redirect", Some("provider=op".to_owned()), &[form, ("x-csrftoken", "")]);
    assert_eq!(reply.status, 403, "a form without the CSRF token");
}

/// Signs up with an address of another person, and waits for its owner to log in.
fn squatter(scene: &Scene) -> Client {
    let mut squatter = scene.lab.app();
    let reply = squatter.post("auth/signup", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    squatter
}

/// CVE-2026-47164: accounts were joined by an unverified address.
#[test]
fn a_providers_unverified_address_never_logs_in_to_an_existing_account() {
    for by_email in ["false", "true"] {
        let scene = Scene::new(&[
            ("SOCIALACCOUNT_EMAIL_AUTHENTICATION", by_email),
            ("SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT", by_email),
        ]);
        scene.lab.user(&mut scene.lab.app(), EMAIL);
        let person = scene.person("eve", EMAIL, false);
        let mut browser = scene.lab.browser();
        assert_eq!(scene.go(&mut browser, "login"), NEXT);
        assert_eq!(browser.get("auth/session").pending().as_deref(), Some("provider_signup"), "not logged in");
        let mut app = scene.lab.app();
        let reply = scene.token(&mut app, "login", &person);
        assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("provider_signup")));
        assert_eq!(app.post("auth/provider/signup", json!({"email": EMAIL})).errors(), ["email:email_taken"]);
        let reply = app.post("auth/provider/signup", json!({"email": "eve@example.com"}));
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.json["data"]["user"]["email"], "eve@example.com");
    }
}

#[test]
fn without_the_setting_a_verified_address_does_not_log_in_to_an_existing_account() {
    let scene = Scene::new(&[]);
    scene.lab.user(&mut scene.lab.app(), EMAIL);
    let person = scene.person("ada", EMAIL, true);
    let reply = scene.token(&mut scene.lab.app(), "login", &person);
    assert_eq!(reply.pending().as_deref(), Some("provider_signup"));
}

#[test]
fn with_the_setting_a_verified_address_logs_in_and_a_squatter_loses_the_account() {
    let scene = Scene::new(&[("SOCIALACCOUNT_EMAIL_AUTHENTICATION", "true")]);
    let mut squatter = squatter(&scene);
    // Everything with which the squatter could return: another address, another identity, the password, the session.
    let own = json!({"sub": "eve", "email": "eve@example.com", "email_verified": true});
    assert_eq!(scene.token(&mut squatter, "connect", &own).status, 200);
    assert_eq!(squatter.post("account/email", json!({"email": "spare@example.com"})).status, 200);
    let person = scene.person("ada", EMAIL, true);
    let mut ada = scene.lab.app();
    let reply = scene.token(&mut ada, "login", &person);
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.json["data"]["user"]["has_usable_password"], false);
    assert_ne!(squatter.get("auth/session").status, 200);
    assert_eq!(scene.lab.app().post("auth/login", json!({"email": EMAIL, "password": PASSWORD})).status, 400);
    let addresses = ada.get("account/email").json["data"].clone();
    assert_eq!((addresses.as_array().unwrap().len(), &addresses[0]["email"]), (1, &json!(EMAIL)));
    let user = ada.get("auth/session").json["data"]["user"]["id"].clone();
    let mut eve = scene.lab.app();
    scene.token(&mut eve, "login", &own);
    assert_ne!(
        eve.get("auth/session").json["data"]["user"]["id"],
        user,
        "the squatter's identity belongs to another account"
    );
}

/// CVE-2025-65431: an account was found by a name that can pass to another person (ASVS 5.0 6.8.1).
#[test]
fn an_identity_is_its_provider_and_subject_whatever_the_address() {
    let scene = Scene::new(&[]);
    let first = scene.person("ada", EMAIL, true);
    let mut client = scene.lab.app();
    let user = scene.token(&mut client, "login", &first).json["data"]["user"]["id"].clone();
    let renamed = json!({"sub": "ada", "email": "countess@example.com", "email_verified": true});
    assert_eq!(scene.token(&mut scene.lab.app(), "login", &renamed).json["data"]["user"]["id"], user);
    let namesake = json!({"sub": "Ada", "email": "other@example.com", "email_verified": true});
    assert_ne!(scene.token(&mut scene.lab.app(), "login", &namesake).json["data"]["user"]["id"], user);
}

#[test]
fn an_identity_can_be_connected_and_disconnected_with_a_mail_for_each() {
    let scene = Scene::new(&[]);
    scene.person("ada", "elsewhere@example.com", true);
    let mut browser = scene.lab.browser();
    scene.lab.user(&mut browser, EMAIL);
    assert_eq!(scene.go(&mut browser, "connect"), NEXT);
    assert_eq!(identities(&mut browser), ["ada"]);
    assert!(scene.lab.mail(EMAIL).text.contains("Your Example account was connected"));
    let mut other = scene.lab.browser();
    scene.lab.user(&mut other, "bob@example.com");
    assert_eq!(scene.go(&mut other, "connect"), error("connected_other", "connect"));
    assert_eq!(
        scene.go(&mut scene.lab.browser(), "connect"),
        error("permission_denied", "connect"),
        "the browser is not logged in"
    );
    let gone = json!({"provider": "op", "account": "ada"});
    assert_eq!(other.delete_with("account/providers", gone.clone()).errors(), [":account_not_found"]);
    assert_eq!(browser.delete_with("account/providers", gone).json["data"], json!([]));
    assert!(scene.lab.mail(EMAIL).text.contains("was disconnected"));
    assert_eq!(scene.go(&mut other, "connect"), NEXT, "the identity is free now");
}

#[test]
fn with_the_setting_changes_of_identities_need_recent_authentication() {
    let scene = Scene::new(&[("SOCIALACCOUNT_REAUTHENTICATION_REQUIRED", "true")]);
    scene.person("ada", "elsewhere@example.com", true);
    let mut browser = scene.lab.browser();
    scene.lab.user(&mut browser, EMAIL);
    assert_eq!(scene.go(&mut browser, "connect"), error("reauthentication_required", "connect"));
    browser.post("auth/reauthenticate", json!({"password": PASSWORD}));
    assert_eq!(scene.go(&mut browser, "connect"), NEXT);
    scene.lab.advance(600);
    let reply = browser.delete_with("account/providers", json!({"provider": "op", "account": "ada"}));
    assert_eq!((reply.status, &reply.json["meta"]["is_authenticated"]), (401, &json!(true)));
}

#[test]
fn the_last_login_method_stays_even_if_two_requests_take_one_each() {
    for (fault, plan) in plans() {
        let scene = Scene::new(&[]);
        let person = scene.person("one", EMAIL, true);
        let mut client = scene.lab.app();
        assert_eq!(scene.token(&mut client, "login", &person).status, 200);
        let second = json!({"sub": "two", "email": "two@example.com"});
        assert_eq!(scene.token(&mut client, "connect", &second).status, 200);
        scene.lab.faults(plan);
        let replies = at_once(2, |n| {
            let account = ["one", "two"][n];
            client.clone().delete_with("account/providers", json!({"provider": "op", "account": account}))
        });
        scene.lab.faults(json!({}));
        assert_orderly(fault, &replies, &[200, 400]);
        let left = identities(&mut client);
        assert!(!left.is_empty(), "{fault}: locked out");
        let reply = client.delete_with("account/providers", json!({"provider": "op", "account": left[0]}));
        assert!(left.len() == 2 || reply.errors() == [":no_password"], "{fault}: {}", reply.text);
    }
}

#[test]
fn fifty_logins_of_one_new_identity_make_one_account() {
    for (fault, plan) in plans() {
        let scene = Scene::new(&[]);
        let person = scene.person("ada", EMAIL, true);
        scene.lab.faults(plan);
        let replies = at_once(50, |_| scene.token(&mut scene.lab.app(), "login", &person));
        scene.lab.faults(json!({}));
        assert_orderly(fault, &replies, &[200]);
        let users = replies.iter().filter(|reply| reply.status == 200);
        let users = users.map(|reply| reply.json["data"]["user"]["id"].to_string());
        let users = users.collect::<std::collections::BTreeSet<_>>();
        assert!(users.len() <= 1, "{fault}: {users:?}");
        let mut client = scene.lab.app();
        assert_eq!(scene.token(&mut client, "login", &person).status, 200, "{fault}");
        assert_eq!(identities(&mut client), ["ada"], "{fault}");
    }
}

#[test]
fn the_user_is_asked_for_data_that_the_provider_did_not_send() {
    let scene = Scene::new(&[("SOCIALACCOUNT_AUTO_SIGNUP", "false"), ("ACCOUNT_EMAIL_VERIFICATION", "mandatory")]);
    let person = scene.person("ada", EMAIL, true);
    let mut client = scene.lab.app();
    assert_eq!(client.get("auth/provider/signup").status, 409, "no signup is pending");
    assert_eq!(scene.token(&mut client, "login", &person).pending().as_deref(), Some("provider_signup"));
    let shown = client.get("auth/provider/signup").json["data"].clone();
    assert_eq!((&shown["account"]["uid"], &shown["email"][0]["email"]), (&json!("ada"), &json!(EMAIL)));
    let mut twin = client.clone();
    let reply = client.post("auth/provider/signup", json!({"email": EMAIL, "password": "not read"}));
    assert_eq!(reply.status, 200, "the provider has verified the address: {}", reply.text);
    assert_eq!(reply.json["data"]["user"]["has_usable_password"], false);
    assert_eq!(
        twin.post("auth/provider/signup", json!({"email": "b@example.com"})).status,
        409,
        "a signup can be finished once"
    );

    // The service must verify an address that the provider has not verified.
    let second = json!({"sub": "bob", "email": "bob@example.com", "email_verified": false});
    let mut client = scene.lab.app();
    scene.token(&mut client, "login", &second);
    let reply = client.post("auth/provider/signup", json!({"email": "bob@example.com"}));
    assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("verify_email")), "{}", reply.text);
}

#[test]
fn closed_signup_is_also_closed_for_identities() {
    let scene = Scene::new(&[("ACCOUNT_SIGNUP_OPEN", "false")]);
    let person = scene.person("ada", EMAIL, true);
    assert_eq!(scene.token(&mut scene.lab.app(), "login", &person).status, 403);
    assert_eq!(scene.go(&mut scene.lab.browser(), "login"), error("signup_closed", "login"));
}

#[test]
fn an_identity_does_not_replace_a_second_factor() {
    let scene = Scene::new(&[("MFA_REAUTHENTICATION_REQUIRED", "false")]);
    let person = scene.person("ada", EMAIL, true);
    let mut client = scene.lab.app();
    scene.token(&mut client, "login", &person);
    let path = "account/authenticators/totp";
    let secret = client.get(path).json["meta"]["secret"].as_str().unwrap().to_owned();
    let totp = totp_rs::Builder::new().with_secret(totp_rs::Secret::try_from_base32(&secret).unwrap()).build().unwrap();
    let code = totp.generate(u64::try_from(scene.lab.now()).unwrap()).to_string();
    assert_eq!(client.post(path, json!({"code": code})).status, 200);
    let reply = scene.token(&mut scene.lab.app(), "login", &person);
    assert_eq!((reply.status, reply.pending().as_deref()), (401, Some("mfa_authenticate")));
}

#[test]
fn with_the_setting_the_providers_tokens_are_stored_encrypted() {
    let scene = Scene::new(&[("SOCIALACCOUNT_STORE_TOKENS", "true")]);
    scene.person("ada", EMAIL, true);
    assert_eq!(scene.go(&mut scene.lab.browser(), "login"), NEXT);
    let table = scene.lab.table();
    let holds = |text: &str| table.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("PROVIDER#") && !holds("refresh-me") && !holds("access-0"));
}

#[test]
fn an_id_token_with_a_jti_is_accepted_once() {
    let scene = Scene::new(&[]);
    let person = json!({"sub": "ada", "email": EMAIL, "email_verified": true, "jti": "one-of-a-kind"});
    assert_eq!(scene.token(&mut scene.lab.app(), "login", &person).status, 200);
    assert_eq!(scene.token(&mut scene.lab.app(), "login", &person).errors(), ["token:invalid_token"]);
}

#[test]
fn the_dummy_provider_exists_only_if_the_local_service_is_configured_for_it() {
    let lab = Lab::start(&[("SOCIALACCOUNT_PROVIDERS", r#"{"dummy": {}}"#), ("ACCOUNT_EMAIL_VERIFICATION", "none")]);
    let mut browser = lab.browser();
    let config = browser.get("config").json["data"]["socialaccount"]["providers"].clone();
    assert_eq!(config, json!([{"id": "dummy", "name": "Dummy", "flows": ["provider_redirect", "provider_token"]}]));
    let fields = [("provider", "dummy"), ("process", "login"), ("callback_url", NEXT)];
    let reply = redirect(&mut browser, &fields);
    let page = reply.header("location").unwrap().split_once("/accounts/").unwrap().1.to_owned();
    let page = format!("/accounts/{page}");
    assert!(browser.send("GET", &page, None, &[]).text.contains("<form"));
    let form = ("content-type", "application/x-www-form-urlencoded");
    let fields = "id=7&email=ada%40example.com&email_verified=true&username=ada".to_owned();
    let reply = browser.send("POST", &page, Some(fields), &[form]);
    assert_eq!((reply.status, reply.header("location")), (302, Some(NEXT)));
    assert_eq!(identities(&mut browser), ["7"]);

    let without = Lab::start(&[]);
    let token = json!({"id_token": "{\"id\": 1}", "client_id": "x"});
    let body = json!({"provider": "dummy", "process": "login", "token": token});
    assert_eq!(without.app().post("auth/provider/token", body).status, 400);
    assert_eq!(call(&without.url, "GET", "/accounts/dummy/authenticate/", &[], None).status, 404);
}

/// An account with such an address could not be verified, and no endpoint would accept the address.
#[test]
fn an_address_that_cannot_receive_mail_is_asked_for_again() {
    let scene = Scene::new(&[]);
    for (subject, email) in [("a", "\"ada\"@example.com"), ("b", "ä@example.com"), ("c", "a..b@example.com")] {
        scene.person(subject, email, true);
        let mut browser = scene.lab.browser();
        scene.go(&mut browser, "login");
        assert_eq!(browser.get("auth/provider/signup").status, 200, "{email}");
        let reply = browser.post("auth/provider/signup", json!({"email": email}));
        assert_eq!(reply.errors(), ["email:invalid"], "{email}");
        let other = format!("{subject}@example.com");
        let reply = browser.post("auth/provider/signup", json!({"email": other}));
        assert_eq!((reply.status, &reply.json["data"]["user"]["email"]), (200, &json!(other)), "{}", reply.text);
        assert_eq!(browser.get("account/email").json["data"].as_array().unwrap().len(), 1, "{email}");
    }
}
