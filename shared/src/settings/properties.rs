//! Properties of random settings.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use std::fmt::Debug;
use url::Url;

/// A value that is written as [`Value::show`] says reads as the same value.
fn reads_back<V: Value + PartialEq + Debug>(value: V) -> TestCaseResult {
    prop_assert_eq!(V::from_text(&value.show()), Ok(value));
    Ok(())
}

/// Texts as people write them into an environment: words, numbers, JSON, and typing mistakes.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,40}",
        "[0-9.eE+-]{1,12}",
        "true|false|null|strict|none|lax|all|RS256|session|app\\.[A-Za-z]{0,30}",
        "\\[(\"[a-z0-9*:/.]{0,20}\",?){0,4}\\]",
        "\\{(\"[a-z_]{0,20}\": ?(\"[a-z0-9*:/.,]{0,20}\"|null|[0-9]{1,6}|\\[\\]),?){0,4}\\}",
        "(https?|app)://[a-z0-9.*\\[\\]:-]{0,20}/?",
    ]
}

proptest! {
    #[test]
    fn a_value_that_is_shown_reads_back(
        (flag, number, count) in (any::<bool>(), any::<i64>(), any::<u32>()),
        word in "\\PC{0,20}",
        words in prop::collection::vec("[a-z]{0,9}", 0..4),
        names in prop::collection::btree_map("[a-z_]{0,9}", "\\PC{0,9}", 0..4),
        url in "https?://[a-z]{1,9}\\.example(:[1-9][0-9]{0,3})?(/[a-z]{1,5}){0,3}",
    ) {
        reads_back(flag)?;
        reads_back(number)?;
        reads_back(count)?;
        reads_back(Quota(count))?;
        reads_back(word)?;
        reads_back(words)?;
        reads_back(names)?;
        reads_back(url.parse::<Url>().unwrap())?;
    }

    #[test]
    fn what_is_no_such_value_is_a_mistake_and_never_a_panic(text in text()) {
        let _ = bool::from_text(&text);
        let _ = f64::from_text(&text);
        let _ = Option::<u8>::from_text(&text);
        let _ = Vec::<LoginMethod>::from_text(&text);
        let _ = Url::from_text(&text);
        let _ = SameSite::from_text(&text);
        let _ = CodeFormat::from_text(&text);
        let _ = SignupFields::from_text(&text);
        let _ = RequiredFor::from_text(&text);
        let _ = Prefix::from_text(&text);
        let _ = RateLimits::<AccountRates>::from_text(&text);
        let _ = RateLimits::<MfaRates>::from_text(&text);
        let _ = origin::mistake_in_trusted(&text);
    }

    /// Every value of a setting either lets the service start or is reported with the name of the setting.
    #[test]
    fn a_mistake_names_its_setting(
        name in prop::sample::select(Settings::names().collect::<Vec<_>>()),
        text in text(),
    ) {
        if let Err(Problems(problems)) = tests::load(&[(name, &text)]) {
            prop_assert!(problems.iter().any(|problem| problem.contains(name)), "{:?}", problems);
        }
    }

    #[test]
    fn an_origin_trusts_itself_and_no_longer_name(origin in "https://[a-z]{1,9}(\\.[a-z]{2,9}){1,3}", word in "[a-z]{1,9}") {
        prop_assert!(trusted_origin(&origin, &origin));
        let longer = format!("{origin}{word}");
        prop_assert!(!trusted_origin(&origin, &longer));
        let wildcard = origin.replacen("://", "://*.", 1);
        let below = origin.replacen("://", &format!("://{word}."), 1);
        let beside = origin.replacen("://", &format!("://{word}"), 1);
        prop_assert!(trusted_origin(&wildcard, &below));
        prop_assert!(!trusted_origin(&wildcard, &beside) && !trusted_origin(&wildcard, &origin));
    }

    #[test]
    fn a_path_is_the_same_after_it_was_shown(text in "/?[a-z0-9._~/-]{0,20}") {
        if let Ok(prefix) = Prefix::from_text(&text) {
            reads_back(prefix)?;
        }
    }
}
