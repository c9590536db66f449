//! Who somebody is by the word of an identity provider.

use crate::account::{IdentityClaim, IdentityLink, User, identity_claim_key, is_email};
use crate::clock::Timestamp;
use crate::flow::Context;
use crate::provider::{AppConfig, Identity, ProviderTokens};
use crate::session::{AuthenticationRecord, Session};
use crate::store::Key;
use crate::versions::Unknown;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

const SEAL: &str = "provider tokens";
/// Bytes of what a provider tells that are kept.
const MOST_EXTRA: usize = 16_384;
/// Bytes of its tokens that are kept.
const MOST_TOKENS: usize = 16_384;

/// Who somebody is by a provider's word, while that leads somewhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProvenIdentity {
    /// The application at the provider, by its name in the settings.
    pub provider: String,
    /// What people call the provider.
    pub provider_name: String,
    /// What people see of the identity.
    pub display: String,
    /// What the provider told.
    pub identity: Identity,
    /// The provider's tokens, sealed, where they are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<String>,
}

impl ProvenIdentity {
    /// What an application's provider has told, with its tokens where they are kept.
    pub fn new(cx: Context<'_>, config: &AppConfig, identity: Identity, tokens: Option<&ProviderTokens>) -> Self {
        let display = config.display(&identity.extra);
        let kept = tokens.filter(|_| cx.settings.social.store_tokens);
        let sealed = kept.and_then(|tokens| {
            let plain = json!({
                "access_token": tokens.access_token,
                "refresh_token": tokens.refresh_token,
                "expires_at": tokens.expires_at,
            });
            let (plain, context) = (plain.to_string(), identity_claim_key(config.id(), &identity.subject).pk);
            if plain.len() > MOST_TOKENS {
                tracing::warn!(
                    provider = config.id(),
                    bytes = plain.len(),
                    "tokens of an identity provider not stored: too long"
                );
                return None;
            }
            cx.keys.seal(SEAL, context.as_bytes(), plain.as_bytes(), &*cx.random)
        });
        Self::of_provider(config.id(), config.name(), display, identity, sealed)
    }

    /// The same where no application is involved.
    pub fn of_provider(
        provider: &str,
        name: &str,
        display: String,
        mut identity: Identity,
        tokens: Option<String>,
    ) -> Self {
        if identity.extra.to_string().len() > MOST_EXTRA {
            identity.extra = Json::Null;
        }
        // With an address that our own rules refuse no endpoint could be used: it counts as not told.
        identity.emails.retain(|address| is_email(&address.email));
        identity.emails.truncate(User::MOST_ADDRESSES);
        let (provider, provider_name) = (provider.to_owned(), name.to_owned());
        Self { provider, provider_name, display, identity, tokens }
    }

    fn link(&self) -> IdentityLink {
        IdentityLink::new(&self.provider, &self.identity.subject, &self.display)
    }

    pub(in crate::flow) fn key(&self) -> Key {
        identity_claim_key(&self.provider, &self.identity.subject)
    }

    /// The claim of a user who has it from now on.
    pub(in crate::flow) fn claim(&self, user: &User) -> IdentityClaim {
        IdentityClaim {
            provider: self.provider.clone(),
            uid: self.identity.subject.clone(),
            user: user.id,
            extra: self.identity.extra.clone(),
            tokens: self.tokens.clone(),
            version: 0,
            unknown: Unknown::default(),
        }
    }

    /// The user's claim with what the provider told now. A refresh token that it does not tell again stays.
    pub(in crate::flow) fn renewed(&self, claim: &IdentityClaim) -> IdentityClaim {
        let (extra, tokens) = (self.identity.extra.clone(), self.tokens.clone().or(claim.tokens.clone()));
        IdentityClaim { extra, tokens, ..claim.clone() }
    }

    /// Adds it to a user.
    pub(in crate::flow) fn add_to(&self, user: &mut User) {
        user.identities.push(self.link());
    }

    /// Shows what the provider told now with the user's identity.
    pub(in crate::flow) fn refresh_in(&self, user: &mut User) {
        let new = self.link();
        let is_it = |link: &&mut IdentityLink| link.provider == new.provider && link.uid == new.uid;
        if let Some(link) = user.identities.iter_mut().find(is_it) {
            link.display = new.display;
        }
    }

    pub(in crate::flow) fn record(&self, now: Timestamp) -> AuthenticationRecord {
        let mut record = AuthenticationRecord::new("socialaccount", now);
        record.provider = Some(self.provider.clone());
        record.uid = Some(self.identity.subject.clone());
        record
    }
}

/// The identity that a session is about to sign up with.
pub fn pending(session: &Session) -> Option<ProvenIdentity> {
    serde_json::from_str(session.identity.as_deref()?).ok()
}
