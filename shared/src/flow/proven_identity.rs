//! Identities that an identity provider has confirmed.

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
/// Most bytes of the provider's data that are stored.
const MOST_EXTRA: usize = 16_384;
/// Most bytes of the provider's tokens that are stored.
const MOST_TOKENS: usize = 16_384;

/// An identity that a provider has confirmed, while a flow uses it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProvenIdentity {
    /// The application at the provider, by its name in the settings.
    pub provider: String,
    /// The provider's name for people.
    pub provider_name: String,
    /// The text that represents the identity in a user interface.
    pub display: String,
    /// The data that the provider sent.
    pub identity: Identity,
    /// The provider's tokens, encrypted, if they are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<String>,
}

impl ProvenIdentity {
    /// Creates it from the answer of an application's provider. Contains the tokens if the settings store them.
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

    /// Creates it for a provider that has no application.
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
        // No endpoint accepts an address that [`is_email`] refuses, so such an address is dropped.
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

    /// The claim of a user to whom the identity is added.
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

    /// The user's claim with the data that the provider sent now. If the provider sent no tokens, the stored ones stay.
    pub(in crate::flow) fn renewed(&self, claim: &IdentityClaim) -> IdentityClaim {
        let (extra, tokens) = (self.identity.extra.clone(), self.tokens.clone().or(claim.tokens.clone()));
        IdentityClaim { extra, tokens, ..claim.clone() }
    }

    /// Adds the identity to a user.
    pub(in crate::flow) fn add_to(&self, user: &mut User) {
        user.identities.push(self.link());
    }

    /// Updates the display text of the user's identity.
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

/// The identity of the signup in progress in a session.
pub fn pending(session: &Session) -> Option<ProvenIdentity> {
    serde_json::from_str(session.identity.as_deref()?).ok()
}
