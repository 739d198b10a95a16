//! `schema.graphql` is what the program serves, and everything in it is described for its readers.

use crate::tree;

#[test]
fn the_committed_schema_is_the_served_one() {
    let served = ocop_catalog::graphql::sdl();
    assert!(tree::text("schema.graphql") == served, "schema.graphql is stale: run `cargo run -- schema > schema.graphql`");
}

#[test]
fn the_drawn_procedure_is_the_one_that_runs() {
    let drawn = ocop_catalog::domain::procedure::diagram();
    assert!(
        tree::text("docs/dossier-states.md") == drawn,
        "docs/dossier-states.md is stale: run `cargo run -- states > docs/dossier-states.md`"
    );
}

#[test]
fn everything_in_the_schema_is_described() {
    let undescribed = undescribed(&ocop_catalog::graphql::sdl());
    assert!(undescribed.is_empty(), "\n{}\n", undescribed.join("\n"));
}

#[test]
fn what_is_not_described_is_found() {
    let sdl = "\"\"\"\nA.\n\"\"\"\ntype A {\n\tb(\n\t\tc: Int\n\t): Int\n\t\"\"\"\n\tD.\n\t\"\"\"\n\td: Int\n}\n\nenum E {\n\tF\n}\n";
    assert_eq!(undescribed(sdl), ["5: b(", "6: c: Int", "14: enum E {", "15: F"]);
}

/// Lines that define something and follow no description. Connections are the library's types, described by their fields.
fn undescribed(sdl: &str) -> Vec<String> {
    let lines: Vec<&str> = sdl.lines().collect();
    let in_schema = lines.iter().position(|l| l.starts_with("schema {")).unwrap_or(lines.len());
    let mut in_text = false;
    let mut faults = Vec::new();
    for (at, line) in lines[..in_schema].iter().enumerate() {
        let line = line.trim();
        if line == "\"\"\"" {
            in_text = !in_text;
            continue;
        }
        let described = at.checked_sub(1).is_some_and(|before| lines[before].trim().ends_with('"'));
        let library = line.starts_with("type ") && line.contains("Connection {") || line.starts_with("directive ");
        if !in_text && defines(line) && !described && !library {
            faults.push(format!("{}: {line}", at + 1));
        }
    }
    faults
}

fn defines(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}
