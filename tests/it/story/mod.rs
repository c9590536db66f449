//! What happens to people.

mod account;
mod budget;
mod codes;
mod cookies;
mod crashes;
mod enumeration;
mod first_way;
mod flat;
mod hostile;
mod identities;
mod identity_provider;
mod jwt_api;
mod jwt_races;
mod key_rotation;
mod limits;
mod notifications;
mod passkeys;
mod passwords;
mod phones;
mod races;
mod recovery;
mod refresh_windows;
mod second_factors;
mod sessions;
mod tokens;
