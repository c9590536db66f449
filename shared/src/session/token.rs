//! Session tokens: opaque text that locates a session and proves that the client may use it.

use crate::account::UserId;
use crate::secret;
use uuid::Uuid;

const SECRET_LENGTH: usize = 32;
const NUMBER_LENGTH: usize = 8;
const USER_LENGTH: usize = 16;
/// Session numbers are JSON integers, so they are below 2^53.
const NUMBER_MASK: u64 = (1 << 53) - 1;

/// The kind of session that a token belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionTokenKind {
    /// A session of this user.
    User(UserId),
    /// A pending session, which has no user yet.
    Pending,
}

/// A session token. The token of a user's session consists of the user's id, the session's number and 32 random bytes,
/// so that one request finds both session and user. The token of a pending session consists of 32 random bytes (ASVS
/// 5.0 7.2.3). The table stores only a digest of the random part.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken {
    kind: SessionTokenKind,
    number: u64,
    secret: [u8; SECRET_LENGTH],
}

impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

impl SessionToken {
    /// Creates the token of a new session of this user.
    pub fn of_user(user: UserId, number: [u8; NUMBER_LENGTH], secret: [u8; SECRET_LENGTH]) -> Self {
        let number = (u64::from_be_bytes(number) & NUMBER_MASK).max(1);
        Self { kind: SessionTokenKind::User(user), number, secret }
    }

    /// Creates the token of a new pending session.
    pub fn pending(secret: [u8; SECRET_LENGTH]) -> Self {
        Self { kind: SessionTokenKind::Pending, number: 0, secret }
    }

    /// Parses a token. Returns `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = secret::decode(text)?;
        if let Ok(secret) = <[u8; SECRET_LENGTH]>::try_from(bytes.as_slice()) {
            return Some(Self::pending(secret));
        }
        let (user, rest) = bytes.split_first_chunk::<USER_LENGTH>()?;
        let (number, secret) = rest.split_first_chunk::<NUMBER_LENGTH>()?;
        let secret = <[u8; SECRET_LENGTH]>::try_from(secret).ok()?;
        Some(Self::of_user(UserId(Uuid::from_bytes(*user)), *number, secret))
    }

    /// The text that the client keeps.
    pub fn text(&self) -> String {
        match self.kind {
            SessionTokenKind::Pending => secret::encode(&self.secret),
            SessionTokenKind::User(user) => {
                secret::encode(&[&user.0.as_bytes()[..], &self.number.to_be_bytes(), &self.secret].concat())
            }
        }
    }

    /// The kind of session that it belongs to.
    pub fn kind(&self) -> SessionTokenKind {
        self.kind
    }

    /// The number of the user's session; 0 for a pending session.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The digest of the random part, which the table stores.
    pub fn digest(&self) -> String {
        secret::digest(&self.secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_text_of_a_token_is_parsed() {
        let user = UserId(Uuid::from_u128(7));
        for token in [SessionToken::of_user(user, [0xff; 8], [1; 32]), SessionToken::pending([2; 32])] {
            assert_eq!(SessionToken::parse(&token.text()), Some(token.clone()));
            assert!(token.number() < 1 << 53);
            for nonsense in [&token.text()[1..], &format!("{}A", token.text()), &token.text().replace('A', "*")] {
                assert!(SessionToken::parse(nonsense).is_none_or(|other| other != token));
            }
        }
        for nonsense in ["", "bad", "%%%", &"A".repeat(10_000)] {
            assert!(SessionToken::parse(nonsense).is_none(), "{nonsense}");
        }
    }

    proptest! {
        #[test]
        fn every_token_reads_back(user: u128, number: [u8; 8], secret: [u8; 32]) {
            let user = UserId(Uuid::from_u128(user));
            for token in [SessionToken::of_user(user, number, secret), SessionToken::pending(secret)] {
                prop_assert_eq!(SessionToken::parse(&token.text()), Some(token.clone()));
                prop_assert!(token.number() <= NUMBER_MASK);
            }
        }

        #[test]
        fn what_is_read_of_any_text_reads_back(text in "\\PC{0,80}|[A-Za-z0-9_-]{40,80}", bytes: Vec<u8>) {
            for text in [text, secret::encode(&bytes)] {
                if let Some(token) = SessionToken::parse(&text) {
                    prop_assert_eq!(SessionToken::parse(&token.text()), Some(token));
                }
            }
        }
    }
}
