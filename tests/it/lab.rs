//! The service that a test runs, and clients of it.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_lab::Kind;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub const PASSWORD: &str = "correct-Horse-42-battery";
pub const FRONTEND: &str = "https://app.example.test";
/// The name of an environment variable. If it is set, another version of the service changes the table before every
/// request, and the test fails if this version has lost one of the other version's attributes.
pub const OTHER_VERSION: &str = "LATCHKEY_TEST_OTHER_VERSION";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A running service with a frozen clock.
pub struct Lab {
    lab: latchkey_lab::Lab,
    pub url: String,
}

impl std::ops::Deref for Lab {
    type Target = latchkey_lab::Lab;

    fn deref(&self) -> &Self::Target {
        &self.lab
    }
}

impl From<latchkey_lab::Lab> for Lab {
    fn from(lab: latchkey_lab::Lab) -> Self {
        let url = lab.url().to_owned();
        crate::other_version::watch(&url, &lab.folder().join("data"));
        Self { lab, url }
    }
}

impl Lab {
    /// Starts the service with the URLs of a frontend and these settings.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        Self::with_accounts(&json!([]), settings)
    }

    /// Starts the service with accounts that exist from the start.
    pub fn with_accounts(accounts: &Value, settings: &[(&str, &str)]) -> Self {
        let urls = json!({
            "account_confirm_email": format!("{FRONTEND}/verify-email/{{key}}"),
            "account_reset_password": format!("{FRONTEND}/password/reset"),
            "account_reset_password_from_key": format!("{FRONTEND}/password/reset/{{key}}"),
            "account_signup": format!("{FRONTEND}/signup"),
        });
        let lab = latchkey_lab::Lab::builder().binary(env!("CARGO_BIN_EXE_local-service")).frozen_clock();
        // All stories append their responses to this file. `just contract` compares it with the API description.
        let seen = std::env::var("CONTRACT_SEEN");
        let lab = seen.iter().fold(lab, |lab, file| lab.setting("CONTRACT_SEEN", file));
        let lab = lab.setting("RUST_LOG", "info").setting("HEADLESS_FRONTEND_URLS", &urls.to_string());
        let elsewhere = table_elsewhere();
        let elsewhere = elsewhere.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>();
        lab.settings(settings).settings(&elsewhere).accounts(accounts).start().into()
    }

    /// Waits until the service dies, and restarts it on the same data.
    pub fn restart_after_death(mut self) -> Self {
        self.lab.wait_for_death();
        self.lab.restart().into()
    }

    /// Restarts the service on the same data, with these settings in addition.
    pub fn restart_with(self, settings: &[(&str, &str)]) -> Self {
        self.lab.restart_with(settings).into()
    }

    /// Stops the service, runs `work` on the folder that contains `data` and `outbox`, and restarts the service.
    pub fn restart_after(mut self, work: impl FnOnce(&Path)) -> Self {
        self.lab.kill();
        work(self.folder());
        self.lab.restart().into()
    }

    /// Stops the service, applies `change` to every item of its embedded table, and restarts it.
    pub fn restart_with_items(self, change: impl Fn(&mut HashMap<String, AttributeValue>)) -> Self {
        self.restart_after(|folder| change_items(&folder.join("data"), change))
    }

    /// Restarts the service after the items of partition `from` were moved to partition `to`, where an earlier version
    /// would have written them.
    pub fn restart_with_partition_moved(mut self, from: &str, to: &str) -> Self {
        self.lab.kill();
        let file = self.folder().join("data").join("latchkey.db");
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let client = embedded::Embedded::open(&file).unwrap().client();
            let table = client.list_tables().send().await.unwrap().table_names()[0].clone();
            let pk = |text: &str| AttributeValue::S(text.to_owned());
            let query = client.query().table_name(&table).key_condition_expression("pk = :pk");
            let items = query.expression_attribute_values(":pk", pk(from)).send().await.unwrap().items.unwrap();
            assert!(!items.is_empty(), "partition {from} is empty");
            for mut item in items {
                let gone = client.delete_item().table_name(&table).key("pk", pk(from)).key("sk", item["sk"].clone());
                gone.send().await.unwrap();
                item.insert("pk".to_owned(), pk(to));
                if let (Some(_), Some(name)) = (item.get("name"), to.strip_prefix("NAME#")) {
                    item.insert("name".to_owned(), pk(name));
                }
                client.put_item().table_name(&table).set_item(Some(item)).send().await.unwrap();
            }
        });
        self.lab.restart().into()
    }

    pub fn app(&self) -> Client {
        Client::new(&self.url, "app")
    }

    /// Returns a client of the JWT API.
    pub fn bearer(&self) -> Bearer {
        Bearer { base: self.url.clone(), access: None, cookies: BTreeMap::new() }
    }

    pub fn browser(&self) -> Client {
        Client::new(&self.url, "browser")
    }

    /// Moves the clock forward by this number of seconds.
    pub fn advance(&self, seconds: i64) {
        self.clock().advance(Duration::from_secs(seconds.try_into().unwrap()));
    }

    /// Returns the service's time in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.clock().now()
    }

    /// Returns all bytes of the table's files.
    pub fn table(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder().join("data")).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }

    pub fn faults(&self, plan: Value) {
        self.lab.faults(&plan);
    }

    /// Returns the number of injected faults since the log of requests was last cleared.
    pub fn injected(&self) -> u64 {
        self.requests().injected
    }

    /// Returns the mails to this address, oldest first.
    pub fn mails(&self, to: &str) -> Vec<Mail> {
        self.all_mails().into_iter().filter(|mail| mail.to == to).collect()
    }

    pub fn all_mails(&self) -> Vec<Mail> {
        self.inbox().all().into_iter().filter(|message| message.kind == Kind::Mail).map(Mail::from).collect()
    }

    /// Returns the latest mail to this address. Waits for a mail that is sent after the answer.
    pub fn mail(&self, to: &str) -> Mail {
        self.inbox().last(to).into()
    }

    fn pass_stage(&self, client: &mut Client, email: &str, reply: &Reply) {
        let key = self.mail(email).key();
        let reply = match reply.pending().as_deref() {
            Some("login_by_code") => client.post("auth/code/confirm", json!({"code": key})),
            _ => client.post("auth/email/verify", json!({"key": key})),
        };
        if reply.status == 401 {
            client.post("auth/login", json!({"email": email, "password": PASSWORD}));
        }
    }

    /// Returns the code in the latest text message to this number.
    pub fn sms(&self, to: &str) -> String {
        self.inbox().last(to).code.unwrap()
    }

    /// Signs up and verifies the address by link or code. Afterwards the client is logged in.
    pub fn user(&self, client: &mut Client, email: &str) {
        let reply = client.post("auth/signup", json!({"email": email, "password": PASSWORD}));
        if reply.status == 401 {
            self.pass_stage(client, email, &reply);
        }
        assert_eq!(client.get("auth/session").status, 200);
    }
}

/// Applies `change` to every item of the embedded table in a data folder. An item whose key changes is moved.
pub fn change_items(data: &Path, change: impl Fn(&mut HashMap<String, AttributeValue>)) {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let client = embedded::Embedded::open(&data.join("latchkey.db")).unwrap().client();
        let table = client.list_tables().send().await.unwrap().table_names()[0].clone();
        let pages = client.scan().table_name(&table).into_paginator().items().send();
        for mut item in pages.collect::<Result<Vec<_>, _>>().await.unwrap() {
            let before = item.clone();
            change(&mut item);
            if item != before {
                let key = |name: &str| before[name].clone();
                let gone = client.delete_item().table_name(&table).key("pk", key("pk")).key("sk", key("sk"));
                gone.send().await.unwrap();
                client.put_item().table_name(&table).set_item(Some(item)).send().await.unwrap();
            }
        }
    });
}

/// Returns the items of the embedded table in a data folder.
pub fn items(data: &Path) -> Vec<HashMap<String, AttributeValue>> {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let client = embedded::Embedded::open(&data.join("latchkey.db")).unwrap().client();
        let table = client.list_tables().send().await.unwrap().table_names()[0].clone();
        let pages = client.scan().table_name(&table).into_paginator().items().send();
        pages.collect::<Result<Vec<_>, _>>().await.unwrap()
    })
}

/// Returns the settings of a new table in the DynamoDB that `LATCHKEY_TEST_TABLE` names, or nothing if it is not set.
/// The service then uses the embedded table.
fn table_elsewhere() -> Vec<(&'static str, String)> {
    static TABLES: AtomicU32 = AtomicU32::new(0);
    let Ok(url) = std::env::var("LATCHKEY_TEST_TABLE") else { return Vec::new() };
    let table = format!("latchkey-{}-{}", std::process::id(), TABLES.fetch_add(1, Ordering::Relaxed));
    let all = [
        ("AWS_ENDPOINT_URL_DYNAMODB", url.as_str()),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "tests"),
        ("AWS_SECRET_ACCESS_KEY", "tests"),
        ("LATCHKEY_TABLE", &table),
    ];
    all.map(|(name, value)| (name, value.to_owned())).into()
}

/// A mail as the inbox shows it.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: String,
    pub text: String,
    links: Vec<String>,
    code: Option<String>,
}

impl From<latchkey_lab::Message> for Mail {
    fn from(message: latchkey_lab::Message) -> Self {
        Self { to: message.to, text: message.text, links: message.links, code: message.code }
    }
}

impl From<local::inbox::Message> for Mail {
    fn from(message: local::inbox::Message) -> Self {
        Self { to: message.to, text: message.text, links: message.links, code: message.code }
    }
}

impl Mail {
    /// Returns the key in the mail's link, or its code.
    pub fn key(&self) -> String {
        let prefixes = [format!("{FRONTEND}/verify-email/"), format!("{FRONTEND}/password/reset/")];
        let key = |link: &String| prefixes.iter().find_map(|prefix| link.strip_prefix(prefix).map(str::to_owned));
        let key = self.links.iter().find_map(key).or_else(|| self.code.clone());
        key.unwrap_or_else(|| panic!("no key in this mail: {}", self.text))
    }

    /// Returns the first link to the JWT API.
    pub fn link(&self) -> String {
        let link = self.links.iter().find(|link| link.contains("/jwt-allauth/"));
        link.unwrap_or_else(|| panic!("no link in this mail: {}", self.text)).clone()
    }
}

/// An HTTP response.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
    /// The body as JSON. `Null` if it is not valid JSON.
    pub json: Value,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the codes of the errors, each as `field:code`.
    pub fn errors(&self) -> Vec<String> {
        let errors = self.json["errors"].as_array().cloned().unwrap_or_default();
        let text = |error: &Value| {
            format!("{}:{}", error["param"].as_str().unwrap_or(""), error["code"].as_str().unwrap_or("?"))
        };
        errors.iter().map(text).collect()
    }

    /// Returns the id of the pending flow.
    pub fn pending(&self) -> Option<String> {
        let flows = self.json["data"]["flows"].as_array()?;
        let flow = flows.iter().find(|flow| flow["is_pending"] == json!(true))?;
        flow["id"].as_str().map(str::to_owned)
    }
}

/// Sends a request.
pub fn call(base: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Option<String>) -> Reply {
    try_call(base, method, path, headers, body).unwrap()
}

/// Sends a request. Fails if the service does not answer.
pub fn try_call(
    base: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<String>,
) -> Result<Reply, ureq::Error> {
    if std::env::var_os(OTHER_VERSION).is_some() {
        let lost = crate::other_version::visit(base);
        assert!(lost.is_empty(), "before {method} {path}: lost: {lost:?}");
    }
    if crate::fixtures::are_collected() {
        crate::fixtures::collect(&crate::other_version::items(base));
    }
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(60)))
        .allow_non_standard_methods(true);
    let agent = ureq::Agent::new_with_config(config.build());
    let mut request = ureq::http::Request::builder().method(method).uri(format!("{base}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = agent.run(request.body(body.unwrap_or_default()).unwrap())?;
    let mut text = String::new();
    response.body_mut().as_reader().read_to_string(&mut text)?;
    let header = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
        (name.as_str().to_owned(), value.to_str().unwrap().to_owned())
    };
    Ok(Reply {
        status: response.status().as_u16(),
        headers: response.headers().iter().map(header).collect(),
        json: serde_json::from_str(&text).unwrap_or_default(),
        text,
    })
}

/// A client of the headless API: an app, which keeps a session token, or a browser, which keeps cookies.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    pub kind: &'static str,
    pub token: Option<String>,
    pub cookies: BTreeMap<String, String>,
    /// Headers of every request. They override the headers that the client sends by itself.
    pub extra: Vec<(String, String)>,
}

impl Client {
    fn new(base: &str, kind: &'static str) -> Self {
        Self { base: base.to_owned(), kind, token: None, cookies: BTreeMap::new(), extra: Vec::new() }
    }

    /// Returns the same client for a service that was restarted at another URL.
    pub fn at(&self, url: &str) -> Self {
        Self { base: url.to_owned(), ..self.clone() }
    }

    pub fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, None, &[])
    }

    pub fn get_with(&mut self, path: &str, header: (&str, &str)) -> Reply {
        self.send("GET", path, None, &[header])
    }

    pub fn post(&mut self, path: &str, body: Value) -> Reply {
        self.send("POST", path, Some(body.to_string()), &[])
    }

    pub fn put(&mut self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, Some(body.to_string()), &[])
    }

    pub fn delete_with(&mut self, path: &str, body: Value) -> Reply {
        self.send("DELETE", path, Some(body.to_string()), &[])
    }

    pub fn delete(&mut self, path: &str) -> Reply {
        self.send("DELETE", path, None, &[])
    }

    /// Sends a request. `headers` override the headers that the client sends by itself.
    pub fn send(&mut self, method: &str, path: &str, body: Option<String>, headers: &[(&str, &str)]) -> Reply {
        if self.kind == "browser" && method != "GET" && !self.cookies.contains_key("csrftoken") {
            self.get("config");
        }
        let mut all = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
        if let Some(token) = &self.token {
            all.insert("x-session-token".to_owned(), token.clone());
        }
        if let Some(secret) = self.cookies.get("csrftoken") {
            all.insert("x-csrftoken".to_owned(), secret.clone());
            let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
            all.insert("cookie".to_owned(), cookies.join("; "));
        }
        all.extend(self.extra.iter().cloned());
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let all = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/_allauth/{}/v1/{path}", self.kind) };
        let reply = call(&self.base, method, &path, &all, body);
        self.absorb(&reply);
        reply
    }

    fn absorb(&mut self, reply: &Reply) {
        if let Some(token) = reply.json["meta"]["session_token"].as_str() {
            self.token = Some(token.to_owned());
        }
        for (_, line) in reply.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// A client of the JWT API. It keeps the access token and cookies.
#[derive(Debug, Clone)]
pub struct Bearer {
    base: String,
    pub access: Option<String>,
    pub cookies: BTreeMap<String, String>,
}

impl Bearer {
    /// Returns the same client for a service that was restarted at another URL.
    pub fn at(&self, url: &str) -> Self {
        Self { base: url.to_owned(), ..self.clone() }
    }

    pub fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, None)
    }

    pub fn post(&mut self, path: &str, body: Value) -> Reply {
        self.send("POST", path, Some(body.to_string()))
    }

    /// Sends a request to a path below the API's prefix, or to a whole URL of the service.
    pub fn send(&mut self, method: &str, path: &str, body: Option<String>) -> Reply {
        let mut headers = vec![JSON.0.to_owned(), JSON.1.to_owned()];
        if let Some(access) = &self.access {
            headers.extend(["authorization".to_owned(), format!("Bearer {access}")]);
        }
        if let Some(secret) = self.cookies.get("csrftoken") {
            headers.extend(["x-csrftoken".to_owned(), secret.clone()]);
        }
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        if !cookies.is_empty() {
            headers.extend(["cookie".to_owned(), cookies]);
        }
        let headers = headers.chunks(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect::<Vec<_>>();
        let path =
            path.find("/jwt-allauth/").map_or_else(|| format!("/jwt-allauth/{path}"), |at| path[at..].to_owned());
        let reply = call(&self.base, method, &path, &headers, body);
        if let Some(access) = reply.json["access"].as_str() {
            self.access = Some(access.to_owned());
        }
        for (_, line) in reply.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        reply
    }

    pub fn register(&mut self, email: &str) -> Reply {
        let names = json!({"email": email, "password1": PASSWORD, "password2": PASSWORD,
                           "first_name": "Ada", "last_name": "Lovelace"});
        self.post("registration/", names)
    }

    pub fn login(&mut self, email: &str, password: &str) -> Reply {
        self.post("login/", json!({"email": email, "password": password}))
    }

    /// Sets up an authenticator app. Returns its secret and the recovery codes.
    pub fn enroll(&mut self, lab: &Lab) -> (String, Vec<String>) {
        let secret = self.post("mfa/setup/", json!({})).json["secret"].as_str().unwrap().to_owned();
        let reply = self.post("mfa/activate/", json!({"code": code_of(&secret, lab.now())}));
        assert_eq!(reply.status, 200, "{}", reply.text);
        (secret, serde_json::from_value(reply.json["recovery_codes"].clone()).unwrap())
    }
}

/// Returns the code that an authenticator app with this secret shows at time `now`.
pub fn code_of(secret: &str, now: i64) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).with_digits(6).with_step_duration(30).build().unwrap();
    totp.generate(now.try_into().unwrap()).to_string()
}

/// Runs `work` in `times` threads at the same moment. Returns the results.
pub fn at_once<T: Send>(times: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = std::sync::Barrier::new(times);
    std::thread::scope(|scope| {
        let (work, barrier) = (&work, &barrier);
        let threads = (0..times).map(|n| {
            scope.spawn(move || {
                barrier.wait();
                work(n)
            })
        });
        threads.collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Counts the memory allocations of the service. The setting `ALLOCATIONS_PORT` must name the port.
pub struct Allocations(pub u16);

impl Allocations {
    /// Returns the number of allocations that `work` causes. The result is the minimum of ten runs, because the service
    /// also does other work.
    pub fn of(&self, mut work: impl FnMut()) -> u64 {
        let spent = (0..10).map(|_| {
            let before = self.so_far();
            work();
            self.so_far() - before
        });
        spent.min().unwrap()
    }

    fn so_far(&self) -> u64 {
        let mut connection = std::net::TcpStream::connect(("127.0.0.1", self.0)).unwrap();
        let mut count = String::new();
        connection.read_to_string(&mut count).unwrap();
        count.parse().unwrap()
    }
}
