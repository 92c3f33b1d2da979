#!/usr/bin/env bash
# Prints the path of Alertmanager; fetches it once from Debian's package, with amtool, when this machine has none.
#
# The package is unpacked into the cache instead of installed, so that no service starts; only its templates go where the
# program looks for them.
# Exit 3: there is none and it cannot be fetched.
set -euo pipefail

if command -v prometheus-alertmanager; then exit 0; fi
cache="${TOUCHLOAD_CACHE:-$HOME/.cache/touchload}"
tool="$cache/bin/prometheus-alertmanager"
# Where the program looks for its templates, whatever its configuration says.
templates=/usr/share/prometheus/alertmanager
if [ -x "$tool" ] && [ -x "$cache/bin/amtool" ] && [ -d "$templates" ]; then
    echo "$tool"
    exit 0
fi
missing() {
    echo "the tests of alert delivery need Alertmanager (Debian: apt-get install prometheus-alertmanager)" >&2
    exit 3
}
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || missing

mkdir -p "$cache/bin"
scratch="$(mktemp -d "$cache/alertmanager.partial.XXXXXX")"
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
if ! apt-get download prometheus-alertmanager >&2; then
    # The package lists may be missing on a new machine.
    if [ "$(id -u)" -eq 0 ]; then apt-get update --quiet >&2; else sudo -n apt-get update --quiet >&2 || missing; fi
    apt-get download prometheus-alertmanager >&2 || missing
fi
dpkg-deb --extract prometheus-alertmanager_*.deb unpacked
if [ ! -d "$templates" ]; then
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root="sudo -n"
    $as_root mkdir -p "$(dirname "$templates")" && $as_root cp -r "unpacked$templates" "$templates" || missing
fi
mv unpacked/usr/bin/amtool "$cache/bin/amtool"
mv unpacked/usr/bin/prometheus-alertmanager "$tool"
echo "$tool"
