//! A cache of the documents that providers publish: OpenID configurations and keys.

use super::error::ProviderError;
use super::net::{Fetch, PlainHttp, ProviderRequest, json};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Maximum age of a cached document in seconds.
pub const KEPT: i64 = 3600;
/// Minimum number of seconds between two requests for an unknown key. It bounds the requests that forged tokens can
/// cause.
pub const REFETCH: i64 = 30;

struct Slot {
    document: Arc<Value>,
    fetched: i64,
    refetched: Option<i64>,
}

/// The documents, by URL. Their number is bounded by the URLs in the settings and in the configurations that these
/// name.
#[derive(Default)]
pub(super) struct Documents(Mutex<HashMap<String, Slot>>);

impl Documents {
    fn slots(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the document, from the cache if it is not too old. `now` is in seconds.
    pub async fn get(
        &self,
        fetch: &dyn Fetch,
        plain: PlainHttp,
        url: &str,
        now: i64,
    ) -> Result<Arc<Value>, ProviderError> {
        let kept = self.slots().get(url).filter(|slot| (0..KEPT).contains(&(now - slot.fetched))).map(|slot| {
            // Clones the pointer, so that no lock is held across an await.
            Arc::clone(&slot.document)
        });
        match kept {
            Some(document) => Ok(document),
            None => self.fetch(fetch, plain, url, now, None).await,
        }
    }

    /// Fetches the document again because something is missing in it. Returns `None` if it was fetched again less than
    /// [`REFETCH`] seconds ago.
    pub async fn get_again(
        &self,
        fetch: &dyn Fetch,
        plain: PlainHttp,
        url: &str,
        now: i64,
    ) -> Result<Option<Arc<Value>>, ProviderError> {
        {
            let mut slots = self.slots();
            let Some(slot) = slots.get_mut(url) else { return Ok(None) };
            if slot.refetched.is_some_and(|before| (0..REFETCH).contains(&(now - before))) {
                return Ok(None);
            }
            slot.refetched = Some(now);
        }
        self.fetch(fetch, plain, url, now, Some(now)).await.map(Some)
    }

    async fn fetch(
        &self,
        fetch: &dyn Fetch,
        plain: PlainHttp,
        url: &str,
        now: i64,
        refetched: Option<i64>,
    ) -> Result<Arc<Value>, ProviderError> {
        let answer = json(fetch, ProviderRequest::get(plain.url(url)?)).await.map_err(|error| match error {
            // Without its published documents the provider cannot be used, whatever is wrong with them.
            ProviderError::Denied(said) | ProviderError::Nonsense(said) => ProviderError::Unavailable(said),
            other => other,
        })?;
        if !answer.is_object() {
            return Err(ProviderError::Unavailable("not an object".to_owned()));
        }
        let document = Arc::new(answer);
        let slot = Slot { document: Arc::clone(&document), fetched: now, refetched };
        self.slots().insert(url.to_owned(), slot);
        Ok(document)
    }
}
