//! The stages that a login may have to stop at, one file each. What one of them needs is nobody else's.

pub(in crate::flow) mod login_by_code;
pub(in crate::flow) mod mfa_authenticate;
pub(in crate::flow) mod mfa_signup_webauthn;
pub(in crate::flow) mod mfa_trust;
pub(in crate::flow) mod verify_email;
pub(in crate::flow) mod verify_phone;
