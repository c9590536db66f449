//! The options of WebAuthn ceremonies, as the description has them (WebAuthn Level 3, sections 5.4 and 5.5). The values are
//! made by the WebAuthn library.

use schemars::JsonSchema;
use serde_json::{Map, Value as Json};

/// What `PublicKeyCredential.parseCreationOptionsFromJSON()` takes, as `publicKey`.
#[derive(JsonSchema)]
#[schemars(inline, rename_all = "camelCase")]
pub struct Creation {
    /// The options.
    pub public_key: PublicKeyCreation,
}

/// What `PublicKeyCredential.parseRequestOptionsFromJSON()` takes, as `publicKey`.
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
    /// The algorithms that are accepted.
    pub pub_key_cred_params: Vec<PublicKeyParameters>,
    /// Milliseconds to answer.
    #[schemars(skip_serializing_if = "Option::is_none", with = "u64")]
    pub timeout: Option<u64>,
    /// Credentials that the user has already.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<PublicKeyDescriptor>")]
    pub exclude_credentials: Option<Vec<PublicKeyDescriptor>>,
    /// What the authenticator must be able to do.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Map<String, Json>")]
    pub authenticator_selection: Option<Json>,
    /// Which attestation is wanted.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    pub attestation: Option<String>,
    /// Which formats of attestation are wanted.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<String>")]
    pub attestation_formats: Option<Vec<String>>,
    /// Kinds of authenticators to suggest.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<String>")]
    pub hints: Option<Vec<String>>,
    /// Inputs of extensions.
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
    /// Milliseconds to answer.
    #[schemars(skip_serializing_if = "Option::is_none", with = "u64")]
    pub timeout: Option<u64>,
    /// Whether the authenticator verifies its user.
    pub user_verification: String,
    /// The credentials that are accepted. Absent or empty where each one is.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<PublicKeyDescriptor>")]
    pub allow_credentials: Option<Vec<PublicKeyDescriptor>>,
    /// Kinds of authenticators to suggest.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<String>")]
    pub hints: Option<Vec<String>>,
    /// Inputs of extensions.
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
    /// How the browser reaches it.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<String>")]
    pub transports: Option<Vec<String>>,
}
