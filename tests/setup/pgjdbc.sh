#!/usr/bin/env bash
# Puts pgjdbc, PostgreSQL's JDBC driver, into the cache, once, and prints the path of its jar.
#
# The jar comes from Maven Central through mvn and is taken only with the checksum below. Exit 3: there is no JDK (a test
# program is compiled as it starts) or no Maven, or Maven Central cannot be reached.
set -euo pipefail

version=42.7.8
sha256=2a32a9dcbc42d67a50ad3a0de5efd102c8d2be46720045f2cbd6689f160ab7c7
cache="${TOUCHLOAD_CACHE:-$HOME/.cache/touchload}/pgjdbc"
jar="$cache/postgresql-$version.jar"

for tool in javac mvn; do
    if ! command -v "$tool" >/dev/null; then
        echo "the JDBC tests need $tool (Debian: apt-get install default-jdk-headless maven)" >&2
        exit 3
    fi
done
if [ -f "$jar" ]; then
    echo "$jar"
    exit 0
fi

mkdir -p "$cache"
scratch="$(mktemp -d "$cache/partial.XXXXXX")"
trap 'rm -rf "$scratch"' EXIT
echo "fetching pgjdbc $version from Maven Central (once)" >&2
if ! mvn --quiet --batch-mode org.apache.maven.plugins:maven-dependency-plugin:3.7.1:copy \
    -Dartifact="org.postgresql:postgresql:$version" -DoutputDirectory="$scratch" >&2; then
    echo "pgjdbc $version cannot be fetched from Maven Central" >&2
    exit 3
fi
if ! echo "$sha256  $scratch/postgresql-$version.jar" | sha256sum --check --status; then
    echo "postgresql-$version.jar is not the jar that the tests know: its checksum differs" >&2
    exit 1
fi
mv "$scratch/postgresql-$version.jar" "$jar"
echo "$jar"
