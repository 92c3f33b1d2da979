#!/usr/bin/env bash
# Prints the folder into which a package of Debian is unpacked: package.sh PACKAGE PURPOSE. Fetches and unpacks it once.
#
# The package is unpacked into the cache instead of installed: nothing needs root and no service starts. It is unpacked beside the
# final folder and moved there in one rename. Exit 3: it cannot be fetched; says that PURPOSE needs it.
set -euo pipefail

package="$1" purpose="$2"
cache="${TOUCHLOAD_CACHE:-$HOME/.cache/touchload}/packages"
folder="$cache/$package"
if [ -d "$folder" ]; then
    echo "$folder"
    exit 0
fi
missing() {
    echo "$purpose (Debian: apt-get install $package)" >&2
    exit 3
}
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || missing

mkdir -p "$cache"
scratch="$(mktemp -d "$cache/partial.XXXXXX")"
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
if ! apt-get download "$package" >&2; then
    # The package lists may be missing on a new machine.
    if [ "$(id -u)" -eq 0 ]; then apt-get update --quiet >&2; else sudo -n apt-get update --quiet >&2 || missing; fi
    apt-get download "$package" >&2 || missing
fi
dpkg-deb --extract "${package}"_*.deb unpacked
# A run beside this one may have been first: then its folder stays and ours goes.
mv --no-target-directory unpacked "$folder" 2>/dev/null || [ -d "$folder" ]
echo "$folder"
