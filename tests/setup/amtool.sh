#!/usr/bin/env bash
# Prints the path of amtool, Alertmanager's own checker, which comes with Alertmanager. Exit 3: it is missing.
set -euo pipefail

if command -v amtool; then exit 0; fi
alertmanager="$("$(dirname "$0")/alertmanager.sh")"
tool="$(dirname "$alertmanager")/amtool"
if [ ! -x "$tool" ]; then
    echo "amtool is not beside $alertmanager (Debian: apt-get install prometheus-alertmanager)" >&2
    exit 3
fi
echo "$tool"
