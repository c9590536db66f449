//! Settings: each line of the input is `NAME=value`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::settings::{Prefix, Rate, Settings, Source, Value, trusted_origin};

fuzz_target!(|text: &str| {
    // A long name takes long to compare with every known name, and is no different from a short one that is unknown.
    let given = text.lines().filter_map(|line| line.split_once('=')).filter(|(name, _)| name.len() <= 60);
    for (_, value) in given.clone() {
        if let Ok(rate) = Rate::parse(value) {
            assert!(rate.seconds.is_finite() && rate.seconds > 0.0);
        }
        if let Ok(prefix) = Prefix::from_text(value) {
            assert_eq!(Prefix::from_text(&prefix.show()), Ok(prefix));
        }
        trusted_origin("https://*.example.com", value);
    }
    let source = Source::new(given.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Settings::unread(&source);
    if let Ok(settings) = Settings::load(&source) {
        settings.webauthn_policy();
        settings.frontend_origins();
        settings.notes();
    }
});
