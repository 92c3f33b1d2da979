#!/usr/bin/env bash
# Prints the path of a Python that has tests/python/requirements.txt; makes its environment in the cache, once per pin.
#
# A stamp is written last, so an interrupted run is made again; a lock keeps two runs apart. Exit 3: no Python 3.10,
# or PyPI cannot be reached.
set -euo pipefail

pins="$(cd "$(dirname "$0")/../python" && pwd)/requirements.txt"
cache="${TOUCHLOAD_CACHE:-$HOME/.cache/touchload}"
venv="$cache/venv"
stamp="$venv/.made-from-$(sha256sum "$pins" | cut -c1-16)"

if [ -f "$stamp" ]; then
    echo "$venv/bin/python"
    exit 0
fi
if ! python3 -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    echo "the independent readers and the test object store need Python 3.10 or later with venv (Debian: apt-get install python3-venv)" >&2
    exit 3
fi

mkdir -p "$cache"
exec 9>"$cache/venv.lock"
flock 9
if [ ! -f "$stamp" ]; then
    echo "making a Python environment with $(tr '\n' ' ' <"$pins")(once)" >&2
    rm -rf "$venv"
    python3 -m venv "$venv" >&2
    if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$pins" >&2; then
        echo "the independent readers and the test object store cannot be fetched from PyPI" >&2
        exit 3
    fi
    touch "$stamp"
fi
echo "$venv/bin/python"
