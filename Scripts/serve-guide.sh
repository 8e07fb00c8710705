#!/usr/bin/env bash
# Serves a guide below its base path, as GitHub Pages does: serve-guide.sh FOLDER BASE_PATH PORT
set -euo pipefail
command -v python3 >/dev/null 2>&1 || { echo "docs-preview needs python3 for its static server" >&2; exit 1; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
ln -s "$(cd "$1" && pwd)" "$root/$2"
echo "http://localhost:$3/$2/documentation/diagnosis/"
python3 -m http.server --bind 127.0.0.1 --directory "$root" "$3"
