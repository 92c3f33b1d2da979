#!/usr/bin/env bash
# Installs the Debian packages that a build (debian.sh build) or the tests (debian.sh tests) need and this machine lacks.
#
# What is there already, from wherever, is left alone. Without root and without a passwordless sudo the exact command is
# printed and the script fails (build) or goes on (tests: without them a laptop skips those tests; in CI it fails).
set -euo pipefail

purpose="${1:?build or tests}"
packages=()
lacks() { ! command -v "$1" >/dev/null 2>&1; }

case "$purpose" in
build)
    # A C and a C++ compiler and make for librdkafka, zstd, lzma and mimalloc; OpenSSL's headers for TLS and SASL/SCRAM.
    lacks cc && packages+=(gcc libc6-dev)
    lacks c++ && packages+=(g++)
    lacks make && packages+=(make)
    if lacks pkg-config; then
        packages+=(pkg-config libssl-dev zlib1g-dev)
    else
        pkg-config --exists openssl || packages+=(libssl-dev)
        pkg-config --exists zlib || packages+=(zlib1g-dev)
    fi
    ;;
tests)
    # The JDBC client is compiled as it starts, so a JRE is not enough.
    { lacks java || lacks javac; } && packages+=(default-jdk-headless)
    lacks openssl && packages+=(openssl)
    lacks mvn && packages+=(maven)
    if lacks python3 || ! python3 -c 'import ensurepip, venv' 2>/dev/null; then packages+=(python3 python3-venv); fi
    # Whichever browser tests/setup/chromium.sh knows.
    "$(dirname "$0")/chromium.sh" >/dev/null 2>&1 || packages+=(chromium)
    lacks psql && packages+=(postgresql-client)
    lacks isql && packages+=(unixodbc)
    [ -f /usr/lib/x86_64-linux-gnu/odbc/psqlodbcw.so ] || packages+=(odbc-postgresql)
    ;;
*)
    echo "debian.sh: build or tests, not $purpose" >&2
    exit 2
    ;;
esac

if [ ${#packages[@]} -eq 0 ]; then exit 0; fi

give_up() {
    echo "missing for $purpose: ${packages[*]}" >&2
    echo "run: sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${packages[*]}" >&2
    if [ "$purpose" = build ] || [ "${CI:-}" = true ]; then exit 1; fi
    echo "going on without: the tests that need them are skipped" >&2
    exit 0
}

if ! command -v apt-get >/dev/null; then give_up; fi
root=()
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || give_up
    root=(sudo -n)
fi
echo "installing ${packages[*]}" >&2
"${root[@]}" apt-get update --quiet >&2
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends "${packages[@]}" >&2 </dev/null
