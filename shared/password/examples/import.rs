//! Logs in a user whose password hash comes from Django, and replaces the hash.

#![expect(clippy::disallowed_methods, reason = "the random source of the system is part of the example")]

use django_password_hash::{Parameters, Verdict, hash, is_usable, verify};

/// A row of Django's table `auth_user`.
struct User {
    name: &'static str,
    password: String,
}

/// Returns whether the password is right. Replaces an outdated hash.
fn log_in(user: &mut User, password: &str) -> bool {
    let parameters = Parameters::default();
    let Verdict::Right { rehash } = verify(password, &user.password, &parameters) else { return false };
    if rehash {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).expect("the system has a random source");
        user.password = hash(password, salt, &parameters);
    }
    true
}

fn main() {
    let stored = "pbkdf2_sha256$50$w7FqQeSALTyUX1$dgYb9Mqq6vjAGmhPnnK4bkxAErmoDFmAsqrizC21wTg=";
    let mut ada = User { name: "ada", password: stored.to_owned() };
    assert!(is_usable(&ada.password));
    for password in ["a wrong guess", "correct horse", "correct horse"] {
        let outcome = if log_in(&mut ada, password) { "is logged in" } else { "is refused" };
        println!("{} {outcome} with {password:?}; the stored hash is {}", ada.name, ada.password);
    }
}
