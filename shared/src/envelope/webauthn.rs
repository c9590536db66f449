//! The options of WebAuthn ceremonies, for the API description (WebAuthn Level 3, sections 5.4 and 5.5). The WebAuthn
//! library creates the values.

use schemars::JsonSchema;
use serde_json::{Map, Value as Json};

/// The argument of `PublicKeyCredential.parseCreationOptionsFromJSON()`, as `publicKey`.
#[derive(JsonSchema)]
#[schemars(inline, rename_all = "camelCase")]
pub struct Creation {
    /// The options.
    pub public_key: PublicKeyCreation,
}

/// The argument of `PublicKeyCredential.parseRequestOptionsFromJSON()`, as `publicKey`.
#[derive(JsonSchema)]
#[schemars(inline, rename_all = "camelCase")]
pub struct Request {
    /// The options.
    pub public_key: PublicKeyRequest,
}

/// Options for a new credential.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct PublicKeyCreation {
    /// The challenge, in base64url.
    pub challenge: String,
    /// The relying party.
    pub rp: RelyingParty,
    /// The user.
    pub user: PublicKeyUser,
    /// The accepted algorithms.
    pub pub_key_cred_params: Vec<PublicKeyParameters>,
    /// The time limit in milliseconds.
    #[schemars(skip_serializing_if = "Option::is_none", with = "u64")]
    pub timeout: Option<u64>,
    /// The credentials that the user already has.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<PublicKeyDescriptor>")]
    pub exclude_credentials: Option<Vec<PublicKeyDescriptor>>,
    /// The required features of the authenticator.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Map<String, Json>")]
    pub authenticator_selection: Option<Json>,
    /// The requested attestation.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    pub attestation: Option<String>,
    /// The requested attestation formats.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<String>")]
    pub attestation_formats: Option<Vec<String>>,
    /// The kinds of authenticators to suggest.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<String>")]
    pub hints: Option<Vec<String>>,
    /// The inputs of extensions.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Map<String, Json>")]
    pub extensions: Option<Json>,
}

/// Options to use a credential.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct PublicKeyRequest {
    /// The challenge, in base64url.
    pub challenge: String,
    /// The id of the relying party.
    pub rp_id: String,
    /// The time limit in milliseconds.
    #[schemars(skip_serializing_if = "Option::is_none", with = "u64")]
    pub timeout: Option<u64>,
    /// Whether the authenticator verifies its user.
    pub user_verification: String,
    /// The accepted credentials. If absent or empty, every credential is accepted.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<PublicKeyDescriptor>")]
    pub allow_credentials: Option<Vec<PublicKeyDescriptor>>,
    /// The kinds of authenticators to suggest.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<String>")]
    pub hints: Option<Vec<String>>,
    /// The inputs of extensions.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Map<String, Json>")]
    pub extensions: Option<Json>,
}

/// A relying party.
#[derive(JsonSchema)]
pub struct RelyingParty {
    /// Its id: a domain.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The user of a credential.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct PublicKeyUser {
    /// The user handle, in base64url.
    pub id: String,
    /// The name of the account.
    pub name: String,
    /// The name of the user.
    pub display_name: String,
}

/// An algorithm.
#[derive(JsonSchema)]
pub struct PublicKeyParameters {
    /// `public-key`.
    pub r#type: String,
    /// The number of the COSE algorithm.
    pub alg: i64,
}

/// A credential.
#[derive(JsonSchema)]
pub struct PublicKeyDescriptor {
    /// `public-key`.
    pub r#type: String,
    /// The id, in base64url.
    pub id: String,
    /// How the browser can reach it.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<String>")]
    pub transports: Option<Vec<String>>,
}
