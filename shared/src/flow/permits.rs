//! Permits: rate limits that a flow asks for before it decides, once, however often it has to decide.

use crate::app::App;
use crate::session::ClientInfo;
use crate::store::StoreError;
use crate::throttle::{Action, Usage};

/// The answers that a flow has got.
#[derive(Debug, Default)]
pub struct Permits(Vec<(&'static str, String, Option<Usage>)>);

impl Permits {
    /// Whether the action may be done; asked of the table the first time only.
    ///
    /// # Errors
    /// The table is unavailable.
    pub async fn ask(
        &mut self,
        app: &App,
        client: &ClientInfo,
        action: &'static str,
        key: &str,
    ) -> Result<bool, StoreError> {
        if let Some((_, _, usage)) = self.0.iter().find(|(known, of, _)| *known == action && of == key) {
            return Ok(usage.is_some());
        }
        let usage = app.consume(client.ip, &[Action::about(action, key)]).await?.ok();
        let granted = usage.is_some();
        self.0.push((action, key.to_owned(), usage));
        Ok(granted)
    }

    /// Gives back what was asked for in vain.
    pub async fn give_back(&self, app: &App) {
        for (_, _, usage) in &self.0 {
            if let Some(usage) = usage {
                app.give_back(usage, None).await;
            }
        }
    }
}
