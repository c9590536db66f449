//! Permits: uses of rate limits that a flow reserves once before it decides, even if it has to decide several times.

use super::Refusal;
use crate::flow::Context;
use crate::settings::RateAction;
use crate::store::StoreError;
use crate::throttle::{Action, Limited, Usage};

/// The results of the reservations of a flow.
#[derive(Debug, Default)]
pub struct Reservations(Vec<(RateAction, String, Result<Usage, Limited>)>);

impl Reservations {
    /// Returns whether the action is allowed. Only the first call for an action and key accesses the table.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn reserve(&mut self, cx: Context<'_>, action: RateAction, key: &str) -> Result<bool, StoreError> {
        if let Some((_, _, usage)) = self.0.iter().find(|(known, of, _)| *known == action && of == key) {
            return Ok(usage.is_ok());
        }
        let usage = cx.consume(cx.client.ip, &[Action::about(action, key)]).await?;
        let granted = usage.is_ok();
        self.0.push((action, key.to_owned(), usage));
        Ok(granted)
    }

    /// The refusal if one of the actions is not allowed.
    pub fn refusal(&self) -> Refusal {
        let limited = self.0.iter().filter_map(|(_, _, usage)| usage.as_ref().err());
        Refusal::RateLimited(limited.map(|limited| limited.seconds).max().unwrap_or(1))
    }

    /// Gives back the uses that were reserved but not needed.
    pub async fn give_back(&self, cx: Context<'_>) {
        for (_, _, usage) in &self.0 {
            if let Ok(usage) = usage {
                cx.give_back(usage, None).await;
            }
        }
    }
}
