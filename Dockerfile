# syntax=docker/dockerfile:1
# Dependencies are a layer of their own: they are built again only when a manifest changes.
FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY migration/Cargo.toml migration/Cargo.toml
COPY bench/Cargo.toml bench/Cargo.toml
RUN mkdir -p src migration/src bench/src benches tests/api tests/repo \
    && for main in src bench/src tests/api tests/repo; do echo 'fn main() {}' > $main/main.rs; done \
    && for bench in attack feed guard push read; do echo 'fn main() {}' > benches/$bench.rs; done \
    && touch src/lib.rs migration/src/lib.rs \
    && cargo build --release --locked --bin ocop-catalog \
    && rm -rf src migration/src bench benches tests
COPY . .
# The stubs above are older than the sources they stood for only by the clock of the image.
RUN touch src/main.rs src/lib.rs migration/src/lib.rs && cargo build --release --locked --bin ocop-catalog

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --create-home ocop \
    && install -d -o ocop /data/files
COPY --from=build /build/target/release/ocop-catalog /usr/local/bin/ocop-catalog
COPY LICENSE NOTICE /usr/share/doc/ocop-catalog/
USER 10001
WORKDIR /data
ENV OCOP_LISTEN=0.0.0.0:8080 OCOP_LOG_FORMAT=json OCOP_FILES=/data/files
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["curl", "-fsS", "http://127.0.0.1:8080/livez"]
ENTRYPOINT ["ocop-catalog"]
CMD ["serve"]
