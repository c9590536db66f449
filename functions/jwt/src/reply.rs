//! Answers in the words of Django REST framework.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value as Json, json};
use shared::flow::{FactorProblem, Problem, Refusal};
use shared::http::{ApiError, location};
use shared::session::StageKey;

/// An answer.
pub struct Reply {
    status: u16,
    content: Content,
    headers: Vec<(HeaderName, HeaderValue)>,
}

enum Content {
    Json(Json),
    Html(String),
    Nothing,
}

impl Reply {
    /// JSON.
    pub fn json(status: u16, body: Json) -> Self {
        Self { status, content: Content::Json(body), headers: Vec::new() }
    }

    /// A page.
    pub fn html(status: u16, page: String) -> Self {
        Self { status, content: Content::Html(page), headers: Vec::new() }
    }

    /// No body.
    pub fn bare(status: u16) -> Self {
        Self { status, content: Content::Nothing, headers: Vec::new() }
    }

    /// One sentence.
    pub fn detail(status: u16, detail: &str) -> Self {
        Self::json(status, json!({"detail": detail}))
    }

    /// One sentence, and a code that clients tell it by.
    pub fn coded(status: u16, detail: &str, code: &str) -> Self {
        Self::json(status, json!({"detail": detail, "code": code}))
    }

    /// Nobody asked who may.
    pub fn anonymous() -> Self {
        Self::detail(401, "Authentication credentials were not provided.")
    }

    /// There is nothing here, for anybody.
    pub fn nowhere() -> Self {
        Self::html(404, crate::page::not_found())
    }

    /// To another page.
    pub fn redirect(to: &str) -> Self {
        Self::bare(302).with_location(to)
    }

    /// To another page, for good.
    pub fn moved(to: &str) -> Self {
        Self::bare(301).with_location(to)
    }

    fn with_location(mut self, to: &str) -> Self {
        self.headers.extend(location(to).map(|to| (header::LOCATION, to)));
        self
    }

    /// What is wrong with fields, field by field.
    pub fn problems(problems: &[Problem]) -> Self {
        let mut fields = Map::new();
        for problem in problems {
            let messages = fields.entry(problem.param.unwrap_or("non_field_errors")).or_insert_with(|| json!([]));
            if let Json::Array(messages) = messages {
                messages.push(json!(problem.message));
            }
        }
        Self::json(400, Json::Object(fields))
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether people read it.
    pub fn is_page(&self) -> bool {
        matches!(self.content, Content::Html(_))
    }

    /// Whether it has this header already.
    pub fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|(there, _)| there == name)
    }

    /// The same with a header more.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }

    /// The same with a cookie more.
    pub fn with_cookie(mut self, cookie: Option<HeaderValue>) -> Self {
        self.headers.extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
        self
    }

    /// The response.
    pub fn into_response(self) -> Response<Body> {
        let (kind, body) = match self.content {
            Content::Json(json) => (Some("application/json"), json.to_string()),
            Content::Html(page) => (Some("text/html; charset=utf-8"), page),
            Content::Nothing => (None, String::new()),
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or_default();
        let headers = response.headers_mut();
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        // Answers hold tokens, and addresses of links.
        let never = "max-age=0, no-cache, no-store, must-revalidate, private";
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(never));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        response
    }
}

/// Why a request gets another answer than it wanted.
pub enum Fault {
    /// This one.
    Reply(Box<Reply>),
    /// What a flow says.
    Refused(Refusal),
}

impl From<Reply> for Fault {
    fn from(reply: Reply) -> Self {
        Self::Reply(Box::new(reply))
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<FactorProblem> for Fault {
    fn from(problem: FactorProblem) -> Self {
        Self::Refused(problem.into())
    }
}

impl From<ApiError> for Fault {
    fn from(rejection: ApiError) -> Self {
        match rejection {
            ApiError::BodyTooLarge => Reply::detail(413, "The body is too large.").into(),
            ApiError::BodyTooSlow => Reply::detail(408, "The body did not arrive in time.").into(),
            other => {
                tracing::error!(error = %other, "the request could not be read");
                Reply::detail(400, "Bad request.").into()
            }
        }
    }
}

impl Fault {
    /// The answer.
    pub fn into_reply(self) -> Reply {
        match self {
            Self::Reply(reply) => *reply,
            Self::Refused(refusal) => of_refusal(refusal),
        }
    }
}

/// A flow's refusal in the words of this API.
fn of_refusal(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::Invalid(problems) => Reply::problems(&problems),
        Refusal::IncorrectCredentials(_) => Reply::coded(401, "Incorrect credentials", "incorrect_credentials"),
        Refusal::StageRefused(StageKey::VerifyEmail) => {
            Reply::coded(401, "User email is not verified", "email_not_verified")
        }
        Refusal::StageRefused(_) => {
            Reply::coded(401, "This login needs a step that this API does not have.", "login_step_required")
        }
        Refusal::Inactive => Reply::detail(401, "No active account found with the given credentials"),
        Refusal::TooManyLoginAttempts => {
            let message = "Too many failed login attempts. Try again later.";
            Reply::json(400, json!({"non_field_errors": [message]}))
        }
        Refusal::RateLimited(seconds) => {
            Reply::detail(429, "Request was throttled.").with_header("retry-after", &seconds.to_string())
        }
        Refusal::LockedOut(seconds) => Reply::detail(429, "Too many failed MFA attempts. Try again later.")
            .with_header("retry-after", &seconds.to_string()),
        Refusal::InvalidToken => Reply::coded(401, "Token is invalid or expired", "token_not_valid"),
        Refusal::NotAuthenticated(_) => Reply::coded(401, "Session is no longer active.", "token_not_valid"),
        Refusal::SessionExpired => {
            Reply::coded(401, "Session reached its maximum lifetime. Please log in again", "session_expired")
        }
        Refusal::ReauthenticationRequired(_) => {
            Reply::coded(403, "Log in again to do this.", "reauthentication_required")
        }
        Refusal::Forbidden => Reply::detail(403, "You do not have permission to perform this action."),
        Refusal::Conflict => Reply::coded(409, "Another request was faster. Try again.", "conflict"),
        Refusal::Factor(problem) => Reply::detail(
            400,
            match problem {
                FactorProblem::ChallengeOver => "Challenge expired or invalid.",
                FactorProblem::ChallengeSpent => "Too many failed attempts. Challenge invalidated.",
                FactorProblem::WrongCode => "Invalid code.",
                FactorProblem::NoTotp => "TOTP not activated.",
                FactorProblem::NoRecoveryCodes => "Recovery codes not available.",
                FactorProblem::TotpActive => "TOTP already activated.",
                FactorProblem::SetupNotBegun => "Setup not initiated.",
            },
        ),
        Refusal::Store(error) => {
            tracing::error!(%error, "the table did not do its part");
            Reply::detail(503, "The service is not available. Try again later.")
        }
    }
}
