//! Broken samples: each rule must catch what breaks it, and say so readably.

use crate::{
    layers,
    rules::{FENCES, LAYERS},
    tree::SourceFile,
};

fn faults_of(files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<_> = files.iter().map(|(path, text)| SourceFile { path: (*path).into(), text: (*text).into() }).collect();
    let rows = LAYERS.iter().map(|l| format!("| `src/{0}/` | … |\n| `src/{0}.rs` | … |\n", l.name));
    layers::faults(&files, &rows.collect::<String>())
}

#[test]
fn imports_against_the_direction_are_found() {
    for (path, source, expected) in [
        ("src/store/x.rs", "\n\nuse crate::service::Clock;", "src/store/x.rs:3 imports service: store may import only domain"),
        ("src/store/x.rs", "use crate::marketplace::Offer;", "src/store/x.rs:1 imports marketplace: store may import only domain"),
        ("src/marketplace/x.rs", "use crate::store::Store;", "src/marketplace/x.rs:1 imports store: marketplace may import only domain"),
        ("src/domain/x.rs", "use crate::store::Store;", "src/domain/x.rs:1 imports store: domain may import nothing of the crate"),
        ("src/domain/x.rs", "fn f() { crate::service::now() }", "src/domain/x.rs:1 imports service"),
        ("src/domain/x.rs", "fn f(_: Vec<crate::store::Tx>) {}", "src/domain/x.rs:1 imports store"),
        ("src/domain/x.rs", "fn f() { assert!(crate::store::up()) }", "src/domain/x.rs:1 imports store"),
        ("src/domain/x.rs", "fn f() { json!({a:crate::store::up(), b: [1]}) }", "src/domain/x.rs:1 imports store"),
        ("src/domain/x.rs", "macro_rules! m { () => { use $crate::{store::{A, B}}; } }", "src/domain/x.rs:1 imports store"),
        ("src/domain/x.rs", "#[derive(D)] struct S(#[serde(with = \"crate::store::x\")] u8);", "src/domain/x.rs:1 imports store"),
        ("src/domain/x.rs", "use crate::{\n domain::a,\n http::b\n};", "src/domain/x.rs:3 imports http"),
        ("src/domain/x.rs", "use ocop_catalog::http::b;", "src/domain/x.rs:1 imports http"),
        ("src/domain/mod.rs", "use super::store::A;", "src/domain/mod.rs:1 imports store"),
        ("src/service/x.rs", "use crate::graphql::A;", "src/service/x.rs:1 imports graphql"),
        ("src/graphql/x.rs", "use crate::http::A;", "src/graphql/x.rs:1 imports http"),
        ("src/worker.rs", "use crate::http::A;", "src/worker.rs:1 imports http"),
        ("src/http/x.rs", "use crate::app::A;", "src/http/x.rs:1 imports app"),
        ("src/sandbox/x.rs", "use crate::domain::A;", "src/sandbox/x.rs:1 imports domain: sandbox may import nothing of the crate"),
        ("src/service/x.rs", "use crate::sandbox::A;", "src/service/x.rs:1 imports sandbox"),
        ("src/main.rs", "use ocop_catalog::sandbox::A;", "src/main.rs:1 imports sandbox"),
        ("src/demo.rs", "use crate::http::A;", "src/demo.rs:1 imports http"),
        ("src/app.rs", "use crate::cli::A;", "src/app.rs:1 imports cli"),
        ("src/lib.rs", "pub use store::Store;", "src/lib.rs:1 imports store"),
        ("src/store/x.rs", "#[cfg(test)] mod tests { use crate::service::A; }", "src/store/x.rs:1 imports service"),
    ] {
        assert_one(path, source, expected);
    }
}

#[test]
fn paths_that_hide_their_layer_are_found() {
    for (path, source, expected) in [
        ("src/store/a/x.rs", "use super::super::b;", "src/store/a/x.rs:1 names `super::super`: write `crate::store::…`"),
        ("src/store/a/x.rs", "fn f() { super::super::b() }", "src/store/a/x.rs:1 names `super::super`"),
        ("src/store/x.rs", "use crate::Store;", "src/store/x.rs:1 names `Store` at the crate's root: write `crate::LAYER::…`"),
        ("src/store/x.rs", "use crate::*;", "src/store/x.rs:1 names `*` at the crate's root"),
        ("src/store/x.rs", "use crate as root;", "src/store/x.rs:1 names `` at the crate's root"),
        ("src/worker.rs", "use super::*;", "src/worker.rs:1 names `*` at the crate's root"),
    ] {
        assert_one(path, source, expected);
    }
}

#[test]
fn outside_crates_stay_behind_their_fences() {
    for (path, source, expected) in [
        ("src/service/x.rs", "use sea_orm::Set;", "src/service/x.rs:1 names sea_orm: only store may"),
        ("src/service/x.rs", "fn f() { ::sea_orm::x() }", "src/service/x.rs:1 names sea_orm"),
        ("src/service/x.rs", "extern crate sea_orm as orm;", "src/service/x.rs:1 names sea_orm"),
        ("src/service/x.rs", "use sea_orm as orm;", "src/service/x.rs:1 names sea_orm"),
        ("src/service/x.rs", "#[derive(sea_orm::Iden)] enum E {}", "src/service/x.rs:1 names sea_orm"),
        ("src/app.rs", "use migration::Migrator;", "src/app.rs:1 names migration: only store may"),
        ("src/service/x.rs", "type A = reqwest::Client;", "src/service/x.rs:1 names reqwest: only marketplace may"),
        ("src/http/feed.rs", "use async_graphql::ID;", "src/http/feed.rs:1 names async_graphql: only graphql, http/graphql* may"),
        ("src/graphql/x.rs", "use axum::Router;", "src/graphql/x.rs:1 names axum: only http, sandbox may"),
        ("src/app.rs", "fn f() { tower::x!() }", "src/app.rs:1 names tower"),
        ("src/service/keys.rs", "use jsonwebtoken::Header;", "src/service/keys.rs:1 names jsonwebtoken: only service/sessions* may"),
        ("src/service/keys.rs", "use argon2::Params;", "src/service/keys.rs:1 names argon2: only service/passwords* may"),
        ("src/cli.rs", "use std::{env, fs};", "src/cli.rs:1 names std::env: only config may"),
        ("src/cli.rs", "use std::*;", "src/cli.rs:1 names std::env"),
        ("src/config.rs", "use clap::Parser;", "src/config.rs:1 names clap: only cli, main may"),
        ("src/demo.rs", "use indicatif::ProgressBar;", "src/demo.rs:1 names indicatif"),
        ("src/domain/x.rs", "use std::time::SystemTime;", "src/domain/x.rs:1 names std::time::SystemTime: domain is pure"),
        ("src/domain/x.rs", "use tokio::sync::Mutex;", "src/domain/x.rs:1 names tokio: domain is pure"),
        ("src/domain/x.rs", "async fn f() {}", "src/domain/x.rs:1 has `async`: domain is pure"),
        ("src/domain/x.rs", "fn f() { async {}; }", "src/domain/x.rs:1 has `async`: domain is pure"),
    ] {
        assert_one(path, source, expected);
    }
}

#[test]
fn sizes_names_and_homes_are_checked() {
    let long_file = "\n".repeat(401);
    let long_function = format!("fn f() {{\n{}}}", "f();\n".repeat(61));
    let long_method = format!("impl A {{\n    fn m() {{\n{}}}\n}}", "f();\n".repeat(61));
    for (path, source, expected) in [
        ("src/store/x.rs", long_file.as_str(), "src/store/x.rs: 401 lines, at most 400"),
        ("src/store/x.rs", long_function.as_str(), "src/store/x.rs:1 `f` has 61 lines, at most 60"),
        ("src/store/x.rs", long_method.as_str(), "src/store/x.rs:2 `m` has 61 lines, at most 60"),
        ("src/store/utils.rs", "", "src/store/utils.rs: `utils` says nothing about what is inside; name the noun"),
        ("src/store/common/x.rs", "", "src/store/common/x.rs: `common` says nothing"),
        ("src/store/test_helpers.rs", "", "src/store/test_helpers.rs: `helpers` says nothing"),
    ] {
        assert_one(path, source, expected);
    }
    let unknown = faults_of(&[("src/plugins/x.rs", "")]);
    assert_eq!(unknown[0], "src/plugins/ has no row in ARCHITECTURE.md");
    assert_eq!(unknown[1], "src/plugins/x.rs: `plugins` is no layer; see tests/repo/rules.rs");
}

#[test]
fn what_the_rules_allow_is_no_fault() {
    let longest = format!("fn f() {{\n{}}}{}", "f();\n".repeat(60), "\n".repeat(338));
    for (path, source) in [
        ("src/lib.rs", "pub mod domain;\npub mod store;"),
        ("src/main.rs", "fn main() { ocop_catalog::cli::run() }"),
        ("src/domain/x.rs", "pub(crate) use chrono::Utc; use std::time::Duration; use crate::domain::money::Vnd;"),
        ("src/store/x.rs", "use sea_orm::Set; use self::inner::A; pub(super) fn f() { super::page::fetch() } mod inner {}"),
        ("src/http/x.rs", "use crate::graphql::A; use axum::Router;"),
        ("src/http/graphql.rs", "use async_graphql::Request;"),
        ("src/http/graphql/reply.rs", "use async_graphql::Request;"),
        ("src/service/sessions/tokens.rs", "use jsonwebtoken::Header;"),
        ("src/config.rs", "fn f() { std::env::var(\"A\") }"),
        ("src/store/x.rs", &longest),
    ] {
        assert_eq!(faults_of(&[(path, source)]), Vec::<String>::new(), "{path}: {source}");
    }
}

#[test]
fn test_modules_may_name_what_is_fenced() {
    for files in [
        [("src/domain/x.rs", "#[cfg(test)] mod tests { use super::*; use tokio::test; async fn f() {} }"), ("src/domain/y.rs", "")],
        [("src/domain/x.rs", "#[cfg(test)] #[path = \"x_tests.rs\"] mod tests;"), ("src/domain/x_tests.rs", "use tokio::test;")],
        [("src/domain/x.rs", "#[cfg(all(test, unix))] mod tests;"), ("src/domain/x/tests.rs", "use tokio::test; use super::*;")],
        [("src/worker.rs", "#[cfg(test)] mod tests { use super::*; }"), ("src/domain/mod.rs", "#[cfg(test)] mod x_tests;")],
    ] {
        assert_eq!(faults_of(&files), Vec::<String>::new(), "{files:?}");
    }
    let not_a_test = faults_of(&[("src/domain/x.rs", "#[cfg(not(test))] mod a { use tokio::test; }")]);
    assert_eq!(not_a_test, ["src/domain/x.rs:1 names tokio: domain is pure"]);
}

#[test]
fn every_fence_has_a_home_that_exists() {
    for home in FENCES.iter().flat_map(|f| f.homes) {
        let layer = home.split('/').next();
        assert!(LAYERS.iter().any(|l| Some(l.name) == layer), "{home}");
    }
}

fn assert_one(path: &str, source: &str, expected: &str) {
    let faults = faults_of(&[(path, source)]);
    assert!(faults.iter().any(|f| f.starts_with(expected)), "{path}: {source}\nexpected {expected}\nfound {faults:#?}");
    assert!(faults.iter().all(|f| f == &faults[0]), "one cause, one fault: {faults:#?}");
}
