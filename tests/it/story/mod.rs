//! What happens to people.

mod first_way;
