#!/usr/bin/env bash
# Every link and picture of a built guide leads somewhere, and every article can be reached: check-guide.sh FOLDER
# Reads the data that the pages are made from, since the pages themselves are drawn by a script.
set -euo pipefail
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$folder"
find data -name '*.json' | sort > "$work/pages"
while IFS= read -r page; do
    { sed 's#\\/#/#g' "$page" | grep -oE '"url": *"/[^"]*"' || true; } | sed -E 's/^"url": *"//; s/"$//' | sort -u | sed "s|^|$page |"
done < "$work/pages" > "$work/links"
[ -s "$work/links" ] || { echo "$folder: no link in any page" >&2; exit 1; }
# A picture is a file below images; a page has its data and the page that opens it.
cut -d' ' -f2 "$work/links" | sed 's/#.*//' | sort -u | while IFS= read -r link; do
    case $link in
        # A chapter is a part of the page of contents.
        /tutorials/tutorials/*) continue ;;
        /documentation/* | /tutorials/*)
            [ -f "data$link.json" ] || echo "$link has no data"
            [ -f ".$link/index.html" ] || echo "$link has no page"
            ;;
        *) [ -f ".$link" ] || echo "$link is missing" ;;
    esac
done > "$work/problems"
# Every article has a link from another page.
for page in data/documentation/diagnosis/*.json; do
    link=${page#data}
    link=${link%.json}
    awk -v page="$page" -v link="$link" '$1 != page { sub(/#.*/, "", $2); if ($2 == link) found = 1 }
        END { exit !found }' "$work/links" || echo "no page links to $link" >> "$work/problems"
done
# Nothing in the text for readers without scripts points into the machine that built it.
{ grep -rlE 'src="[^"]*documentation\.docc/' --include=index.html documentation tutorials || true; } \
    | sed 's/$/ points at a picture of the building machine/' >> "$work/problems"
# A page that names no icon makes browsers ask the host for one outside the guide.
{ grep -rL 'rel="icon"' --include='*.html' . || true; } | sed 's/$/ names no icon/' >> "$work/problems"
if [ -s "$work/problems" ]; then
    head -50 "$work/problems" >&2
    exit 1
fi
echo "guide: $(wc -l < "$work/pages") pages, $(cut -d' ' -f2 "$work/links" | sort -u | wc -l) addresses, all lead somewhere"
