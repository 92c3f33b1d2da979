#!/usr/bin/env bash
# Prints the path of Alertmanager; without one on this machine that of Debian's package, with its templates where the program looks
# for them. Exit 3: it cannot be fetched.
set -euo pipefail

if command -v prometheus-alertmanager; then exit 0; fi
purpose="the tests of alert delivery need Alertmanager"
package="$("$(dirname "$0")/package.sh" prometheus-alertmanager "$purpose")"
# Where the program looks for its templates, whatever its configuration says.
templates=/usr/share/prometheus/alertmanager
if [ ! -d "$templates" ]; then
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root="sudo -n"
    if ! { $as_root mkdir -p "$(dirname "$templates")" && $as_root cp -r "$package$templates" "$templates"; }; then
        echo "$purpose (Debian: apt-get install prometheus-alertmanager)" >&2
        exit 3
    fi
fi
echo "$package/usr/bin/prometheus-alertmanager"
