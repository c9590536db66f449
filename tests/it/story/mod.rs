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
mod limits;
mod lockout;
mod notifications;
mod passkey_clients;
mod passkeys;
mod passwords;
mod phones;
mod races;
mod recovery;
mod second_factors;
mod sessions;
mod tokens;
