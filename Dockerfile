# Touchload as an image: `docker build -t touchload .` from the root of the repository.
#
# Both bases are pinned by digest and nothing is installed from a package archive, neither for building (the Rust image has a
# C++ compiler, make, pkg-config and OpenSSL's headers) nor for running (OpenSSL and the certificates are copied): the same
# commit gives the same files. With BuildKit `--output type=image,name=touchload,rewrite-timestamp=true` sets the times of the
# layers too. No secret is read while building, and none is in the image.

FROM rust:1.95.0-bookworm@sha256:6258907abe69656e41cd992e0b705cdcfabcbbe3db374f92ed2d47121282d4a1 AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Seconds since 1970: `--build-arg SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)`.
ARG SOURCE_DATE_EPOCH=0
ENV SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH} CARGO_INCREMENTAL=0 CARGO_TERM_COLOR=never
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY ingest ingest
COPY processors processors
COPY serve serve
COPY simulate simulate
COPY sql sql
COPY src src
COPY store store
COPY touchpoint touchpoint
# What is downloaded is kept between builds; what is built is not, so that every build is a whole one.
RUN --mount=type=cache,target=/usr/local/cargo/registry cargo build --release --locked --bin touchload
# The binary and what it needs of this system, under the paths that they have at the end, all of one time.
RUN install -D -m 0755 target/release/touchload /out/usr/local/bin/touchload; \
    strip /out/usr/local/bin/touchload; \
    for library in $(ldd target/release/touchload | awk '/libssl|libcrypto/ { print $3 }'); do \
        install -D -m 0644 "$(readlink -f "$library")" "/out$(readlink -f "$(dirname "$library")")/$(basename "$library")"; \
    done; \
    install -D -m 0644 /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ca-certificates.crt; \
    install -d -m 0700 -o 65532 -g 65532 /out/var/lib/touchload /out/keys /out/readers; \
    find /out -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH}" {} +

# Makes the keys, tokens and certificates of dashboards/compose.yaml; nothing else uses it.
FROM rust:1.95.0-bookworm@sha256:6258907abe69656e41cd992e0b705cdcfabcbbe3db374f92ed2d47121282d4a1 AS keys
COPY --from=build /out/ /
COPY dashboards/touchload/keys.sh /usr/local/bin/keys.sh
USER 65532:65532
ENTRYPOINT ["bash", "/usr/local/bin/keys.sh"]

FROM debian:bookworm-slim@sha256:3783cc01769c7b2b1b83a5c5ad96c815348e28ed7da68e2e3687004faa906251 AS touchload
COPY --from=build /out/ /
USER 65532:65532
WORKDIR /var/lib/touchload
# HTTP, and Postgres clients.
EXPOSE 8080 5433
# Ready: partitions are assigned, state is restored. A restart is for /healthz to ask for, not for this.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3; read -r answer <&3; [[ $answer == *' 200 '* ]]"]
ENTRYPOINT ["touchload"]
CMD ["--help"]
