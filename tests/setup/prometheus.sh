#!/usr/bin/env bash
# Prints the path of Prometheus; fetches it once from Debian's package when this machine has none.
#
# The package is unpacked into the cache instead of installed: nothing needs root and no service starts.
# Exit 3: there is none and it cannot be fetched.
set -euo pipefail

if command -v prometheus; then exit 0; fi
cache="${TOUCHLOAD_CACHE:-$HOME/.cache/touchload}"
tool="$cache/bin/prometheus"
if [ -x "$tool" ]; then
    echo "$tool"
    exit 0
fi
missing() {
    echo "make stack and its tests need Prometheus (Debian: apt-get install prometheus)" >&2
    exit 3
}
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || missing

mkdir -p "$cache/bin"
scratch="$(mktemp -d "$cache/prometheus.partial.XXXXXX")"
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
if ! apt-get download prometheus >&2; then
    # The package lists may be missing on a new machine.
    if [ "$(id -u)" -eq 0 ]; then apt-get update --quiet >&2; else sudo -n apt-get update --quiet >&2 || missing; fi
    apt-get download prometheus >&2 || missing
fi
dpkg-deb --extract prometheus_*.deb unpacked
mv unpacked/usr/bin/prometheus "$tool"
echo "$tool"
