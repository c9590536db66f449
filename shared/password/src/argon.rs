//! Argon2 in the encoding of its reference implementation, without the leading `$`, which
//! Django's prefix `argon2$` supplies: `argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use std::sync::Mutex;
use subtle::ConstantTimeEq;

use super::{Parameters, Verdict, number};

/// Bytes of a hash made here, and of every hash that Django makes.
const HASH_BYTES: usize = 32;
/// Bytes of a salt made here, as RFC 9106 recommends.
const SALT_BYTES: usize = 16;
/// KiB of the most memory that is ever filled.
const MAX_MEMORY: u32 = 1024 * 1024;
/// KiB of the most memory times passes: libsodium's "sensitive" level, the costliest in use.
const MAX_WORK: u32 = 4 * MAX_MEMORY;
/// KiB of the least memory for each lane that argon2 can work with.
const MIN_MEMORY_PER_LANE: u32 = 8;

impl Parameters {
    /// The nearest parameters that [`hash`] can compute and [`verify`] accepts.
    pub(super) fn within_limits(self) -> Self {
        let memory_kib = self.memory_kib.clamp(MIN_MEMORY_PER_LANE, MAX_MEMORY);
        Self {
            memory_kib,
            passes: self.passes.clamp(1, MAX_WORK / memory_kib),
            lanes: self.lanes.clamp(1, memory_kib / MIN_MEMORY_PER_LANE),
        }
    }
}

/// Everything that a hash says about itself.
struct Recipe {
    algorithm: Algorithm,
    version: Version,
    costs: Parameters,
}

impl Recipe {
    /// How new hashes are made.
    fn current(costs: &Parameters) -> Self {
        Self { algorithm: Algorithm::Argon2id, version: Version::V0x13, costs: costs.within_limits() }
    }

    /// Computes a hash of `length` bytes. `None` if argon2 does not allow the combination.
    fn run(&self, password: &str, salt: &[u8], length: usize) -> Option<Vec<u8>> {
        let Parameters { memory_kib, passes, lanes } = self.costs;
        let params = Params::new(memory_kib, passes, lanes, Some(length)).ok()?;
        let mut memory = take_memory(params.block_count());
        let mut output = vec![0; length];
        let hashed = Argon2::new(self.algorithm, self.version, params).hash_password_into_with_memory(
            password.as_bytes(),
            salt,
            &mut output,
            &mut memory,
        );
        give_memory_back(memory);
        hashed.ok().map(|()| output)
    }
}

/// Memory of hashes that are done, for those to come: an allocator that has to find 19 MiB for each leaves holes behind
/// that nothing fits in again, and the kernel has to clear every page of it anew. What is in it does not matter, the
/// first pass writes over all.
static MEMORY: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// More than this is not kept: imported hashes can ask for a gigabyte.
const MOST_KEPT: usize = 32 * 1024;

fn take_memory(blocks: usize) -> Vec<Block> {
    let mut memory = MEMORY.lock().map(|mut kept| kept.pop()).ok().flatten().unwrap_or_default();
    // Lack of memory then ends the process like everywhere else, and never passes for a wrong password.
    memory.resize(blocks, Block::default());
    memory
}

fn give_memory_back(memory: Vec<Block>) {
    if let (true, Ok(mut kept)) = (memory.capacity() <= MOST_KEPT, MEMORY.lock()) {
        kept.push(memory);
    }
}

/// The encoded hash of a password, or `None` for a password or salt that argon2 cannot take.
pub(super) fn hash(password: &str, salt: &[u8], costs: &Parameters) -> Option<String> {
    let recipe = Recipe::current(costs);
    let hash = recipe.run(password, salt, HASH_BYTES)?;
    let Parameters { memory_kib, passes, lanes } = recipe.costs;
    let salt = STANDARD_NO_PAD.encode(salt);
    let hash = STANDARD_NO_PAD.encode(hash);
    Some(format!("argon2$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${hash}"))
}

/// Compares a password with an encoded hash. `None` if that is malformed or too expensive.
pub(super) fn verify(password: &str, rest: &str, costs: &Parameters) -> Option<Verdict> {
    let (recipe, salt, expected) = parse(rest)?;
    let Parameters { memory_kib, passes, .. } = recipe.costs;
    let work = u64::from(memory_kib) * u64::from(passes);
    if memory_kib > MAX_MEMORY || work > u64::from(MAX_WORK) {
        return None;
    }
    let hash = recipe.run(password, &salt, expected.len())?;
    if !bool::from(hash.ct_eq(&expected)) {
        return Some(Verdict::Wrong);
    }
    let current = Recipe::current(costs);
    let rehash = recipe.algorithm != current.algorithm
        || recipe.version != current.version
        || recipe.costs != current.costs
        || expected.len() != HASH_BYTES
        || salt.len() < SALT_BYTES;
    Some(Verdict::Right { rehash })
}

/// Splits an encoded hash into the recipe, the salt and the hash proper.
fn parse(rest: &str) -> Option<(Recipe, Vec<u8>, Vec<u8>)> {
    let mut fields = rest.split('$');
    let algorithm = match fields.next()? {
        "argon2id" => Algorithm::Argon2id,
        "argon2i" => Algorithm::Argon2i,
        "argon2d" => Algorithm::Argon2d,
        _ => return None,
    };
    let second = fields.next()?;
    // The field came with version 1.3 of argon2; hashes of before do not have it.
    let (version, costs) = match second.strip_prefix("v=") {
        Some(version) => (number(version)?.try_into().ok()?, fields.next()?),
        None => (Version::V0x10, second),
    };
    let costs = parse_costs(costs)?;
    let salt = STANDARD_NO_PAD.decode(fields.next()?).ok()?;
    let hash = STANDARD_NO_PAD.decode(fields.next()?).ok()?;
    let recipe = Recipe { algorithm, version, costs };
    fields.next().is_none().then_some((recipe, salt, hash))
}

/// Reads `m=19456,t=2,p=1`; the order is fixed.
fn parse_costs(text: &str) -> Option<Parameters> {
    let mut costs = text.split(',');
    let mut cost = |name| number(costs.next()?.strip_prefix(name)?);
    let parameters = Parameters { memory_kib: cost("m=")?, passes: cost("t=")?, lanes: cost("p=")? };
    costs.next().is_none().then_some(parameters)
}

#[cfg(test)]
mod peer;
