#!/usr/bin/env bash
# Checks the CI examples with what a machine has: YAML and shell syntax always, systemd, Groovy and ShellCheck where present.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$1
examples=Examples/ci
for file in "$examples"/*.sh Scripts/*.sh Benchmarks/*.sh .ci/run; do bash -n "$file"; done
if command -v shellcheck >/dev/null 2>&1; then shellcheck "$examples"/*.sh Scripts/*.sh; else echo 'no shellcheck here'; fi
if command -v python3 >/dev/null 2>&1 && python3 -c 'import yaml' 2>/dev/null; then
    for file in "$examples"/*.yml .github/workflows/*.yml; do
        python3 -c 'import sys, yaml; yaml.safe_load(open(sys.argv[1]))' "$file"
    done
else
    # Tabs are what breaks hand-written YAML most often.
    if grep -nP '\t' "$examples"/*.yml .github/workflows/*.yml; then echo 'a tab in YAML' >&2; exit 1; fi
fi
if command -v groovyc >/dev/null 2>&1; then
    classes=$(mktemp -d)
    cp "$examples/Jenkinsfile" "$classes/Jenkinsfile.groovy"
    groovyc -d "$classes" "$classes/Jenkinsfile.groovy"
    rm -r "$classes"
else
    echo 'no groovy here'
fi
# Every option that an example gives exists.
grep -hoE 'trainaudit audit[^#]*' "$examples"/*.* "$examples"/systemd/*.service Examples/ci/Jenkinsfile \
    | grep -oE -- '--[a-z-]+' | sort -u | while read -r option; do
    "$tool" audit --help | grep -q -- "$option" || { echo "examples: audit has no $option" >&2; exit 1; }
done
if command -v systemd-analyze >/dev/null 2>&1; then
    units=$(mktemp -d)
    trap 'rm -rf "$units"' EXIT
    # The path and the manual page are those of an installed tool.
    for unit in "$examples"/systemd/*; do
        sed "s#/usr/local/bin/trainaudit#$(realpath "$tool")#; /^Documentation=/d" "$unit" > "$units/$(basename "$unit")"
    done
    systemd-analyze verify "$units"/*@.service "$units"/*@.timer
else
    echo 'no systemd here'
fi
echo 'examples: no complaint'
