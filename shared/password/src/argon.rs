//! Argon2 in the encoding of its reference implementation, without the leading `$`, which is in Django's prefix
//! `argon2$`: `argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use std::sync::Mutex;
use subtle::ConstantTimeEq;

use super::{Parameters, Verdict, number};

/// Size of new hashes in bytes. All of Django's hashes have this size too.
const HASH_BYTES: usize = 32;
/// Size of new salts in bytes, as RFC 9106 recommends.
const SALT_BYTES: usize = 16;
/// Maximum memory in KiB.
const MAX_MEMORY: u32 = 1024 * 1024;
/// Maximum product of memory in KiB and passes: libsodium's "sensitive" level, the most expensive one in use.
const MAX_WORK: u32 = 4 * MAX_MEMORY;
/// Minimum memory in KiB that argon2 needs for each lane.
const MIN_MEMORY_PER_LANE: u32 = 8;

impl Parameters {
    /// Returns the nearest parameters that [`hash`] can compute and [`verify`] accepts.
    pub(super) fn within_limits(self) -> Self {
        let memory_kib = self.memory_kib.clamp(MIN_MEMORY_PER_LANE, MAX_MEMORY);
        Self {
            memory_kib,
            passes: self.passes.clamp(1, MAX_WORK / memory_kib),
            lanes: self.lanes.clamp(1, memory_kib / MIN_MEMORY_PER_LANE),
        }
    }
}

/// The parameters in an encoded hash.
struct Recipe {
    algorithm: Algorithm,
    version: Version,
    costs: Parameters,
}

impl Recipe {
    /// Returns the parameters of new hashes.
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

/// Memory of completed hashes, for later ones. An allocator that has to find 19 MiB for each hash fragments the heap,
/// and the kernel has to clear every page again. The content does not matter, because the first pass overwrites it.
static MEMORY: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// Maximum number of blocks to keep. Imported hashes can need a gigabyte.
const MOST_KEPT: usize = 32 * 1024;

fn take_memory(blocks: usize) -> Vec<Block> {
    let mut memory = MEMORY.lock().map(|mut kept| kept.pop()).ok().flatten().unwrap_or_default();
    // If memory is exhausted, the process ends, as everywhere else. It must not look like a wrong password.
    memory.resize(blocks, Block::default());
    memory
}

fn give_memory_back(memory: Vec<Block>) {
    if let (true, Ok(mut kept)) = (memory.capacity() <= MOST_KEPT, MEMORY.lock()) {
        kept.push(memory);
    }
}

/// Returns the encoded hash of a password, or `None` if argon2 does not support the password or salt.
pub(super) fn hash(password: &str, salt: &[u8], costs: &Parameters) -> Option<String> {
    let recipe = Recipe::current(costs);
    let hash = recipe.run(password, salt, HASH_BYTES)?;
    let Parameters { memory_kib, passes, lanes } = recipe.costs;
    let salt = STANDARD_NO_PAD.encode(salt);
    let hash = STANDARD_NO_PAD.encode(hash);
    Some(format!("argon2$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${hash}"))
}

/// Compares a password with an encoded hash. Returns `None` if the hash is malformed or too expensive.
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

/// Splits an encoded hash into parameters, salt and hash.
fn parse(rest: &str) -> Option<(Recipe, Vec<u8>, Vec<u8>)> {
    let mut fields = rest.split('$');
    let algorithm = match fields.next()? {
        "argon2id" => Algorithm::Argon2id,
        "argon2i" => Algorithm::Argon2i,
        "argon2d" => Algorithm::Argon2d,
        _ => return None,
    };
    let second = fields.next()?;
    // The field exists since version 1.3 of argon2. Earlier hashes do not have it.
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

/// Parses `m=19456,t=2,p=1`. The order is fixed.
fn parse_costs(text: &str) -> Option<Parameters> {
    let mut costs = text.split(',');
    let mut cost = |name| number(costs.next()?.strip_prefix(name)?);
    let parameters = Parameters { memory_kib: cost("m=")?, passes: cost("t=")?, lanes: cost("p=")? };
    costs.next().is_none().then_some(parameters)
}

#[cfg(test)]
mod peer;
