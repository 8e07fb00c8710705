#!/usr/bin/env bash
# Checks the spelling of the guide, the README and the changelog. Words of the trade are in Scripts/words.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v aspell >/dev/null 2>&1; then
    command -v apt-get >/dev/null 2>&1 || { echo "spell: aspell is missing" >&2; exit 1; }
    as_root=; [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root apt-get update -q >/dev/null
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends aspell aspell-en >/dev/null
fi
words=$(mktemp)
trap 'rm -f "$words"' EXIT
{ echo 'personal_ws-1.1 en 0'; cat Scripts/words.txt; } > "$words"
unknown=$(
    find Documentation.docc README.md CHANGELOG.md -name '*.md' -o -name '*.tutorial' | sort | while read -r file; do
        # Code, links, addresses, directives and names in camel case are no prose.
        # shellcheck disable=SC2016 # The backticks are those of Markdown.
        awk '/^ *```/ { code = !code; next } !code' "$file" \
            | sed -E 's/`+[^`]*`+/ /g; s/<doc:[^>]*>/ /g; s/\]\([^)]*\)/] /g; s#https?://[^ )>]*# #g; s/^ *@.*$/ /' \
            | aspell list --lang=en --encoding=utf-8 --personal="$words" --ignore=2 \
            | { grep -vE "[a-z][A-Z]" || true; } | sort -u | sed "s|^|$file: |"
    done
)
if [ -n "$unknown" ]; then
    echo "unknown words; correct them, or add words of the trade to Scripts/words.txt:" >&2
    echo "$unknown" >&2
    exit 1
fi
echo "spelling: no unknown word"
