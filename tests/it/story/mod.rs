//! What happens to people.

mod budget;
mod cookies;
mod crashes;
mod enumeration;
mod first_way;
mod hostile;
mod limits;
mod passwords;
mod races;
