//! One client for the four APIs into which users log in: the headless API for apps, the headless API for browsers, the
//! flat API, and the JWT API.

use crate::lab::{Bearer, Client, Lab, Mail, PASSWORD, Reply, call};
use serde_json::{Value, json};

pub const EMAIL: &str = "ada@example.com";
pub const NEW: &str = "another-Zebra-77-staple";
const TOTP: &str = "account/authenticators/totp";

/// One of the APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    App,
    Browser,
    Flat,
    Jwt,
}

pub const APIS: [Api; 4] = [Api::App, Api::Browser, Api::Flat, Api::Jwt];

/// A client of one API, with the tokens that it has received.
#[derive(Clone)]
pub struct Visitor<'a> {
    lab: &'a Lab,
    pub api: Api,
    pub client: Client,
    pub bearer: Bearer,
    /// The access token of the flat API.
    pub access: Option<String>,
    /// The flow token of the flat API, or the challenge of the JWT API.
    pub token: Option<String>,
    /// The secret of the authenticator app that is being set up.
    pub secret: Option<String>,
}

impl<'a> Visitor<'a> {
    pub fn new(lab: &'a Lab, api: Api) -> Self {
        let client = if api == Api::Browser { lab.browser() } else { lab.app() };
        Self { lab, api, client, bearer: lab.bearer(), access: None, token: None, secret: None }
    }

    /// Sends a request to the flat API.
    pub fn flat(&mut self, method: &str, path: &str, body: Value) -> Reply {
        let bearer = self.access.as_ref().map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        let reply = call(&self.lab.url, method, &format!("/auth/{path}"), &headers, Some(body.to_string()));
        if let Some(token) = reply.json["access_token"].as_str() {
            self.access = Some(token.to_owned());
        }
        reply
    }

    pub fn sign_up(&mut self, email: &str, password: &str) -> Reply {
        let body = json!({"email": email, "password": password});
        match self.api {
            Api::App | Api::Browser => self.client.post("auth/signup", body),
            Api::Flat => self.flat("POST", "signup/", body),
            Api::Jwt => {
                let body = json!({"email": email, "password1": password, "password2": password,
                                  "first_name": "Ada", "last_name": "Lovelace"});
                self.bearer.post("registration/", body)
            }
        }
    }

    /// Logs in with a password. Keeps the token for the next step, if there is one.
    pub fn login(&mut self, email: &str, password: &str) -> Reply {
        let body = json!({"email": email, "password": password});
        match self.api {
            Api::App | Api::Browser => self.client.post("auth/login", body),
            Api::Flat => {
                let reply = self.flat("POST", "login/", body);
                let token = reply.json["mfa_token"].as_str().or(reply.json["flow_token"].as_str());
                self.token = token.map(str::to_owned);
                reply
            }
            Api::Jwt => {
                let reply = self.bearer.post("login/", body);
                let token = reply.json["challenge_id"].as_str().or(reply.json["setup_challenge_id"].as_str());
                self.token = token.map(str::to_owned);
                reply
            }
        }
    }

    /// Sends a code of the authenticator app, or a recovery code, to a login that waits for it.
    pub fn show(&mut self, code: &str) -> Reply {
        let token = self.token.clone();
        match self.api {
            Api::App | Api::Browser => self.client.post("auth/2fa/authenticate", json!({"code": code})),
            Api::Flat => self.flat("POST", "mfa/authenticate/", json!({"token": token, "code": code})),
            Api::Jwt if code.len() == 6 => {
                self.bearer.post("mfa/verify/", json!({"challenge_id": token, "code": code}))
            }
            Api::Jwt => self.bearer.post("mfa/verify-recovery/", json!({"challenge_id": token, "recovery_code": code})),
        }
    }

    /// Returns whether the client is logged in and its session is valid.
    pub fn is_in(&mut self) -> bool {
        match self.api {
            Api::App | Api::Browser => self.client.get("auth/session").status == 200,
            Api::Flat => self.access.is_some() && self.flat("GET", "user/", json!({})).status == 200,
            Api::Jwt => self.bearer.access.is_some() && self.patch_user().status == 200,
        }
    }

    fn patch_user(&mut self) -> Reply {
        self.bearer.send("PATCH", "user/", Some("{}".to_owned()))
    }

    /// Returns the outcome of a login: `in`, the flow that it waits for, or the error.
    pub fn outcome(&self, reply: &Reply) -> String {
        let json = &reply.json;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let status = || reply.status.to_string();
        match self.api {
            Api::App | Api::Browser if reply.status == 200 => "in".to_owned(),
            Api::App | Api::Browser => reply.pending().or(text(&json["errors"][0]["code"])).unwrap_or_else(status),
            Api::Flat if json["access_token"].is_string() => "in".to_owned(),
            Api::Flat => {
                let first = json["error_codes"].as_object().and_then(|all| text(&all.values().next()?[0]));
                text(&json["flow"]).or(first).unwrap_or_else(status)
            }
            Api::Jwt if json["access"].is_string() => "in".to_owned(),
            Api::Jwt if json["mfa_required"] == true => "mfa_authenticate".to_owned(),
            Api::Jwt if json["mfa_setup_required"] == true => "mfa_setup".to_owned(),
            Api::Jwt => text(&json["code"]).unwrap_or_else(status),
        }
    }

    /// Logs in and returns the outcome. Checks that the client is logged in only if the answer says so.
    pub fn enter(&mut self, email: &str, password: &str) -> String {
        let reply = self.login(email, password);
        let outcome = self.outcome(&reply);
        assert_eq!(self.is_in(), outcome == "in", "{:?}: {}", self.api, reply.text);
        outcome
    }

    /// Asks for a secret of an authenticator app, and keeps it.
    pub fn begin_app(&mut self) -> Reply {
        let (reply, secret) = match self.api {
            Api::App | Api::Browser => {
                let reply = self.client.get(TOTP);
                let secret = reply.json["meta"]["secret"].clone();
                (reply, secret)
            }
            Api::Flat => {
                let reply = self.flat("POST", "mfa/totp/add/", json!({}));
                let secret = reply.json["secret"].clone();
                (reply, secret)
            }
            Api::Jwt => {
                let reply = self.bearer.post("mfa/setup/", json!({"setup_challenge_id": self.token}));
                let secret = reply.json["secret"].clone();
                (reply, secret)
            }
        };
        self.secret = secret.as_str().map(str::to_owned);
        reply
    }

    /// Sends a code of the app that is being set up.
    pub fn finish_app(&mut self) -> Reply {
        // Without a secret, the client sends any code.
        let secret = self.secret.clone();
        let code = secret.as_deref().map_or("123456".to_owned(), |it| crate::lab::code_of(it, self.lab.now()));
        match self.api {
            Api::App | Api::Browser => self.client.post(TOTP, json!({"code": code})),
            Api::Flat => {
                let secret = secret.unwrap_or_else(|| "JBSWY3DPEHPK3PXP".to_owned());
                self.flat("POST", "mfa/totp/confirm/", json!({"secret": secret, "code": code}))
            }
            Api::Jwt => {
                let token = self.token.clone().unwrap_or_default();
                self.bearer.post("mfa/activate/", json!({"code": code, "setup_challenge_id": token}))
            }
        }
    }

    /// Reauthenticates, if this API has an endpoint for it.
    pub fn prove_again(&mut self) {
        if matches!(self.api, Api::App | Api::Browser) {
            let reply = self.client.post("auth/reauthenticate", json!({"password": PASSWORD}));
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
    }

    /// Sets up an authenticator app. Returns its secret.
    pub fn enroll(&mut self) -> String {
        self.prove_again();
        self.begin_app();
        let reply = self.finish_app();
        assert_eq!(reply.status, 200, "{:?}: {}", self.api, reply.text);
        self.secret.clone().unwrap()
    }

    /// Asks for a password reset. Returns the mail if it contains a reset link.
    pub fn forget(&mut self, email: &str) -> Option<Mail> {
        let before = self.lab.mails(email).len();
        let body = json!({"email": email});
        let reply = match self.api {
            Api::App | Api::Browser => self.client.post("auth/password/request", body),
            Api::Flat => self.flat("POST", "password/reset/", body),
            Api::Jwt => self.bearer.post("password/reset/", body),
        };
        assert_eq!(reply.status, 200, "{}", reply.text);
        let mail = self.lab.mails(email).into_iter().skip(before).last();
        mail.filter(|mail| mail.text.contains("/password/reset/"))
    }

    /// Sets a new password with the link of such a mail.
    pub fn reset(&mut self, mail: &Mail, password: &str) -> Reply {
        match self.api {
            Api::App | Api::Browser => {
                self.client.post("auth/password/reset", json!({"key": mail.key(), "password": password}))
            }
            Api::Flat => self.flat("POST", "password/reset/confirm/", json!({"key": mail.key(), "password": password})),
            Api::Jwt => {
                let reply = self.bearer.get(&mail.link());
                assert_eq!(reply.status, 302, "{}", reply.text);
                let new = json!({"new_password1": password, "new_password2": password});
                self.bearer.post("password/reset/set-new/", new)
            }
        }
    }
}

/// An account with a verified address, for `Lab::with_accounts`.
pub fn verified() -> Value {
    json!({"email": EMAIL, "password": PASSWORD, "verified": true})
}
