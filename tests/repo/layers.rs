//! Layers, fences, sizes and names of `src/`, checked over a list of files so that broken samples can be checked too.

use std::collections::BTreeSet;

use crate::{
    reading::{Name, Reading, read},
    rules::{FENCES, FILE_LINES, FUNCTION_LINES, IMPURE, LAYERS, VAGUE},
    tree::{self, SourceFile},
};

#[test]
fn the_source_keeps_its_layers_fences_sizes_and_names() {
    let faults = faults(&tree::files("src", "rs"), &tree::text("ARCHITECTURE.md"));
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn tests_and_migrations_keep_sizes_and_names() {
    let files = ["tests", "migration"].into_iter().flat_map(|folder| tree::files(folder, "rs"));
    let faults: Vec<_> = files.flat_map(|file| [sized(&file, &parsed(&file)), named(&file.path)].concat()).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// Everything that breaks a rule in the files of `src/`, a sentence each; `architecture` must list their folders.
pub(crate) fn faults(files: &[SourceFile], architecture: &str) -> Vec<String> {
    let readings: Vec<_> = files.iter().map(|file| (file, parsed(file))).collect();
    let test_files: Vec<&str> = readings.iter().flat_map(|(_, r)| &r.test_files).map(String::as_str).collect();
    let mut faults = listed(files, architecture);
    for (file, reading) in &readings {
        let tests = test_files.iter().any(|start| file.path.starts_with(start));
        faults.extend(named(&file.path));
        faults.extend(sized(file, reading));
        match LAYERS.iter().find(|l| l.name == top(&file.path)) {
            None => faults.push(format!("{}: `{}` is no layer; see tests/repo/rules.rs", file.path, top(&file.path))),
            Some(layer) => {
                faults.extend(reading.names.iter().filter_map(|name| foreign(&file.path, layer.name, name, tests || name.in_test)));
                faults.extend(waiting(file, layer.name, reading).filter(|_| !tests));
            }
        }
    }
    faults
}

fn parsed(file: &SourceFile) -> Reading {
    read(&file.path, &file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path))
}

/// The layer a file is in: its folder below `src/`, or its own name there.
fn top(path: &str) -> &str {
    let below = path.trim_start_matches("src/");
    below.split('/').next().unwrap_or(below).trim_end_matches(".rs")
}

/// What is wrong with a path that a file names.
fn foreign(path: &str, layer: &str, name: &Name, tests: bool) -> Option<String> {
    let at = format!("{path}:{}", name.line);
    if name.segments.iter().filter(|s| *s == "super").count() > 1 {
        return Some(format!("{at} names `super::super`: write `crate::{layer}::…`"));
    }
    match inside(name) {
        Some(local) => direction(&at, layer, &local),
        None if tests => None,
        None => fenced(&at, path, layer, &name.segments),
    }
}

/// The path from the crate's root if it leads into the crate.
fn inside(name: &Name) -> Option<Vec<String>> {
    let (first, rest) = name.segments.split_first()?;
    match first.as_str() {
        "crate" | "ocop_catalog" => Some(rest.to_vec()),
        "super" => Some([name.module.split_last().map_or(&[][..], |(_, above)| above), rest].concat()),
        "self" => Some([&name.module, rest].concat()),
        _ => (name.module.is_empty() && LAYERS.iter().any(|l| l.name == first)).then(|| name.segments.clone()),
    }
}

fn direction(at: &str, from: &str, local: &[String]) -> Option<String> {
    let allowed = LAYERS.iter().find(|l| l.name == from)?.may_import;
    match local.first().map(String::as_str).and_then(|to| LAYERS.iter().find(|l| l.name == to)) {
        None => Some(format!("{at} names `{}` at the crate's root: write `crate::LAYER::…`", local.join("::"))),
        Some(to) if to.name == from || allowed.contains(&to.name) => None,
        Some(to) if allowed.is_empty() => Some(format!("{at} imports {}: {from} may import nothing of the crate", to.name)),
        Some(to) => Some(format!("{at} imports {}: {from} may import only {}", to.name, allowed.join(", "))),
    }
}

fn fenced(at: &str, path: &str, layer: &str, segments: &[String]) -> Option<String> {
    if let Some(impure) = IMPURE.iter().find(|p| layer == "domain" && names(segments, p)) {
        return Some(format!("{at} names {impure}: domain is pure"));
    }
    let named = |p: &&'static str| names(segments, p);
    let (crate_name, fence) = FENCES.iter().find_map(|f| Some((f.paths.iter().find(|p| named(p))?, f)))?;
    let home = |home: &&str| match home.strip_suffix('*') {
        Some(start) => path.trim_start_matches("src/").starts_with(start),
        None => layer == *home,
    };
    if fence.homes.iter().any(home) {
        return None;
    }
    Some(format!("{at} names {crate_name}: only {} may", fence.homes.join(", ")))
}

/// Whether a path is, or leads through, a fenced one; a glob names all that is below it.
fn names(segments: &[String], fenced: &str) -> bool {
    let fenced: Vec<_> = fenced.split("::").collect();
    let exact = segments.iter().zip(&fenced).all(|(a, b)| a == b) && segments.len() >= fenced.len();
    let glob = |above: &[String]| !above.is_empty() && above.iter().zip(&fenced).all(|(a, b)| a == b) && above.len() < fenced.len();
    exact || segments.split_last().is_some_and(|(last, above)| last == "*" && glob(above))
}

fn waiting(file: &SourceFile, layer: &str, reading: &Reading) -> impl Iterator<Item = String> {
    let lines = if layer == "domain" { reading.asyncs.as_slice() } else { &[] };
    lines.iter().map(|line| format!("{}:{line} has `async`: domain is pure", file.path))
}

fn sized(file: &SourceFile, reading: &Reading) -> Vec<String> {
    let lines = file.text.lines().count();
    let file_size = (lines > FILE_LINES).then(|| format!("{}: {lines} lines, at most {FILE_LINES}", file.path));
    let long = reading.functions.iter().filter(|(_, _, lines)| *lines > FUNCTION_LINES);
    let functions = long.map(|(name, at, lines)| format!("{}:{at} `{name}` has {lines} lines, at most {FUNCTION_LINES}", file.path));
    file_size.into_iter().chain(functions).collect()
}

fn named(path: &str) -> Vec<String> {
    let words = path.trim_end_matches(".rs").split(['/', '_']);
    words.filter(|w| VAGUE.contains(w)).map(|w| format!("{path}: `{w}` says nothing about what is inside; name the noun")).collect()
}

fn listed(files: &[SourceFile], architecture: &str) -> Vec<String> {
    let entry = |file: &SourceFile| match file.path.trim_start_matches("src/").split_once('/') {
        Some((folder, _)) => format!("src/{folder}/"),
        None => file.path.clone(),
    };
    let entries: BTreeSet<String> = files.iter().map(entry).collect();
    let missing = entries.into_iter().filter(|e| !architecture.contains(&format!("| `{e}`")));
    missing.map(|e| format!("{e} has no row in ARCHITECTURE.md")).collect()
}
