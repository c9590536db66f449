//! One request, as a handler sees it.

use crate::page;
use crate::reply::{Fault, Reply};
use crate::token::{self, Access, Kind, Unfit};
use axum::body::Body;
use axum::http::{Method, Response, Uri};
use serde_json::{Map, Value as Json, json};
use shared::account::User;
use shared::app::App;
use shared::flow::Context;
use shared::flow::jwt_api::sessions::find_live;
use shared::http::{Endpoint, Exchange, Mount, Visit, form_fields, other};
use shared::session::{Api, Session};
use shared::settings::ClientKind;
use std::future::Future;
use std::sync::Arc;

/// What a 401 asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// An access token.
    Bearer,
    /// A capability in a cookie.
    Cookie,
}

impl Scheme {
    fn header(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer realm=\"api\"",
            Self::Cookie => "Cookie",
        }
    }
}

/// A request.
pub struct Call {
    exchange: Exchange,
    uri: Uri,
}

/// An endpoint of this API. Its handler is asked for every method.
pub fn endpoint<F, R>(
    mount: Mount,
    path: &'static str,
    methods: &'static [Method],
    scheme: Scheme,
    handler: F,
) -> Endpoint
where
    F: Fn(Call) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Reply, Fault>> + Send + 'static,
{
    let handler = Arc::new(handler);
    other(mount, path, methods, move |visit| serve(visit, handler.clone(), methods, scheme))
}

async fn serve<F, R>(visit: Visit, handler: Arc<F>, methods: &[Method], scheme: Scheme) -> Response<Body>
where
    F: Fn(Call) -> R,
    R: Future<Output = Result<Reply, Fault>>,
{
    let (app, uri) = (visit.app.clone(), visit.request.uri().clone());
    let answered = match Exchange::read(visit.app, ClientKind::App, true, visit.request).await {
        Ok(mut exchange) => {
            exchange.client.api = Api::Jwt;
            let settings = &exchange.app.settings;
            let in_cookie = settings.jwt_api.refresh_token_as_cookie;
            if in_cookie {
                exchange.client.device = exchange.cookie(&settings.cookies.device_name);
            }
            let call = Call { exchange, uri };
            // A login that a foreign page causes would leave its cookie here.
            match if in_cookie { call.refuse_foreign_pages() } else { Ok(()) } {
                Ok(()) => handler(call).await,
                Err(fault) => Err(fault),
            }
        }
        Err(rejection) => Err(rejection.into()),
    };
    let reply = answered.unwrap_or_else(Fault::into_reply);
    let reply = match reply.status() {
        401 => reply.with_header("www-authenticate", scheme.header()),
        405 if !reply.has_header("allow") => {
            let allowed = methods.iter().map(Method::as_str).chain(["OPTIONS"]).collect::<Vec<_>>().join(", ");
            reply.with_header("allow", &allowed)
        }
        _ => reply,
    };
    let needs_policy = reply.is_page() && !reply.has_header("content-security-policy");
    let reply = if needs_policy { reply.with_header("content-security-policy", &page::policy(&app)) } else { reply };
    reply.into_response()
}

impl Call {
    /// The service's parts.
    pub fn app(&self) -> &App {
        &self.exchange.app
    }

    /// What an operation works with.
    pub fn context(&self) -> Context<'_> {
        self.exchange.context()
    }

    /// The method; HEAD counts as GET.
    pub fn method(&self) -> &Method {
        &self.exchange.method
    }

    /// The request as the headless API sees it.
    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// The path and the query.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The last parts of the path, as they are written there.
    pub fn last_parts<const N: usize>(&self) -> [&str; N] {
        let mut parts = self.uri.path().trim_end_matches('/').rsplit('/');
        let mut last = std::array::from_fn(|_| parts.next().unwrap_or_default());
        last.reverse();
        last
    }

    /// Turns away methods that the endpoint does nothing for.
    ///
    /// # Errors
    /// 405.
    pub fn allow(&self, method: &Method) -> Result<(), Fault> {
        if self.method() == method { Ok(()) } else { Err(self.not_allowed().into()) }
    }

    /// That the endpoint does nothing for this method.
    pub fn not_allowed(&self) -> Reply {
        Reply::detail(405, &format!("Method \"{}\" not allowed.", self.method()))
    }

    /// Turns away a request that may change something and comes from a page whose origin no setting names.
    ///
    /// # Errors
    /// 403.
    pub fn refuse_foreign_pages(&self) -> Result<(), Fault> {
        if !self.exchange.is_from_a_foreign_page() {
            return Ok(());
        }
        let origin =
            self.exchange.header("origin").unwrap_or_else(|| "null".into()).chars().take(100).collect::<String>();
        tracing::warn!(
            origin,
            "refused: PUBLIC_URL, CSRF_TRUSTED_ORIGINS and CORS_ALLOWED_ORIGINS do not have the page's origin"
        );
        let reason = format!("Origin checking failed - {origin} does not match any trusted origins.");
        Err(Reply::detail(403, &format!("CSRF Failed: {reason}")).into())
    }

    /// Returns what the opening of a link is answered with, if it must not act: HEAD changes nothing, and where
    /// `LATCHKEY_LINKS_ASK_FIRST` is set, only the button of the page that GET shows acts.
    ///
    /// # Errors
    /// 403 where the button is on a foreign page; 405 for other methods.
    pub fn before_acting(&self) -> Result<Option<Reply>, Fault> {
        if self.exchange.is_head {
            return Ok(Some(Reply::bare(200)));
        }
        if !self.app().settings.jwt_api.links_ask_first {
            return self.allow(&Method::GET).map(|()| None);
        }
        if self.method() == Method::GET {
            return Ok(Some(page::ask(self.app())));
        }
        self.allow(&Method::POST)?;
        self.refuse_foreign_pages().map(|()| None)
    }

    /// The access token that the request brings. `None` without one; a bad one is an error.
    fn read_access(&self) -> Result<Option<Access>, Fault> {
        let header = self.exchange.header("authorization").unwrap_or_default();
        let mut parts = header.split_whitespace();
        if parts.next() != Some("Bearer") {
            return Ok(None);
        }
        let (Some(token), None) = (parts.next(), parts.next()) else {
            let detail = "Authorization header must contain two space-delimited values";
            return Err(Reply::coded(401, detail, "bad_authorization_header").into());
        };
        let claims = token::read(self.app(), token, Kind::Access).map_err(|unfit| not_valid(&unfit))?;
        match Access::of(&claims) {
            Some(access) => Ok(Some(access)),
            None => {
                let detail = "Token contained no recognizable user identification";
                Err(Reply::coded(401, detail, "token_not_valid").into())
            }
        }
    }

    /// The access token that the request brings. `None` without one; a bad one is an error. Its session is looked at where
    /// the settings say so.
    ///
    /// # Errors
    /// 401; the table is unavailable.
    pub async fn find_access(&self) -> Result<Option<Access>, Fault> {
        let access = self.read_access()?;
        if let Some(access) = &access
            && access.session.is_some()
            && self.app().settings.jwt_api.session_check
        {
            self.live(access).await?.ok_or_else(ended)?;
        }
        Ok(access)
    }

    /// The user and the session that the access token speaks of, if the session still stands.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn live(&self, access: &Access) -> Result<Option<(User, Session)>, Fault> {
        match access.session.flatten() {
            Some(session) => Ok(find_live(&self.app().store, access.user, session).await?),
            None => Ok(None),
        }
    }

    /// The user who asks, and their session as it stands now. Everything that changes something asks for this: a token
    /// that outlives its session changes nothing. `None` without an access token.
    ///
    /// # Errors
    /// 401; the table is unavailable.
    pub async fn find_session(&self) -> Result<Option<(User, Session)>, Fault> {
        match self.read_access()? {
            Some(access) => self.live(&access).await?.ok_or_else(ended).map(Some),
            None => Ok(None),
        }
    }

    /// The same, where the endpoint wants somebody who is in.
    ///
    /// # Errors
    /// 401; the table is unavailable.
    pub async fn session(&self) -> Result<(User, Session), Fault> {
        self.find_session().await?.ok_or_else(|| Reply::anonymous().into())
    }

    /// The access token that the endpoint wants.
    ///
    /// # Errors
    /// 401; the table is unavailable.
    pub async fn access(&self) -> Result<Access, Fault> {
        self.find_access().await?.ok_or_else(|| Reply::anonymous().into())
    }

    /// What the body is.
    ///
    /// # Errors
    /// 400 for what is no JSON or no form, 415 for another type.
    pub fn data(&self) -> Result<Json, Fault> {
        let body = self.exchange.body();
        if body.is_empty() {
            return Ok(json!({}));
        }
        let given = self.exchange.header("content-type").unwrap_or_default();
        let kind = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/json" => serde_json::from_slice(body)
                .map_err(|error| Reply::detail(400, &format!("JSON parse error - {error}")).into()),
            "application/x-www-form-urlencoded" | "multipart/form-data" => match form_fields(&given, body) {
                Some(fields) => Ok(json!(fields)),
                None => Err(Reply::detail(400, "Multipart form parse error - Invalid boundary").into()),
            },
            _ => Err(Reply::detail(415, &format!("Unsupported media type \"{given}\" in request.")).into()),
        }
    }

    /// The body's fields.
    ///
    /// # Errors
    /// As [`Call::data`]; 400 for JSON that is no object.
    pub fn fields(&self) -> Result<Map<String, Json>, Fault> {
        let name = match self.data()? {
            Json::Object(fields) => return Ok(fields),
            Json::Null => {
                return Err(Reply::json(400, json!({"non_field_errors": ["No data provided"]})).into());
            }
            Json::Bool(_) => "bool",
            Json::Number(number) if number.is_f64() => "float",
            Json::Number(_) => "int",
            Json::String(_) => "str",
            Json::Array(_) => "list",
        };
        let message = format!("Invalid data. Expected a dictionary, but got {name}.");
        Err(Reply::json(400, json!({"non_field_errors": [message]})).into())
    }
}

/// An access token whose session has ended.
fn ended() -> Fault {
    Reply::coded(401, "Session is no longer active.", "token_not_valid").into()
}

/// A bearer token that is no good.
fn not_valid(unfit: &Unfit) -> Fault {
    let message = json!({"token_class": "AccessToken", "token_type": "access", "message": unfit.to_string()});
    let body = json!({
        "detail": "Given token not valid for any token type",
        "code": "token_not_valid",
        "messages": [message],
    });
    Reply::json(401, body).into()
}
