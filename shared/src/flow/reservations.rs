//! Permits: rate limits that a flow asks for before it decides, once, however often it has to decide.

use super::Refusal;
use crate::flow::Context;
use crate::settings::RateAction;
use crate::store::StoreError;
use crate::throttle::{Action, Limited, Usage};

/// The answers that a flow has got.
#[derive(Debug, Default)]
pub struct Reservations(Vec<(RateAction, String, Result<Usage, Limited>)>);

impl Reservations {
    /// Whether the action may be done; asked of the table the first time only.
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

    /// The refusal for somebody who was not granted all that was asked for.
    pub fn refusal(&self) -> Refusal {
        let limited = self.0.iter().filter_map(|(_, _, usage)| usage.as_ref().err());
        Refusal::RateLimited(limited.map(|limited| limited.seconds).max().unwrap_or(1))
    }

    /// Gives back what was asked for in vain.
    pub async fn give_back(&self, cx: Context<'_>) {
        for (_, _, usage) in &self.0 {
            if let Ok(usage) = usage {
                cx.give_back(usage, None).await;
            }
        }
    }
}
