#!/bin/sh
# Installs what the build needs and the machine lacks. Does nothing, and asks for nothing, when all is there.
set -eu

command -v swift >/dev/null 2>&1 || {
    echo "setup: no swift found; install Swift 6.2 or newer from https://www.swift.org/install/" >&2
    exit 1
}

[ "$(uname -s)" = Linux ] || exit 0

missing=
command -v pkg-config >/dev/null 2>&1 || missing="$missing pkg-config"
has() { command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "$1"; }
has openblas || missing="$missing libopenblas-dev"
has zlib || missing="$missing zlib1g-dev"
has libzstd || missing="$missing libzstd-dev"
has liblz4 || missing="$missing liblz4-dev"
has libbrotlidec || missing="$missing libbrotli-dev"
has sqlite3 || missing="$missing libsqlite3-dev"
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null 2>&1 || {
    echo "setup: missing:$missing; install them with your package manager" >&2
    exit 1
}
as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
        echo "setup: missing:$missing; run as root: apt-get install$missing" >&2
        exit 1
    }
    as_root=sudo
fi
echo "setup: installing$missing"
$as_root apt-get update -q
# shellcheck disable=SC2086 # the list is words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
