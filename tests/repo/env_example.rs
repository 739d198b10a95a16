//! `.env.example` and the configuration name the same settings.

use std::collections::BTreeSet;

use crate::tree;

const EXAMPLE: &str = ".env.example";
const CONFIG: &str = "src/config.rs";

#[test]
fn the_example_and_the_configuration_name_the_same_settings() {
    let faults = faults(&tree::text(EXAMPLE), &tree::text(CONFIG));
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn differences_are_found() {
    let config = r#"env.get("OCOP_A")?; env.get("OCOP_B_C")?; format!("OCOP_A {x}");"#;
    for (example, expected) in [
        ("# Why.\nOCOP_A=1\n\n# Why.\n# OCOP_B_C=2\nOTHER=3\n", vec![]),
        ("# Why.\nOCOP_A=1\n", vec!["OCOP_B_C is read by src/config.rs but missing in .env.example"]),
        ("# Why.\nOCOP_A=1\n# Why.\nOCOP_B_C=\n# Why.\nOCOP_D=", vec!["OCOP_D stands in .env.example but src/config.rs doesn't read it"]),
        ("# Why.\nOCOP_A=1\nOCOP_B_C=2\n", vec!["OCOP_B_C has no comment in .env.example"]),
        ("# Why.\nOCOP_A=1\n# Why.\nOCOP_B_C=2\n# Why.\nOCOP_A=1", vec!["OCOP_A stands twice in .env.example"]),
    ] {
        assert_eq!(faults(example, config), expected, "{example}");
    }
}

fn faults(example: &str, config: &str) -> Vec<String> {
    let read = settings_read(config);
    let mut faults = Vec::new();
    let mut shown = BTreeSet::new();
    let mut commented = false;
    for line in example.lines() {
        let Some(key) = setting_shown(line) else {
            commented = line.starts_with('#');
            continue;
        };
        if !commented {
            faults.push(format!("{key} has no comment in {EXAMPLE}"));
        }
        if !shown.insert(key) {
            faults.push(format!("{key} stands twice in {EXAMPLE}"));
        }
        commented = false;
    }
    faults.extend(read.difference(&shown).map(|key| format!("{key} is read by {CONFIG} but missing in {EXAMPLE}")));
    faults.extend(shown.difference(&read).map(|key| format!("{key} stands in {EXAMPLE} but {CONFIG} doesn't read it")));
    faults
}

/// The setting of a line `OCOP_X=…`, which may be commented out.
fn setting_shown(line: &str) -> Option<&str> {
    let (key, _) = line.trim_start_matches(['#', ' ']).split_once('=')?;
    is_setting(key).then_some(key)
}

/// String literals that are names of settings.
fn settings_read(config: &str) -> BTreeSet<&str> {
    config.split('"').filter(|text| is_setting(text)).collect()
}

fn is_setting(text: &str) -> bool {
    text.strip_prefix("OCOP_").is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
}
