//! The response shapes of the headless API: `status`, `data`, `meta`, `errors`.

use crate::account::{Authenticator, Factor, IdentityLink, User};
use crate::ambient::Timestamp;
use crate::app::App;
use crate::flow::Problem;
use crate::flow::addresses::email_addresses::Listed;
use crate::flow::proven_identity::{self, ProvenIdentity};
use crate::provider::{Address, DUMMY, configuration_url};
use crate::session::{AuthenticationRecord, Caller, CodeKind, CodeProcess, Session, StageKey, Token};
use crate::settings::{ClientKind, Settings};
use serde_json::{Map, Value as Json, json};

/// A response body and its status.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// The HTTP status, which the body repeats.
    pub status: u16,
    /// The body.
    pub body: Json,
}

impl Envelope {
    /// A status and nothing to say beside it.
    pub fn bare(status: u16) -> Self {
        Self { status, body: json!({"status": status}) }
    }

    /// 200 with data.
    pub fn data(data: Json) -> Self {
        let mut envelope = Self::bare(200);
        envelope.body["data"] = data;
        envelope
    }

    /// 400: what is wrong with the input.
    pub fn errors(problems: &[Problem]) -> Self {
        let error = |problem: &Problem| {
            let mut error = json!({"message": problem.message, "code": problem.code});
            if let Some(param) = problem.param {
                error["param"] = json!(param);
            }
            error
        };
        let errors = problems.iter().map(error).collect::<Vec<_>>();
        Self { status: 400, body: json!({"status": 400, "errors": errors}) }
    }

    /// The same with another status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self.body["status"] = json!(status);
        self
    }

    /// Adds to `meta`.
    pub fn with_meta(mut self, name: &str, value: Json) -> Self {
        self.body["meta"][name] = value;
        self
    }

    /// 401 for somebody who is in, and has to show again who they are.
    pub fn reauthentication(app: &App, client: ClientKind, caller: &Caller) -> Self {
        let mut envelope = Self::authentication(app, client, caller, None);
        let mut flows = Vec::new();
        if let Some(user) = caller.user() {
            if user.has_usable_password() {
                flows.push(json!({"id": "reauthenticate"}));
            }
            if !user.authenticators.is_empty() {
                flows.push(json!({"id": "mfa_reauthenticate", "types": user.factor_kinds()}));
            }
        }
        flows.extend(password_reset_flow(&app.settings, app.now(), caller));
        envelope.body["data"]["flows"] = json!(flows);
        envelope.body["status"] = json!(401);
        Self { status: 401, ..envelope }
    }

    /// Who the caller is, or what they could do to become somebody: the answer of most of `auth/`.
    pub fn authentication(app: &App, client: ClientKind, caller: &Caller, issued: Option<&Token>) -> Self {
        let envelope = match caller {
            Caller::User(parts) => {
                let (user, session) = &**parts;
                let methods = session.methods.iter().map(record).collect::<Vec<_>>();
                let data = json!({"user": user_data(&app.settings, user), "methods": methods});
                Self::data(data).with_meta("is_authenticated", json!(true))
            }
            Caller::Gone => Self::unauthenticated(app, client, caller, 410),
            Caller::Anonymous | Caller::Pending(_) => Self::unauthenticated(app, client, caller, 401),
        };
        match issued {
            Some(token) if client == ClientKind::App => envelope.with_meta("session_token", json!(token.text())),
            _ => envelope,
        }
    }

    fn unauthenticated(app: &App, client: ClientKind, caller: &Caller, status: u16) -> Self {
        let data = json!({"flows": flows(app, client, caller)});
        Self::data(data).with_status(status).with_meta("is_authenticated", json!(false))
    }
}

fn record(record: &AuthenticationRecord) -> Json {
    let mut shown = json!({"method": record.method, "at": record.at.as_f64()});
    if let Some(email) = &record.email {
        shown["email"] = json!(email);
    }
    if let Some(username) = &record.username {
        shown["username"] = json!(username);
    }
    if let Some(phone) = &record.phone {
        shown["phone"] = json!(phone);
    }
    if let Some(id) = record.id {
        shown["id"] = json!(id);
    }
    if let Some(kind) = &record.kind {
        shown["type"] = json!(kind);
    }
    if let Some(provider) = &record.provider {
        shown["provider"] = json!(provider);
    }
    if let Some(uid) = &record.uid {
        shown["uid"] = json!(uid);
    }
    if record.passwordless {
        shown["passwordless"] = json!(true);
    }
    if record.reauthenticated {
        shown["reauthenticated"] = json!(true);
    }
    shown
}

/// A user, as clients see one. Shown to people half-way in too, so there is little in it.
pub fn user_data(settings: &Settings, user: &User) -> Json {
    let mut data = json!({
        "id": user.id,
        "display": user.display(settings),
        "has_usable_password": user.has_usable_password(),
    });
    if let Some(email) = user.primary_email() {
        data["email"] = json!(email);
    }
    if let (Some(_), Some(username)) = (&settings.account.username_field, &user.username) {
        data["username"] = json!(username);
    }
    data
}

/// A user's addresses.
pub fn addresses_data(addresses: &[Listed]) -> Json {
    let row = |listed: &Listed| json!({"email": listed.email, "verified": listed.verified, "primary": listed.primary});
    addresses.iter().map(row).collect()
}

/// An authenticator. The codes are shown where `codes` has them.
pub fn authenticator_data(authenticator: &Authenticator, codes: Option<&[String]>) -> Json {
    let mut data = json!({
        "type": authenticator.factor.kind(),
        "created_at": authenticator.created.as_f64(),
        "last_used_at": authenticator.last_used.map(Timestamp::as_f64),
    });
    if let Factor::RecoveryCodes { used, total, .. } = &authenticator.factor {
        data["total_code_count"] = json!(total);
        data["unused_code_count"] = json!(total - used.len());
        if let Some(codes) = codes {
            data["unused_codes"] = json!(codes);
        }
    }
    if let Factor::WebAuthn { name, credential, .. } = &authenticator.factor {
        data["id"] = json!(authenticator.id);
        data["name"] = json!(name);
        if let Some(passwordless) = credential.is_passwordless() {
            data["is_passwordless"] = json!(passwordless);
        }
    }
    data
}

/// A user's sessions.
pub fn sessions_data(settings: &Settings, sessions: &[Session], current: &Session) -> Json {
    let row = |session: &Session| {
        let mut row = json!({
            "id": session.number,
            "user_agent": session.user_agent,
            "ip": session.ip,
            "created_at": session.created.as_f64(),
            "is_current": session.number == current.number,
        });
        if settings.user_sessions.track_activity {
            row["last_seen_at"] = json!(session.last_seen.unwrap_or(session.created).as_f64());
        }
        row
    };
    sessions.iter().map(row).collect()
}

/// The ways in that are open, and the one that the caller is on.
fn flows(app: &App, client: ClientKind, caller: &Caller) -> Vec<Json> {
    let settings = &app.settings;
    let (account, social) = (&settings.account, &settings.social);
    let mut flows = Vec::new();
    let mut open = |id: &str| flows.push(json!({"id": id}));
    if !social.only {
        open("login");
    }
    if account.login_by_code_enabled {
        open("login_by_code");
    }
    if account.signup_open && !social.only {
        open("signup");
    }
    if social.enabled {
        let offered = offered_providers(app, client);
        let flow = |id: &str, providers: Vec<&str>| json!({"id": id, "providers": providers});
        let redirects = offered.iter().filter(|it| it.redirect).map(|it| it.id).collect::<Vec<_>>();
        let tokens = offered.iter().filter(|it| it.token).map(|it| it.id).collect::<Vec<_>>();
        if !redirects.is_empty() && client == ClientKind::Browser {
            flows.push(flow("provider_redirect", redirects));
        }
        if !tokens.is_empty() {
            flows.push(flow("provider_token", tokens));
        }
        if let Some(who) = caller.session().and_then(proven_identity::pending) {
            let provider = provider_data(app, &who.provider);
            flows.push(json!({"id": "provider_signup", "provider": provider, "is_pending": true}));
        }
    }
    if settings.mfa.has_passkey_login() {
        flows.push(json!({"id": "mfa_login_webauthn"}));
    }
    let stage = caller.session().and_then(|session| session.pending_stage(settings, app.now()));
    if let Some(stage) = stage {
        let mut pending = json!({"id": stage.as_str(), "is_pending": true});
        if let (StageKey::MfaAuthenticate, Some(login)) = (stage, caller.session().and_then(|it| it.login.as_ref())) {
            pending["types"] = json!(login.factors);
        }
        match flows.iter_mut().find(|flow| flow["id"] == pending["id"]) {
            Some(flow) => *flow = pending,
            None => flows.push(pending),
        }
    }
    flows.extend(password_reset_flow(&app.settings, app.now(), caller));
    flows
}

fn password_reset_flow(settings: &Settings, now: Timestamp, caller: &Caller) -> Option<Json> {
    const KIND: CodeKind = CodeKind::PasswordReset;
    if !settings.account.password_reset_by_code_enabled || settings.social.only {
        return None;
    }
    let process = caller.session().and_then(|session| session.code(KIND));
    let is_live =
        |process: &&CodeProcess| process.has_attempts(KIND, settings) && !process.is_over(KIND, settings, now);
    Some(json!({"id": "password_reset_by_code", "is_pending": process.filter(is_live).is_some()}))
}

/// What a client needs to know before anybody logs in.
pub fn configuration(app: &App, client: ClientKind) -> Envelope {
    let settings = &app.settings;
    let account = &settings.account;
    let methods = account.login_methods.iter().map(|method| method.as_str()).collect::<Vec<_>>();
    let mut shown = json!({
        "login_methods": methods,
        "is_open_for_signup": account.signup_open,
        "email_verification_by_code_enabled": account.email_verification_by_code_enabled,
        "login_by_code_enabled": account.login_by_code_enabled,
        "password_reset_by_code_enabled": account.password_reset_by_code_enabled,
    });
    // What older clients read.
    let legacy = match (methods.contains(&"email"), methods.contains(&"username")) {
        (true, true) => Some("username_email"),
        (true, false) => Some("email"),
        (false, true) => Some("username"),
        (false, false) => None,
    };
    if let Some(legacy) = legacy {
        shown["authentication_method"] = json!(legacy);
    }
    let mut data = Map::from_iter([("account".to_owned(), shown)]);
    if settings.social.enabled {
        let providers = offered_providers(app, client).iter().map(|it| it.data.clone()).collect::<Vec<_>>();
        data.insert("socialaccount".to_owned(), json!({"providers": providers}));
    }
    if settings.mfa.enabled {
        let mfa = json!({
            "supported_types": settings.mfa.supported_types,
            "passkey_login_enabled": settings.mfa.has_passkey_login(),
        });
        data.insert("mfa".to_owned(), mfa);
    }
    if settings.user_sessions.enabled {
        let shown = json!({"track_activity": settings.user_sessions.track_activity});
        data.insert("usersessions".to_owned(), shown);
    }
    Envelope::data(Json::Object(data))
}

/// A way in by the word of somebody else.
struct Offered<'a> {
    id: &'a str,
    redirect: bool,
    token: bool,
    data: Json,
}

/// The providers that this kind of client can use, by their names.
fn offered_providers(app: &App, client: ClientKind) -> Vec<Offered<'_>> {
    let configured = app.settings.social.providers.apps.iter().map(|config| Offered {
        id: config.id(),
        redirect: config.supports_redirect(),
        token: config.supports_token_authentication(),
        data: provider_data(app, config.id()),
    });
    let dummy = app.has_dummy_provider.then(|| Offered {
        id: DUMMY,
        redirect: true,
        token: true,
        data: provider_data(app, DUMMY),
    });
    let usable = |it: &Offered<'_>| if client == ClientKind::App { it.token } else { it.redirect };
    configured.chain(dummy).filter(usable).collect()
}

/// Every provider that there is, whichever way it is used.
pub fn providers_data(app: &App) -> Json {
    let ids = app.settings.social.providers.apps.iter().map(|config| config.id());
    let dummy = app.has_dummy_provider.then_some(DUMMY);
    ids.chain(dummy).map(|id| provider_data(app, id)).collect()
}

/// A provider, as clients see it. One that is configured no more has its name left.
fn provider_data(app: &App, id: &str) -> Json {
    let flows = |redirect: bool, token: bool| {
        let all = [("provider_redirect", redirect), ("provider_token", token)];
        all.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect::<Vec<_>>()
    };
    let Some(config) = app.settings.social.providers.named(id) else {
        let is_dummy = id == DUMMY && app.has_dummy_provider;
        let name = if is_dummy { "Dummy" } else { id };
        return json!({"id": id, "name": name, "flows": flows(is_dummy, is_dummy)});
    };
    let mut data = json!({
        "id": id,
        "name": config.name(),
        "flows": flows(config.supports_redirect(), config.supports_token_authentication()),
        "client_id": config.client_id(),
    });
    if config.is_openid_connect()
        && let Ok(url) = configuration_url(config)
    {
        data["openid_configuration_url"] = json!(url);
    }
    data
}

/// A user's identities.
pub fn identities_data(app: &App, user: &User) -> Json {
    let row = |link: &IdentityLink| json!({"uid": link.uid, "provider": provider_data(app, &link.provider), "display": link.display});
    user.identities.iter().map(row).collect()
}

/// What somebody is about to sign up with.
pub fn pending_identity_data(app: &App, who: &ProvenIdentity) -> Json {
    let identity = &who.identity;
    let with_username = app.settings.account.username_field.is_some();
    let username = identity.username.as_deref().filter(|name| with_username && !name.is_empty());
    let email = identity.emails.first().map(|address| address.email.as_str());
    let mut user = json!({"display": username.or(email).unwrap_or("user"), "has_usable_password": false});
    if let Some(username) = username {
        user["username"] = json!(username);
    }
    let address = |it: &Address| json!({"email": it.email, "verified": it.verified, "primary": it.primary});
    json!({
        "user": user,
        "account": {
            "uid": identity.subject,
            "provider": provider_data(app, &who.provider),
            "display": who.display,
        },
        "email": identity.emails.iter().map(address).collect::<Vec<_>>(),
    })
}
