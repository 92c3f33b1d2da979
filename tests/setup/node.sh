#!/usr/bin/env bash
# Prints the folder that holds the packages of tests/node/package-lock.json (types of Grafana's dashboards, the TypeScript
# compiler); fetches them from npm once per lock file.
#
# They are fetched beside the final folder and moved there in one rename. Nothing of them is run while they are installed. Exit 3:
# Node 18 or npm is missing, or npm's registry cannot be reached.
set -euo pipefail

pins="$(cd "$(dirname "$0")/../node" && pwd)"
cache="${TOUCHLOAD_CACHE:-$HOME/.cache/touchload}/node"
folder="$cache/$(sha256sum "$pins/package-lock.json" | cut -c1-16)"

if ! node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null || ! command -v npm >/dev/null; then
    echo "the type check of the dashboards needs Node 18 or later with npm (Debian: apt-get install nodejs npm)" >&2
    exit 3
fi
if [ -d "$folder" ]; then
    echo "$folder"
    exit 0
fi

mkdir -p "$cache"
scratch="$(mktemp -d "$cache/partial.XXXXXX")"
trap 'rm -rf "$scratch"' EXIT
cp "$pins/package.json" "$pins/package-lock.json" "$scratch"
echo "fetching the types of Grafana's dashboards from npm (once)" >&2
if ! npm ci --prefix "$scratch" --ignore-scripts --no-audit --no-fund --loglevel=error >&2; then
    echo "the types of Grafana's dashboards cannot be fetched from npm" >&2
    exit 3
fi
# A run beside this one may have been first: then its folder stays and ours goes.
mv --no-target-directory "$scratch" "$folder" 2>/dev/null || [ -d "$folder" ]
echo "$folder"
