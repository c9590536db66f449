//! The stage at which the user has to set up a second factor, if the settings require one.

use super::{Need, StageContext};
use crate::settings::TotpMode;

/// Stops if the user has no second factor and `JWT_ALLAUTH_MFA_TOTP_MODE` requires one.
pub(in crate::flow) fn need(stage: &StageContext<'_>) -> Need {
    let settings = &stage.cx.settings;
    let required = settings.mfa.enabled && settings.jwt_api.mfa_totp_mode == TotpMode::Required;
    let lacks = stage.user.is_some_and(|user| !user.has_second_factor());
    if required && lacks { Need::Stop } else { Need::Nothing }
}
