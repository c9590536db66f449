//! API Gateway's HTTP API in front of the functions, and clients that call through it.

use super::runtime::Function;
use super::template::{Route, Template, resolve};
use crate::lab::Reply;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The public URL of the service.
pub const PUBLIC_URL: &str = "https://login.example.test";

/// The gateway's own answer if it has no route for a request.
const NOT_FOUND: &str = r#"{"message":"Not Found"}"#;
const HOST: &str = "login.example.test";
const USER_AGENT: &str = "Mozilla/5.0 (a person's own)";

/// A gateway with the routes of the template.
pub struct Gateway {
    pub config: Function,
    pub auth: Function,
    routes: Vec<Route>,
    passed: AtomicUsize,
}

/// A request on its way to a function.
struct Request<'a> {
    method: &'a str,
    path: &'a str,
    source_ip: &'a str,
    headers: BTreeMap<String, String>,
    cookies: Vec<String>,
    body: Option<String>,
    base64: bool,
}

impl Gateway {
    pub fn new(config: Function, auth: Function) -> Self {
        // The hosted pages are off, because they would answer every path that no other function serves.
        let routes = Template::with(&[("Pages", "false")]).routes();
        Self { config, auth, routes, passed: AtomicUsize::new(0) }
    }

    pub fn app(&self) -> Visitor<'_> {
        Visitor::new(self, "app")
    }

    pub fn browser(&self) -> Visitor<'_> {
        Visitor::new(self, "browser")
    }

    /// Returns how many requests were passed on.
    pub fn passed(&self) -> usize {
        self.passed.load(Ordering::Relaxed)
    }

    fn pass(&self, request: &Request) -> Reply {
        let route = resolve(&self.routes, request.method, request.path);
        let function = match route.map(|route| route.function.as_str()) {
            Some("config") => &self.config,
            Some(name) if name == self.auth.name => &self.auth,
            Some(other) => panic!("{} {}: no test runs the function {other}", request.method, request.path),
            None => return reply(&json!({"statusCode": 404, "body": NOT_FOUND, "isBase64Encoded": false})),
        };
        self.passed.fetch_add(1, Ordering::Relaxed);
        match function.invoke(&event(request, route.map_or("", |route| &route.key))) {
            Ok(answer) => reply(&answer),
            Err(error) => panic!("{} {}: {error}\n{}", request.method, request.path, function.log()),
        }
    }
}

/// Returns the event of an anonymous GET request for this path.
pub fn page_event(path: &str) -> Value {
    let (headers, cookies) = (BTreeMap::new(), Vec::new());
    let request = Request { method: "GET", path, source_ip: "192.0.2.7", headers, cookies, body: None, base64: false };
    event(&request, "ANY /{proxy+}")
}

/// Returns the event of a request in payload format 2.0.
fn event(request: &Request, route: &str) -> Value {
    let mut headers = request.headers.clone();
    // The gateway appends the address that it sees to the header that the client sent.
    let forwarded = headers.remove("x-forwarded-for").map(|claimed| format!("{claimed}, "));
    headers.extend(
        [
            ("host", HOST.to_owned()),
            ("user-agent", USER_AGENT.to_owned()),
            ("x-amzn-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700".to_owned()),
            ("x-forwarded-for", format!("{}{}", forwarded.unwrap_or_default(), request.source_ip)),
            ("x-forwarded-port", "443".to_owned()),
            ("x-forwarded-proto", "https".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": request.path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "r3pmxmplak",
            "domainName": HOST,
            "domainPrefix": "login",
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source_ip,
                "userAgent": USER_AGENT,
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route,
            "stage": "$default",
            "time": "10/Mar/2026:05:16:23 +0000",
            "timeEpoch": 1_773_119_783_000_i64,
        },
        "isBase64Encoded": request.base64,
    });
    if !request.cookies.is_empty() {
        event["cookies"] = json!(request.cookies);
    }
    if let Some(body) = &request.body {
        event["body"] = json!(if request.base64 { STANDARD.encode(body) } else { body.clone() });
    }
    event
}

/// Converts a function's answer into an HTTP response, as the gateway does. Each cookie becomes a header.
pub fn reply(answer: &Value) -> Reply {
    let text = answer["body"].as_str().unwrap_or_default().to_owned();
    assert_eq!(answer["isBase64Encoded"], false, "no function returns a binary body");
    let text_of = |value: &Value| value.as_str().unwrap().to_owned();
    let headers = answer["headers"].as_object().into_iter().flatten();
    let headers = headers.map(|(name, value)| (name.clone(), text_of(value)));
    let cookies = answer["cookies"].as_array().into_iter().flatten();
    let cookies = cookies.map(|cookie| ("set-cookie".to_owned(), text_of(cookie)));
    Reply {
        status: u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap(),
        headers: headers.chain(cookies).collect(),
        json: serde_json::from_str(&text).unwrap_or_default(),
        text,
    }
}

/// A client of the headless API: an app, which keeps a session token, or a browser, which keeps cookies.
pub struct Visitor<'a> {
    gateway: &'a Gateway,
    pub kind: &'static str,
    /// The address that the gateway sees.
    pub ip: String,
    /// Whether the gateway treats this client's bodies as binary and encodes them in base64.
    pub base64: bool,
    pub token: Option<String>,
    pub cookies: BTreeMap<String, String>,
}

impl<'a> Visitor<'a> {
    fn new(gateway: &'a Gateway, kind: &'static str) -> Self {
        let ip = "203.0.113.7".to_owned();
        Self { gateway, kind, ip, base64: false, token: None, cookies: BTreeMap::new() }
    }

    pub fn at(self, ip: &str) -> Self {
        Self { ip: ip.to_owned(), ..self }
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

    pub fn delete(&mut self, path: &str) -> Reply {
        self.send("DELETE", path, None, &[])
    }

    /// Sends a request. `headers` override the headers that the client sends by itself.
    pub fn send(&mut self, method: &str, path: &str, body: Option<String>, headers: &[(&str, &str)]) -> Reply {
        if self.kind == "browser" && method != "GET" && !self.cookies.contains_key("csrftoken") {
            self.get("config");
        }
        let given = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut all = self.own_headers();
        all.extend(given);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/_allauth/{}/v1/{path}", self.kind) };
        let reply = self.gateway.pass(&Request {
            method,
            path: &path,
            source_ip: &self.ip,
            headers: all,
            cookies: self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            body,
            base64: self.base64,
        });
        self.absorb(&reply);
        reply
    }

    fn own_headers(&self) -> BTreeMap<String, String> {
        let json = ("content-type", "application/json".to_owned());
        let token = self.token.clone().map(|token| ("x-session-token", token));
        let secret = self.cookies.get("csrftoken").cloned().map(|secret| ("x-csrftoken", secret));
        let origin = (self.kind == "browser").then(|| ("origin", PUBLIC_URL.to_owned()));
        let all = [Some(json), token, secret, origin].into_iter().flatten();
        all.map(|(name, value)| (name.to_owned(), value)).collect()
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
