//! Types of the token settings.

use super::values::{Value, keywords};
use crate::jwt::Algorithm;
use serde_json::Value as Json;

/// The tokens that apps get at login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStrategy {
    /// A session token.
    Session,
    /// Signed tokens, and also a session token.
    Jwt,
}

impl Value for TokenStrategy {
    const KIND: &'static str = "`session` or `jwt`";
    fn from_json(json: &Json) -> Result<Self, String> {
        // The reference uses the dotted paths of classes.
        match json.as_str().map(|text| text.rsplit('.').next().unwrap_or(text)) {
            Some("session" | "SessionTokenStrategy") => Ok(Self::Session),
            Some("jwt" | "JWTTokenStrategy") => Ok(Self::Jwt),
            _ => Err("must be one of: session jwt".to_owned()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Session => "session",
            Self::Jwt => "jwt",
        }
        .to_owned()
    }
}

impl Value for Algorithm {
    const KIND: &'static str = "`RS256` or `HS256`";
    fn from_json(json: &Json) -> Result<Self, String> {
        match json.as_str() {
            Some("RS256") => Ok(Self::Rs256),
            Some("HS256") => Ok(Self::Hs256),
            _ => Err("must be one of: RS256 HS256".to_owned()),
        }
    }
    fn show(&self) -> String {
        self.as_str().to_owned()
    }
}

keywords! {
    /// The kind of credential that an authorizer checks.
    AuthorizerCredential {
        /// The session cookie of a browser.
        SessionCookie = "session_cookie",
        /// The session token of an app.
        SessionToken = "session_token",
        /// A signed access token.
        AccessToken = "access_token",
    }
}

keywords! {
    /// A field of a user that access tokens can have.
    UserClaim {
        /// The primary address.
        Email = "email",
        /// Whether the primary address is verified.
        EmailVerified = "email_verified",
        /// The username.
        Username = "username",
        /// The given name.
        FirstName = "first_name",
        /// The family name.
        LastName = "last_name",
        /// The phone number.
        Phone = "phone",
        /// The role, a number.
        Role = "role",
        /// The other stored fields of the user, as an object.
        Attributes = "attributes",
    }
}
