//! Compares argon2 with `rust-argon2`, which shares no code with it.

use super::*;
use argon2_peer::{Config, ThreadMode, Variant, Version as PeerVersion, hash_raw};
use proptest::prelude::*;

prop_compose! {
    /// Costs that take a moment, with as much memory as the lanes need at least.
    fn costs()(passes in 1_u32..=4, lanes in 1_u32..=4)(
        memory_kib in MIN_MEMORY_PER_LANE * lanes..=80, passes in Just(passes), lanes in Just(lanes),
    ) -> Parameters {
        Parameters { memory_kib, passes, lanes }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn two_implementations_agree(
        password in "\\PC{0,150}",
        salt in prop::collection::vec(any::<u8>(), 8..70),
        length in 4_u32..140,
        costs in costs(),
        (algorithm, variant) in prop::sample::select(vec![
            (Algorithm::Argon2d, Variant::Argon2d),
            (Algorithm::Argon2i, Variant::Argon2i),
            (Algorithm::Argon2id, Variant::Argon2id),
        ]),
        (version, peer_version) in prop::sample::select(vec![
            (Version::V0x10, PeerVersion::Version10),
            (Version::V0x13, PeerVersion::Version13),
        ]),
    ) {
        let recipe = Recipe { algorithm, version, costs };
        let ours = recipe.run(&password, &salt, length as usize);
        let config = Config {
            ad: &[],
            hash_length: length,
            lanes: costs.lanes,
            mem_cost: costs.memory_kib,
            secret: &[],
            thread_mode: ThreadMode::Sequential,
            time_cost: costs.passes,
            variant,
            version: peer_version,
        };
        let theirs = hash_raw(password.as_bytes(), &salt, &config).unwrap();
        prop_assert_eq!(ours.as_deref(), Some(theirs.as_slice()));
    }
}
