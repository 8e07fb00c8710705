#!/usr/bin/env bash
# Makes the terminal texts of the tutorial anew: guide-tutorial.sh TRAINAUDIT FOLDER
# Every command is really run, in a folder of its own.
set -euo pipefail
tool=$(realpath "$1")
folder=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export COLUMNS=90 NO_COLOR=1
# Elsewhere reports depend on the runner.
unset GITHUB_ACTIONS GITHUB_STEP_SUMMARY GITLAB_CI JENKINS_URL

# run COMMAND...: the command as it is typed, then what it prints; findings are no failure here.
run() {
    echo "\$ trainaudit $*"
    "$tool" "$@" 2> /dev/null || [ $? -eq 1 ]
}
# The lines up to one that matches, and those from one to another.
until_line() { awk -v end="$1" '{ print } $0 ~ end { exit }'; }
between() { awk -v start="$1" -v end="$2" '$0 ~ start { on = 1 } on { print } on && $0 ~ end { exit }'; }
# A command may be longer than the page is wide.
keep() { cat > "$folder/$1.txt"; }

run drill corrupt-shard -o drill | keep spike-1-drill
run diagnose drill/train.log | until_line '^(Alternative|Also)' | keep spike-2-diagnose
run trace --config drill/audit.yaml --step 357 | keep spike-3-trace
run verify drill/shards.lock.json --directory drill/data | keep spike-4-verify
run audit --config drill/audit.yaml --output report > audit.txt
until_line '^=====' < audit.txt | keep spike-5-audit
between '^Most likely cause' '^  Guide:' < audit.txt | keep spike-6-report
run verify drill/shards.lock.json --directory drill/data --repair --source drill/pristine | keep spike-7-repair
run audit --config drill/audit.yaml --output report | until_line '^  changes' | keep spike-8-again
echo "the terminal texts of the tutorial are in $folder"
