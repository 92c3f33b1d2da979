#!/usr/bin/env bash
# Puts the jars of Apache Kafka, the test broker, into the cache, once, and prints their folder.
#
# The jars come from Maven Central through mvn. They are copied beside the final folder and moved there in one rename,
# so that an interrupted or concurrent run never leaves half a broker. Exit 3: Java or Maven is missing, or
# Maven Central cannot be reached.
set -euo pipefail

version=4.1.1
log4j=2.25.3
jars="${TOUCHLOAD_CACHE:-$HOME/.cache/touchload}/kafka/$version"

if [ -f "$jars/kafka_2.13-$version.jar" ]; then
    echo "$jars"
    exit 0
fi
for tool in java mvn; do
    if ! command -v "$tool" >/dev/null; then
        echo "the test broker needs $tool (Debian: apt-get install openjdk-17-jre-headless maven)" >&2
        exit 3
    fi
done

mkdir -p "$(dirname "$jars")"
scratch="$(mktemp -d "$jars.partial.XXXXXX")"
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/pom.xml" <<POM
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>touchload</groupId><artifactId>test-broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>$log4j</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>$log4j</version></dependency>
  </dependencies>
</project>
POM
echo "fetching Apache Kafka $version from Maven Central (once)" >&2
if ! mvn --quiet --batch-mode --file "$scratch/pom.xml" \
    org.apache.maven.plugins:maven-dependency-plugin:3.7.1:copy-dependencies \
    -DoutputDirectory="$scratch/lib" -DincludeScope=runtime >&2; then
    echo "Apache Kafka $version cannot be fetched from Maven Central" >&2
    exit 3
fi
if [ ! -f "$scratch/lib/kafka_2.13-$version.jar" ]; then
    echo "Maven ended well, yet kafka_2.13-$version.jar is not in its output folder" >&2
    exit 1
fi
# A run beside this one may have been first: then its folder stays and ours goes.
mv --no-target-directory "$scratch/lib" "$jars" 2>/dev/null || [ -f "$jars/kafka_2.13-$version.jar" ]
echo "$jars"
