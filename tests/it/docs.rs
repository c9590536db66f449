//! Compares documents with the code that they describe.

use std::collections::BTreeSet;
use std::path::Path;

/// Appends every Rust source below a folder to `all`.
fn sources(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() && !entry.ends_with("target") {
            sources(&entry, all);
        } else if entry.extension().is_some_and(|kind| kind == "rs") {
            all.push_str(&std::fs::read_to_string(&entry).unwrap());
        }
    }
}

#[test]
fn the_tests_that_the_security_page_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let mut code = String::new();
    for folder in ["functions", "shared", "tests"] {
        sources(&root.join(folder), &mut code);
    }
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let mut named = BTreeSet::new();
    for row in rows {
        let cells = row.trim_matches('|').split(" | ").collect::<Vec<_>>();
        assert_eq!(cells.len(), 3, "a row has three cells: {row}");
        let last = cells[2].trim();
        named.extend(last.split('`').skip(1).step_by(2));
        assert!(!last.is_empty(), "a row has a test or a reason: {row}");
    }
    let missing = named.iter().filter(|name| !code.contains(&format!("fn {name}("))).collect::<Vec<_>>();
    assert!(named.len() > 60, "the page names too few tests, was the table read? {}", named.len());
    assert!(missing.is_empty(), "docs/security.md names tests that do not exist: {missing:?}");
}
