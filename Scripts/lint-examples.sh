#!/usr/bin/env bash
# Holds the scripts, the workflows and the examples for CI against the linters of their kind: lint-examples.sh TRAINAUDIT
# ShellCheck, yamllint and PyYAML, systemd and Groovy come from the system, zizmor and check-jsonschema from PyPI. What a
# machine lacks is said and skipped; with TRAINAUDIT_STRICT=1 it is an error, or status 3 where only PyPI has it.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$1
examples=Examples/ci
environment=.build/lint
# Both work without a network, on rules and schemas of their own.
packages=(zizmor==1.32.0 check-jsonschema==0.39.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
# skip WHAT STATUS: what a strict run ends with in the end; an error outweighs what only PyPI has.
skip() {
    echo "examples: skipped: $1" >&2
    [ "${TRAINAUDIT_STRICT:-}" != 1 ] || [ "$status" -eq 1 ] || status=$2
}
# A linter's own statuses stay its own: 3 is said here alone.
check() { "$@" > "$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }; }
has() { command -v "$1" >/dev/null 2>&1; }

scripts=("$examples"/*.sh Scripts/*.sh Scripts/sanitize/*.sh Benchmarks/*.sh .ci/run)
workflows=(.github/workflows/*.yml "$examples/nightly.github.yml")
for file in "${scripts[@]}"; do bash -n "$file"; done

# The commands inside of YAML and of the Jenkinsfile become scripts too.
python=
for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import yaml' 2>/dev/null; then python=$candidate; break; fi
done
if [ -n "$python" ]; then
    "$python" - "$work" "$examples" "${workflows[@]}" <<'PYTHON'
import pathlib, re, sys, yaml

work, examples, *workflows = map(pathlib.Path, sys.argv[1:])
count = 0


def write(name, text, shell="bash"):
    global count
    count += 1
    # What GitHub puts in is a word here.
    text = re.sub(r"\$\{\{.*?\}\}", "word", text)
    (work / f"{name.name}-{count}.sh").write_text(f"#!/bin/{shell}\n{text}\n")


for file in workflows:
    for job in yaml.safe_load(file.read_text())["jobs"].values():
        for step in job["steps"]:
            if "run" in step:
                write(file, step["run"])
file = examples / "action.yml"
for step in yaml.safe_load(file.read_text())["runs"]["steps"]:
    if "run" in step:
        write(file, step["run"])
file = examples / "gitlab-ci.yml"
for job in yaml.safe_load(file.read_text()).values():
    for part in ("before_script", "script", "after_script"):
        if part in job:
            write(file, "\n".join(job[part]))
file = examples / "Jenkinsfile"
for script in re.findall(r"'''(.*?)'''", file.read_text(), re.S):
    write(file, script, "sh")
names = {path.name.rsplit("-", 1)[0] for path in work.glob("*.sh")}
missing = {"ci.yml", "guide.yml", "action.yml", "gitlab-ci.yml", "Jenkinsfile"} - names
if missing:
    sys.exit(f"examples: no commands found in {', '.join(sorted(missing))}")
PYTHON
else
    skip 'the commands in YAML, without a python3 with PyYAML' 1
fi

if has shellcheck; then
    # -x and the path: what a script sources is read with it.
    check shellcheck -x -P SCRIPTDIR -P . "${scripts[@]}"
    # SC2154: the CI system sets variables.
    for file in "$work"/*.sh; do [ ! -e "$file" ] || check shellcheck -e SC2154 "$file"; done
else
    skip ShellCheck 1
fi

if has yamllint; then
    check yamllint --strict -d '{extends: default, rules: {
        line-length: {max: 120}, document-start: disable, truthy: {check-keys: false}}}' \
        .github .spi.yml "$examples"
else
    skip yamllint 1
fi

if ! { [ -x "$environment/bin/zizmor" ] && [ -x "$environment/bin/check-jsonschema" ]; }; then
    if ! { python3 -m venv "$environment" && "$environment/bin/pip" install --quiet "${packages[@]}"; }; then
        rm -rf "$environment"
    fi
fi
if [ -d "$environment" ]; then
    schema() { check "$environment/bin/check-jsonschema" --builtin-schema "vendor.$1" "${@:2}"; }
    schema github-workflows "${workflows[@]}"
    schema github-actions "$examples/action.yml"
    schema gitlab-ci "$examples/gitlab-ci.yml"
    check "$environment/bin/zizmor" --offline --quiet --no-progress --strict-collection --config .github/zizmor.yml \
        "${workflows[@]}" "$examples/action.yml"
else
    skip 'zizmor and check-jsonschema, which could not be installed from PyPI' 3
fi
# Neither Debian nor PyPI has it.
! has actionlint || check actionlint "${workflows[@]}"

if has groovyc; then
    # What Debian's groovy takes for Java is another package's.
    if [ -z "${JAVA_HOME:-}" ] && has java; then
        JAVA_HOME=$(dirname "$(dirname "$(realpath "$(command -v java)")")")
        export JAVA_HOME
    fi
    cp "$examples/Jenkinsfile" "$work/Jenkinsfile.groovy"
    check groovyc -d "$work" "$work/Jenkinsfile.groovy"
else
    skip groovyc 1
fi

if has systemd-analyze; then
    # The manual page is that of an installed tool, and so is the path.
    mkdir "$work/units"
    for unit in "$examples"/systemd/*; do
        sed "s#/usr/local/bin/trainaudit#$(realpath "$tool")#; /^Documentation=/d" "$unit" > "$work/units/$(basename "$unit")"
    done
    # Complaints about a key that systemd does not know are no failure to it.
    check systemd-analyze verify "$work"/units/*@.service "$work"/units/*@.timer
    if grep -F "$work/units/" "$work/said" >&2; then exit 1; fi
else
    skip systemd-analyze 1
fi

# Every option that an example gives exists, wherever in a command it stands. Their only command is audit.
files=("$examples"/*.* "$examples/Jenkinsfile" "$examples"/systemd/*)
sed -E 's@^[[:space:]]*(#|//).*@@' "${files[@]}" > "$work/code"
commands=$(grep -oE 'trainaudit [a-z]+' "$work/code" | sort -u)
[ "$commands" = 'trainaudit audit' ] || { echo "examples: commands other than audit: $commands" >&2; exit 1; }
grep -oE -- '--[a-z][a-z-]*' "$work/code" | sort -u > "$work/given"
"$tool" audit --help | grep -oE -- '--[a-z][a-z-]*' | sort -u > "$work/known"
for option in --config --output --quiet --previous --baseline --fail-on; do
    grep -qx -- "$option" "$work/given" || { echo "examples: $option is not seen in them" >&2; exit 1; }
done
unknown=$(comm -23 "$work/given" "$work/known")
[ -z "$unknown" ] || { echo "examples: audit has no $unknown" >&2; exit 1; }

[ "$status" -eq 0 ] || exit "$status"
echo "examples: no complaint about ${#scripts[@]} scripts, ${#workflows[@]} workflows and ${#files[@]} examples"
