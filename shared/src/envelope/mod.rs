//! The responses of the headless API, as types: `status`, `data`, `meta`, `errors`. Their schemas are in the
//! description of the API, with the names of the reference.
//!
//! This module converts accounts, sessions and settings to the form that clients see. It makes no decisions and does
//! not read the table.

mod account;
mod authentication;
mod authenticators;
mod configuration;
mod errors;
mod flows;
mod providers;
mod tokens;
pub mod webauthn;

pub use account::{
    EmailAddress, EmailVerificationInfo, EmailVerificationMeta, PasswordResetInfo, PhoneNumber, Session, User,
};
pub use authentication::{
    AuthenticatedResponse, Authentication, AuthenticationMethod, ReauthenticationResponse, SessionGoneResponse,
    UnauthenticatedResponse,
};
pub use authenticators::{
    AddedAuthenticatorMeta, Authenticator, AuthenticatorType, CreationOptions, LoginOptionsResponse, NewTotp,
    RecoveryCodesAuthenticator, RequestOptions, TotpAuthenticator, WebAuthnAuthenticator,
};
pub use configuration::{Configuration, ConfigurationResponse};
pub use errors::{Error, ErrorResponse};
pub use flows::{Flow, FlowId};
pub use providers::{Provider, ProviderAccount, ProviderFlow, ProviderSignup};
pub use tokens::RefreshedTokens;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// The status of a response. The body repeats it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Status<const N: u16>;

impl<const N: u16> Serialize for Status<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(N)
    }
}

impl<const N: u16> JsonSchema for Status<N> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Status{N}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "const": N})
    }
}

/// A body with only a status.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Bare<const N: u16> {
    /// The status.
    pub status: Status<N>,
}

/// 403: the caller does not have permission.
pub type ForbiddenResponse = Bare<403>;

/// A body with a status and data.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Data<T, const N: u16 = 200> {
    /// The status.
    pub status: Status<N>,
    /// The data.
    pub data: T,
}

/// A body with a status, data, and more about the data.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct DataWithMeta<T, M> {
    /// The status.
    pub status: Status<200>,
    /// The data.
    pub data: T,
    /// More about the data.
    pub meta: M,
}

/// A body with a status, and more about it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Meta<M, const N: u16> {
    /// The status.
    pub status: Status<N>,
    /// More about it.
    pub meta: M,
}

impl<T, const N: u16> Data<T, N> {
    /// Returns a response with this data.
    pub fn new(data: T) -> Self {
        Self { status: Status, data }
    }
}

impl<T, M> DataWithMeta<T, M> {
    /// Returns a response with this data.
    pub fn new(data: T, meta: M) -> Self {
        Self { status: Status, data, meta }
    }
}

impl<M, const N: u16> Meta<M, N> {
    /// Returns a response with this content of `meta`.
    pub fn new(meta: M) -> Self {
        Self { status: Status, meta }
    }
}

/// A time: seconds since 1970-01-01 UTC, with a fraction.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Timestamp(pub f64);

impl From<crate::clock::Timestamp> for Timestamp {
    fn from(moment: crate::clock::Timestamp) -> Self {
        Self(moment.as_f64())
    }
}
