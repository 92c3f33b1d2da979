#!/usr/bin/env bash
# Prints the path of a Chromium that the test of the live page drives. Exit 3: there is none.
set -euo pipefail

for name in chromium chromium-browser google-chrome-stable google-chrome; do
    if command -v "$name"; then exit 0; fi
done
echo "the test of the live page needs Chromium (Debian: apt-get install chromium)" >&2
exit 3
