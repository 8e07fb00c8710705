#!/usr/bin/env bash
# Builds the guide and the documentation of the libraries as one site: guide.sh MODULES FOLDER BASE_PATH
# MODULES is the folder of a release build. The symbols are read from its modules, which takes seconds; the package
# manager's own plugin would build everything anew for them.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
folder=$2
base=$3
# The guide belongs to Diagnosis, so its addresses begin with documentation/diagnosis.
guide=Diagnosis
libraries=(
    'Terms: The words that every library shares: severity, status of a shard, meaning of a loss.'
    'TrainingLogs: Reads the logs that trainers print, save or export: loss, learning rate, gradient norm, resumes.'
    'Parquet: Reads Parquet files: footer, pages, every encoding and codec, documents of a row group.'
    'Shards: Proves, fetches and repairs the files of a dataset, and reads their tokens and documents.'
    'DataOrder: Tells which bytes a training step read, by the arithmetic of each loader, and how sure that is.'
    'Tokenization: Byte-pair encoding, for loaders whose order depends on the length of documents in tokens.'
    'Replay: Runs batches through a checkpoint, forward and backward, with the values of every operation watched.'
    'Reporting: The reports: HTML, plots, JUnit XML, Markdown, JSON and the terminal.'
    'AuditPipeline: The audit itself: configuration and stages, over the other libraries.'
    'Drills: Trains small models with one known fault, audits them, and counts how often the audit is right.'
)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

docc=(docc)
extract=(swift symbolgraph-extract)
if [ "$(uname)" = Darwin ]; then
    docc=(xcrun docc)
    extract=(xcrun swift-symbolgraph-extract -sdk "$(xcrun --show-sdk-path)")
else
    # Scripts/keep-xml.c says why: it keeps docc from freeing the text of the pages twice.
    clang -shared -fPIC -O1 -o "$work/keep-xml.so" Scripts/keep-xml.c
    docc=(env "LD_PRELOAD=$work/keep-xml.so" docc)
fi
target=$(swift -print-target-info | sed -nE 's/^ *"triple": "([^"]*)".*/\1/p' | head -1)

# Every C module that the modules import, each once: those that the build wrote a map for, then those with their own.
maps=()
known=' '
while IFS= read -r map; do
    name=$(grep -oE 'module +"?[A-Za-z0-9_]+' "$map" | head -1 | sed -E 's/module +"?//')
    case "$known" in *" $name "*) continue ;; esac
    known="$known$name "
    maps+=(-Xcc "-fmodule-map-file=$map")
done < <(ls "$build"/*.build/module.modulemap Sources/*/module.modulemap; find .build/checkouts -name module.modulemap | sort)

archives=()
for library in "$guide" "${libraries[@]}"; do
    module=${library%%:*}
    mkdir -p "$work/$module"
    "${extract[@]}" -module-name "$module" -I "$build/Modules" -target "$target" -minimum-access-level public \
        -output-dir "$work/$module" "${maps[@]}"
    catalog=Documentation.docc
    if [ "$module" != "$guide" ]; then
        catalog=$work/catalogs/$module.docc
        mkdir -p "$catalog"
        # shellcheck disable=SC2016 # The backticks are Markdown's.
        printf '# ``%s``\n\n%s\n' "$module" "${library#*: }" > "$catalog/$module.md"
    fi
    "${docc[@]}" convert "$catalog" --additional-symbol-graph-dir "$work/$module" \
        --fallback-display-name "$module" --fallback-bundle-identifier "$module" --warnings-as-errors \
        --transform-for-static-hosting --experimental-transform-for-static-hosting-with-content \
        --hosting-base-path "$base" --output-path "$work/$module.doccarchive" | sed "/^$/d"
    archives+=("$work/$module.doccarchive")
done
rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
"${docc[@]}" merge "${archives[@]}" --synthesized-landing-page-name TrainAudit \
    --synthesized-landing-page-kind "Guide and libraries" \
    --synthesized-landing-page-topics-style list --output-path "$folder" | sed "/^$/d"
