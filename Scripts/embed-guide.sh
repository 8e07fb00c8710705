#!/bin/sh
# Writes the pages below a folder as Swift text, for the plugin EmbedGuide: embed-guide.sh FOLDER FILE
# A page becomes a raw string: 60 pages compile in a second. As arrays of bytes they took ten.
set -eu
{
    echo 'extension Guide {'
    echo '    /// Every page, by its path below the folder of pages.'
    echo '    package static let files: [(path: String, markdown: String)] = ['
    # -L: the pages are links into the catalogue. The order is that of the paths on every machine.
    (cd "$1" && find -L . -name '*.md') | LC_ALL=C sort | while IFS= read -r page; do
        printf '("%s", ###"""\n' "${page#./}"
        cat "$1/$page"
        printf '\n"""###),\n'
    done
    echo '    ]'
    echo '}'
} > "$2"
