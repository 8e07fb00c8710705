#!/usr/bin/env bash
# Every link and picture of a built guide leads somewhere, and every page can be reached: check-guide.sh FOLDER BASE_PATH
# Looks at the text that is inside the pages for readers without scripts.
set -euo pipefail
folder=$1
base=/$2/
pages=$(cd "$folder" && find documentation tutorials -name index.html 2>/dev/null | sort)
problems=$(mktemp)
linked=$(mktemp)
trap 'rm -f "$problems" "$linked"' EXIT
for page in $pages; do
    # Only what the page says, not the scaffold of the application around it.
    sed -n 's/.*<noscript>\(.*\)<\/noscript>.*/\1/p' "$folder/$page" \
        | { grep -oE '(href|src|srcset)="[^"]*"' || true; } | sed 's/^[a-z]*="//; s/"$//' | sort -u \
        | while IFS= read -r link; do
            case $link in
                http://* | https://* | mailto:* | '#'* | '') continue ;;
                "$base"*) target=${link#"$base"} ;;
                /*) echo "$page: $link leaves the site" >> "$problems"; continue ;;
                *) target=$(realpath -ms --relative-to="$folder" "$folder/$(dirname "$page")/$link") ;;
            esac
            target=${target%%#*}
            target=${target%%\?*}
            target=${target% [0-9]x}
            target=${target%/}
            if [ -f "$folder/$target" ]; then continue; fi
            if [ -f "$folder/$target/index.html" ]; then echo "$target/index.html" >> "$linked"; continue; fi
            echo "$page: $link leads nowhere" >> "$problems"
        done
done
sort -u "$linked" -o "$linked"
for page in $pages; do
    case $page in documentation/diagnosis/index.html | documentation/index.html | tutorials/*) continue ;; esac
    # The libraries' own symbols are reached from their index.
    [ "$(dirname "$(dirname "$page")")" = documentation/diagnosis ] || continue
    grep -qx "$page" "$linked" || echo "$page: no page links here" >> "$problems"
done
if [ -s "$problems" ]; then
    sort -u "$problems" | head -50 >&2
    exit 1
fi
echo "guide: $(echo "$pages" | wc -l) pages, every link and picture leads somewhere"
