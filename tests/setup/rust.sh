#!/usr/bin/env bash
# Makes sure that rustfmt and clippy belong to the toolchain: rustup's minimal profile leaves them out.
set -euo pipefail

for component in rustfmt clippy; do
    program="cargo-${component/rustfmt/fmt}"
    if "$program" --version >/dev/null 2>&1; then continue; fi
    if ! command -v rustup >/dev/null; then
        echo "$component is missing; without rustup it comes with your distribution's Rust" >&2
        exit 1
    fi
    rustup component add "$component" >&2
done
