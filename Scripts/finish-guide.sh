#!/usr/bin/env bash
# Completes what docc (Swift 6.3) leaves open with --experimental-transform-for-static-hosting-with-content:
# finish-guide.sh CATALOG FOLDER BASE_PATH
# It writes the data of tutorials but no page to open them by, and in the text for readers without scripts the pictures
# have the paths of the building machine.
set -euo pipefail
catalog=$1
folder=$2
base=$3
cd "$(dirname "$0")/.."

# The text of a tutorial for readers without scripts: headings, paragraphs and terminal sessions.
text() {
    awk -v code="$catalog/Tutorials/Code" '
        function escape(s) { gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s); return s }
        function quoted(s, name) {
            if (!match(s, name ": \"[^\"]*\"")) return ""
            s = substr(s, RSTART, RLENGTH); sub(/^[^"]*"/, "", s); sub(/"$/, "", s); return s
        }
        function flush() { if (paragraph != "") print "<p>" escape(paragraph) "</p>"; paragraph = "" }
        { gsub(/^ +| +$/, "") }
        /^@(Intro|Section)\(title:/ {
            flush(); level = /^@Intro/ ? 1 : 2
            print "<h" level ">" escape(quoted($0, "title")) "</h" level ">"; next
        }
        /^@Code\(/ {
            flush(); file = code "/" quoted($0, "file"); print "<pre>"
            while ((getline line < file) > 0) print escape(line)
            print "</pre>"; next
        }
        /^@|^}|^$/ { flush(); next }
        { paragraph = paragraph (paragraph == "" ? "" : " ") $0 }
        END { flush() }' "$1"
}

find "$folder/data/tutorials" -name '*.json' | sort | while read -r data; do
    name=${data#"$folder/data/"}
    page=$folder/${name%.json}/index.html
    source=$(find "$catalog/Tutorials" -iname "$(basename "$name" .json).tutorial")
    mkdir -p "$(dirname "$page")"
    # The text goes where docc puts that of other pages: into the noscript element.
    {
        tr '\n' ' ' < "$folder/index.html" | sed 's#<noscript>.*#<noscript><article>#'
        text "$source"
        printf '</article></noscript>'
        tr '\n' ' ' < "$folder/index.html" | sed 's#.*</noscript>##'
    } > "$page"
done

# The page above the guide and the libraries, which docc merges into being without any text.
{
    tr '\n' ' ' < "$folder/index.html" | sed 's#<noscript>.*#<noscript><article>#'
    printf '<h1>TrainAudit</h1><ul>'
    for data in "$folder"/data/documentation/*.json; do
        module=$(basename "$data" .json)
        printf '<li><a href="/%s/documentation/%s/">%s</a></li>' "$base" "$module" "$module"
    done
    printf '</ul></article></noscript>'
    tr '\n' ' ' < "$folder/index.html" | sed 's#.*</noscript>##'
} > "$folder/documentation/index.html"

# A picture without a source of its own shows nothing outside of <picture>, whose sources say srcset and not src.
# grep finds nothing in the pages of the libraries, which is no failure.
{ find "$folder/documentation" -name index.html -exec grep -lE 'src="[^"]*documentation\.docc/' {} + || true; } \
    | while IFS= read -r page; do
        sed -E -i.old \
            -e "s#<source media=\"([^\"]*)\" src=\"[^\"]*documentation\.docc/resources/([^\"]*)\"/>#<source media=\"\1\" srcset=\"/$base/images/Diagnosis/\2\"/>#g" \
            -e "s#(srcset=\"/$base/images/Diagnosis/([^\"~]*)~dark\.svg\"/>)<img #\1<img src=\"/$base/images/Diagnosis/\2.svg\" #g" \
            "$page"
        rm "$page.old"
    done
