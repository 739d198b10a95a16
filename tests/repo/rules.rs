//! The rules as tables: which layer imports which, and where each outside crate may be named.

/// A top module of `src/` and the ones it may import besides itself.
pub(crate) struct Layer {
    pub(crate) name: &'static str,
    pub(crate) may_import: &'static [&'static str],
}

const fn layer(name: &'static str, may_import: &'static [&'static str]) -> Layer {
    Layer { name, may_import }
}

/// Imports point one way. Who isn't listed doesn't belong into `src/`.
pub(crate) const LAYERS: &[Layer] = &[
    layer("domain", &[]),
    layer("store", &["domain"]),
    layer("marketplace", &["domain"]),
    // On the client that is hardened for calls to the outside.
    layer("notify", &["domain", "marketplace"]),
    layer("service", &["domain", "store", "marketplace", "notify"]),
    layer("graphql", &["domain", "store", "marketplace", "service"]),
    layer("http", &["domain", "store", "marketplace", "service", "graphql"]),
    layer("worker", &["domain", "store", "marketplace", "service"]),
    // A stand-in for somebody else's program: it must not know how ours works.
    layer("sandbox", &[]),
    layer("config", &["domain", "store", "marketplace", "notify", "service"]),
    layer("app", &["domain", "store", "marketplace", "notify", "service", "graphql", "http", "worker", "sandbox", "config"]),
    layer("demo", &["domain", "store", "marketplace", "service", "sandbox", "config", "app"]),
    layer("cli", &["domain", "store", "marketplace", "service", "graphql", "http", "worker", "sandbox", "config", "app", "demo"]),
    layer("main", &["domain", "store", "marketplace", "service", "graphql", "http", "worker", "config", "app", "demo", "cli"]),
    // Declares the modules.
    layer("lib", &[]),
];

/// Outside paths and the only places that may name them. A place is a layer, or the beginning of a file's path below `src/`
/// followed by `*`.
pub(crate) struct Fence {
    pub(crate) paths: &'static [&'static str],
    pub(crate) homes: &'static [&'static str],
}

const fn fence(paths: &'static [&'static str], homes: &'static [&'static str]) -> Fence {
    Fence { paths, homes }
}

/// Fences; modules under `cfg(test)` are free.
pub(crate) const FENCES: &[Fence] = &[
    fence(&["sea_orm", "sea_orm_migration", "sea_query", "sqlx", "migration"], &["store"]),
    fence(&["reqwest"], &["marketplace"]),
    fence(&["lettre"], &["notify"]),
    fence(&["object_store"], &["store/files*"]),
    fence(&["governor"], &["http", "marketplace/line*"]),
    fence(&["async_graphql", "async_graphql_value", "async_graphql_parser"], &["graphql", "http/graphql*"]),
    fence(&["axum", "hyper", "hyper_util", "tower", "tower_http"], &["http", "sandbox"]),
    fence(&["jsonwebtoken"], &["service/sessions*"]),
    fence(&["argon2"], &["service/passwords*"]),
    fence(&["std::env"], &["config"]),
    fence(&["clap", "indicatif"], &["cli", "main"]),
];

/// What `domain` may not name, because it does input, output, waiting or time; and it has no `async`.
pub(crate) const IMPURE: &[&str] = &[
    "futures_util",
    "getrandom",
    "metrics",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "tokio",
    "tracing",
];

/// Names that say nothing about what is inside.
pub(crate) const VAGUE: &[&str] =
    &["base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utilities", "utility", "utils"];

/// Most lines of a file.
pub(crate) const FILE_LINES: usize = 400;
/// Most lines between the braces of a function.
pub(crate) const FUNCTION_LINES: usize = 60;
