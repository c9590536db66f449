//! Compares argon2 with `rust-argon2`, which shares no code with it.

use super::*;
use argon2_peer::{Config, ThreadMode, Variant, Version as PeerVersion, hash_raw};
use sha2::{Digest, Sha256};

const INPUTS: u32 = 10_000;

/// Pseudorandom bytes that are the same in every run.
struct Bytes {
    number: u32,
    block: u32,
    left: Vec<u8>,
}

impl Bytes {
    /// Creates the bytes for a number. Each number has different ones.
    fn new(number: u32) -> Self {
        Self { number, block: 0, left: Vec::new() }
    }

    fn next(&mut self) -> u8 {
        if self.left.is_empty() {
            self.block += 1;
            self.left = Sha256::digest([self.number.to_le_bytes(), self.block.to_le_bytes()].concat()).to_vec();
        }
        self.left.pop().unwrap()
    }

    /// Returns a number from `least` to `most`.
    fn between(&mut self, least: u32, most: u32) -> u32 {
        let random = u32::from_le_bytes(std::array::from_fn(|_| self.next()));
        least + random % (most - least + 1)
    }

    fn bytes(&mut self, least: u32, most: u32) -> Vec<u8> {
        (0..self.between(least, most)).map(|_| self.next()).collect()
    }
}

#[test]
fn two_implementations_agree_on_random_inputs_and_parameters() {
    for number in 0..INPUTS {
        let mut random = Bytes::new(number);
        let password: String = random.bytes(0, 150).into_iter().map(char::from).collect();
        let salt = random.bytes(8, 70);
        let length = random.between(4, 140);
        let lanes = random.between(1, 4);
        let memory_kib = random.between(MIN_MEMORY_PER_LANE * lanes, 80);
        let passes = random.between(1, 4);
        let (algorithm, variant) = match random.next() % 3 {
            0 => (Algorithm::Argon2d, Variant::Argon2d),
            1 => (Algorithm::Argon2i, Variant::Argon2i),
            _ => (Algorithm::Argon2id, Variant::Argon2id),
        };
        let (version, peer_version) = match random.next() % 2 {
            0 => (Version::V0x10, PeerVersion::Version10),
            _ => (Version::V0x13, PeerVersion::Version13),
        };

        let recipe = Recipe { algorithm, version, costs: Parameters { memory_kib, passes, lanes } };
        let ours = recipe.run(&password, &salt, length as usize);
        let config = Config {
            ad: &[],
            hash_length: length,
            lanes,
            mem_cost: memory_kib,
            secret: &[],
            thread_mode: ThreadMode::Sequential,
            time_cost: passes,
            variant,
            version: peer_version,
        };
        let theirs = hash_raw(password.as_bytes(), &salt, &config).unwrap();
        assert_eq!(ours, Some(theirs), "input {number}: {password:?} {salt:?} {config:?}");
    }
}
