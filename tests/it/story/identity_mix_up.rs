//! Tests of provider answers that arrive at the wrong place: at another provider's path, in another browser, in another
//! API, or twice (RFC 9700, sections 2.1 and 4.4; ASVS 5.0 10.1.2, 10.2.2).

use super::identities::{NEXT, arrive, error, identities, redirect};
use super::identity_provider::IdentityProvider;
use crate::lab::{Client, Lab, Reply, call};
use serde_json::{Value, json};

const UNKNOWN: &str = "/accounts/3rdparty/login/error/?error=unknown&error_process=login";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A service with two providers, `op` and `other`.
struct Scene {
    lab: Lab,
    op: IdentityProvider,
    other: IdentityProvider,
}

impl Scene {
    fn new() -> Self {
        let (op, other) = (IdentityProvider::start(), IdentityProvider::start());
        let apps = [(&op, "op"), (&other, "other")].map(|(provider, id)| {
            let settings: Value = serde_json::from_str(&provider.settings(&json!({}))).unwrap();
            let mut app = settings["openid_connect"]["APPS"][0].clone();
            app["provider_id"] = json!(id);
            provider.person(json!({"sub": "ada", "email": format!("ada@{id}.example"), "email_verified": true}));
            app
        });
        let providers = json!({"openid_connect": {"APPS": apps}}).to_string();
        let lab = Lab::start(&[
            ("SOCIALACCOUNT_PROVIDERS", &providers),
            ("ACCOUNT_RATE_LIMITS", "false"),
            ("ACCOUNT_EMAIL_VERIFICATION", "optional"),
        ]);
        Self { lab, op, other }
    }

    /// Starts a login at a provider in a browser. Returns the path of the service that the provider redirects to.
    fn leave(&self, browser: &mut Client, provider: &str, process: &str) -> String {
        let reply = redirect(browser, &[("provider", provider), ("process", process), ("callback_url", NEXT)]);
        self.path(reply.header("location").unwrap())
    }

    /// Starts a login at a provider in the flat API. Returns the parameters that the client must send back.
    fn leave_flat(&self, provider: &str) -> Value {
        let reply = self.flat(provider, "redirect", &json!({}));
        let back = self.path(reply.json["redirect_url"].as_str().unwrap_or_else(|| panic!("{}", reply.text)));
        params(&back)
    }

    fn path(&self, authorize: &str) -> String {
        let provider = if authorize.starts_with(&self.op.url) { &self.op } else { &self.other };
        let (base, path) = authorize.split_at(provider.url.len());
        let back = url::Url::parse(call(base, "GET", path, &[], None).header("location").unwrap()).unwrap();
        back[url::Position::BeforePath..].to_owned()
    }

    fn flat(&self, provider: &str, path: &str, body: &Value) -> Reply {
        let json = [("content-type", "application/json")];
        let path = format!("/auth/providers/{provider}/{path}/");
        call(&self.lab.url, "POST", &path, &json, Some(body.to_string()))
    }
}

fn params(back: &str) -> Value {
    let query = back.split_once('?').unwrap().1.as_bytes();
    let pairs = url::form_urlencoded::parse(query);
    Value::Object(pairs.map(|(name, value)| (name.into_owned(), json!(value))).collect())
}

fn is_refused(reply: &Reply) {
    assert_eq!(reply.json["error_codes"], json!({"state": ["invalid_state"]}), "{}", reply.text);
}

fn is_in(client: &mut Client) -> bool {
    client.get("auth/session").status == 200
}

#[test]
fn an_answer_works_only_at_the_path_of_the_provider_that_was_asked() {
    let scene = Scene::new();
    let mut browser = scene.lab.browser();
    let back = scene.leave(&mut browser, "op", "login");
    let elsewhere = back.replace("/oidc/op/", "/oidc/other/");
    assert_ne!(back, elsewhere);
    assert_eq!(arrive(&mut browser, &elsewhere), UNKNOWN);
    let (path, query) = elsewhere.split_once('?').unwrap();
    let reply = call(&scene.lab.url, "POST", path, &[FORM], Some(query.to_owned()));
    assert_eq!(reply.header("location"), Some(UNKNOWN), "posted by a page of the other provider");
    assert!(!is_in(&mut browser));
    assert_eq!(arrive(&mut browser, &back), NEXT, "the refused request did not use up the answer");
    assert!(is_in(&mut browser));

    let given = scene.leave_flat("op");
    is_refused(&scene.flat("other", "callback", &given));
    assert_eq!(scene.flat("op", "callback", &given).status, 200);
    is_refused(&scene.flat("op", "callback", &given));
}

#[test]
fn a_code_of_one_provider_is_refused_with_the_state_of_another() {
    let scene = Scene::new();
    let mut browser = scene.lab.browser();
    let (at_op, at_other) = (scene.leave(&mut browser, "op", "login"), scene.leave(&mut browser, "other", "login"));
    let foreign = params(&at_other)["code"].as_str().unwrap().to_owned();
    // Both providers number their codes in the same way. The suffix makes this code unknown to the right provider.
    let own = params(&at_op)["code"].as_str().unwrap().to_owned();
    let mixed = at_op.replace(&format!("code={own}"), &format!("code={foreign}-of-the-other"));
    assert_eq!(arrive(&mut browser, &mixed), error("unknown", "login"));
    assert!(!is_in(&mut browser));
    assert_eq!(arrive(&mut browser, &at_op), UNKNOWN, "the state is used up");
}

#[test]
fn a_login_that_began_in_one_api_cannot_be_finished_in_the_other() {
    let scene = Scene::new();
    let mut browser = scene.lab.browser();
    let given = scene.leave_flat("op");
    let (state, code) = (given["state"].as_str().unwrap(), given["code"].as_str().unwrap());
    let query = format!("state={state}&code={code}");
    let path = "/accounts/oidc/op/login/callback/";
    scene.leave(&mut browser, "op", "login");
    assert_eq!(arrive(&mut browser, &format!("{path}?{query}")), UNKNOWN);
    let reply = call(&scene.lab.url, "POST", path, &[FORM], Some(query));
    assert_eq!(reply.header("location"), Some(UNKNOWN));
    assert!(!is_in(&mut browser));
    assert_eq!(scene.flat("op", "callback", &given).status, 200, "the answer still works in its own API");

    let back = scene.leave(&mut browser, "op", "login");
    is_refused(&scene.flat("op", "callback", &params(&back)));
    assert_eq!(arrive(&mut browser, &back), NEXT);
}

/// A victim who opens an attacker's answer would otherwise connect the attacker's identity to their own account.
#[test]
fn an_answer_for_another_browser_connects_nothing_and_does_not_log_in() {
    let scene = Scene::new();
    let (mut thief, mut victim) = (scene.lab.browser(), scene.lab.browser());
    scene.lab.user(&mut thief, "eve@example.com");
    scene.lab.user(&mut victim, "bob@example.com");
    let back = scene.leave(&mut thief, "op", "connect");
    assert_eq!(arrive(&mut victim, &back), UNKNOWN);
    assert_eq!(identities(&mut victim), [""; 0]);
    assert_eq!(arrive(&mut thief, &back), NEXT);

    let mut stranger = scene.lab.browser();
    let back = scene.leave(&mut thief, "op", "login");
    stranger.get("config");
    assert_eq!(arrive(&mut stranger, &back), UNKNOWN);
    assert!(!is_in(&mut stranger));
}

/// ASVS 5.0 7.2.4: a login changes the session. An attacker who knew the session token from before does not know the
/// new one.
#[test]
fn a_login_through_a_provider_changes_the_session() {
    let scene = Scene::new();
    let mut browser = scene.lab.browser();
    let back = scene.leave(&mut browser, "op", "login");
    let mut fixed = browser.clone();
    assert_eq!(arrive(&mut browser, &back), NEXT);
    assert_ne!(browser.cookies["sessionid"], fixed.cookies["sessionid"]);
    assert!(is_in(&mut browser) && !is_in(&mut fixed));
}

/// The browser has already left the page of the form. An error is therefore a redirect to the error page, as in the
/// reference, and not to the provider.
#[test]
fn an_incomplete_form_redirects_to_the_error_page_without_a_session() {
    let scene = Scene::new();
    let good = [("provider", "op"), ("process", "login"), ("callback_url", NEXT)];
    let mut forms = vec![Vec::new()];
    forms.extend((0..3).map(|missing| [&good[..missing], &good[missing + 1..]].concat()));
    for form in forms {
        let mut browser = scene.lab.browser();
        let reply = redirect(&mut browser, &form);
        assert_eq!((reply.status, reply.header("location")), (302, Some(UNKNOWN)), "{form:?}");
        assert!(!browser.cookies.contains_key("sessionid"), "{form:?}");
    }
    assert!(scene.lab.log().contains("callback_url"), "the log names the missing fields");
}
