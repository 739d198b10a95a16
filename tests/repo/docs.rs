//! Documents that can be checked are checked: what they link to and what they name exists.

use std::collections::BTreeSet;

use crate::tree::{self, SourceFile};

/// Folders whose paths documents may name.
const FOLDERS: [&str; 8] = ["src/", "tests/", "migration/", "scripts/", "docs/", "data/", "assets/", ".ci/"];

#[test]
fn the_documents_exist() {
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "NOTICE"] {
        assert!(tree::root().join(name).is_file(), "{name} is missing");
    }
}

#[test]
fn links_and_paths_in_documents_lead_somewhere() {
    let faults: Vec<_> = tree::files("", "md").iter().flat_map(|file| faults(file, &|path| tree::root().join(path).exists())).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn broken_links_and_paths_are_found() {
    let exists = |path: &str| matches!(path, "docs/adr/0001-a.md" | "src/app.rs" | "docs/adr/../../README.md" | "src/domain");
    for (text, expected) in [
        ("[a](0001-a.md) [b](0001-a.md#part) [c](https://example.org/x) [d](#part) [e](../../README.md)", vec![]),
        ("`src/app.rs`, src/app.rs: src/domain/. (src/domain/*.rs) /src/nothing https://example.org/src/nothing", vec![]),
        ("one\n[a](0002-b.md)", vec!["docs/adr/x.md:2 links to 0002-b.md, which is missing"]),
        ("one\ntwo `src/gone.rs:12` three", vec!["docs/adr/x.md:2 names src/gone.rs, which is missing"]),
        ("src/app.rs and src/gone/mod.rs.", vec!["docs/adr/x.md:1 names src/gone/mod.rs, which is missing"]),
    ] {
        assert_eq!(faults(&SourceFile { path: "docs/adr/x.md".into(), text: text.into() }, &exists), expected, "{text}");
    }
}

/// Links and paths of a document that lead nowhere. The change log may name what is gone.
fn faults(file: &SourceFile, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let folder = file.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let mut faults = BTreeSet::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        let at = format!("{}:{line}", file.path);
        let dead = links(text).into_iter().filter(|link| !exists(&format!("{folder}{link}")));
        faults.extend(dead.map(|link| format!("{at} links to {link}, which is missing")));
        if file.path != "CHANGELOG.md" {
            let gone = named(text).into_iter().filter(|path| !exists(path));
            faults.extend(gone.map(|path| format!("{at} names {path}, which is missing")));
        }
    }
    faults.into_iter().collect()
}

/// Relative targets of `[…](target)`, without their `#part`.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '#']).next());
    targets.filter(|t| !t.is_empty() && !t.contains("://") && !t.starts_with("mailto:")).collect()
}

/// Paths below one of the folders, as far as they are spelt out.
fn named(text: &str) -> Vec<&str> {
    let part_of_path = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let words = text.split(|c| !part_of_path(c)).filter(|word| FOLDERS.iter().any(|f| word.starts_with(f)));
    words.map(|word| word.trim_end_matches(['.', '/'])).collect()
}

/// Whoever connects a shop finds what its adapter needs.
#[test]
fn every_adapter_is_documented() {
    let registry = std::fs::read_to_string("src/marketplace/registry.rs").expect("the registry");
    let guide = std::fs::read_to_string("docs/channels.md").expect("the guide");
    let names: Vec<&str> = registry.split("Adapter { name: \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        assert!(guide.contains(&format!("\n## `{name}` — ")), "docs/channels.md has no section on {name}");
    }
}
