#!/usr/bin/env bash
# Prints the path of promtool, which comes with Prometheus; without one on this machine that of Debian's package. Exit 3: it
# cannot be fetched.
set -euo pipefail

if command -v promtool; then exit 0; fi
package="$("$(dirname "$0")/package.sh" prometheus "the tests of the metrics page need promtool")"
echo "$package/usr/bin/promtool"
