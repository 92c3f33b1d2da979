#!/usr/bin/env bash
# Makes what the stack must not ship: keys.sh [KEYS [READERS]], once; what is there already stays.
#
# KEYS (default /keys) is for Touchload: the key of alerts, the tokens of the API, the users, certificate and key of the SQL
# server, the policy. READERS (default /readers) is for Grafana: its password for SQL, the certificate to know the server by, and
# the password of its administrator. Every run prints the token that the live page asks for.
set -euo pipefail
umask 077

keys="${1:-/keys}" readers="${2:-/readers}"

if [ ! -e "$readers/whole" ]; then
    head -c 32 /dev/urandom | base64 >"$keys/alerts.key"
    openssl rand -hex 32 | tr -d '\n' >"$keys/token"
    printf '[[tokens]]\nname = "stack"\nsha256 = "%s"\nrole = "commercial"\n' \
        "$(sha256sum <"$keys/token" | cut -d ' ' -f 1)" >"$keys/tokens.toml"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
        -subj /CN=touchload -addext subjectAltName=DNS:touchload,DNS:localhost \
        -keyout "$keys/server.key" -out "$keys/server.crt" 2>/dev/null
    openssl rand -hex 24 | tr -d '\n' >"$readers/sql-password"
    rm -f "$keys/users.toml"
    (cat "$readers/sql-password"; echo) | touchload user add grafana --role analyst --file "$keys/users.toml" >/dev/null
    openssl rand -hex 12 | tr -d '\n' >"$readers/grafana-password"
    cp "$keys/server.crt" "$readers/server.crt"
    touchload policy template demo >"$keys/policy.toml"
    # Grafana runs as another user; nothing but Grafana mounts this folder.
    chmod 0755 "$readers"
    chmod 0644 "$readers"/*
    : >"$readers/whole"
fi
echo "live page: http://localhost:8080/ asks for the token $(cat "$keys/token")"
echo "Grafana:   http://localhost:3000/ shows dashboards to everybody on this machine; user admin, password $(cat "$readers/grafana-password")"
