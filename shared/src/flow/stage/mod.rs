//! The stages that a login may have to stop at, one file each. What one of them needs is nobody else's.

pub(super) mod login_by_code;
pub(super) mod mfa_authenticate;
pub(super) mod mfa_signup_webauthn;
pub(super) mod mfa_trust;
pub(super) mod verify_email;
pub(super) mod verify_phone;
