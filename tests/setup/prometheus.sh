#!/usr/bin/env bash
# Prints the path of Prometheus; without one on this machine that of Debian's package. Exit 3: it cannot be fetched.
set -euo pipefail

if command -v prometheus; then exit 0; fi
package="$("$(dirname "$0")/package.sh" prometheus "make stack and its tests need Prometheus")"
echo "$package/usr/bin/prometheus"
