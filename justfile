# Each recipe is one line; see CONTRIBUTING.md.
demo:
    cargo run --release -- demo
test *arguments:
    scripts/test {{arguments}}
ci:
    .ci/run
schema:
    cargo run -- schema > schema.graphql
