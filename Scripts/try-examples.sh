#!/usr/bin/env bash
# Runs the examples for CI for real, five nights each: try-examples.sh TRAINAUDIT DRILL
# DRILL is the folder of a drill whose audit has findings. In the first and the fourth night the configuration is broken,
# and no report may look like that night's; the second has nothing to compare with, the third and the fifth have the last
# report. What a CI system does around the commands of an example is done here: its variables, its cache, its folders.
# Needs a python3 with PyYAML; without groovy the one for Jenkins is left out. Status 3: a part is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$(realpath "$1")
drill=$(realpath "$2")
python=
for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import yaml' 2>/dev/null; then python=$candidate; break; fi
done
[ -n "$python" ] || { echo 'try-examples: no python3 with PyYAML here, not tried' >&2; exit 3; }
# What Debian's groovy takes for Java is another package's.
if [ -z "${JAVA_HOME:-}" ] && command -v java >/dev/null 2>&1 && command -v realpath >/dev/null 2>&1; then
    JAVA_HOME=$(dirname "$(dirname "$(realpath "$(command -v java)")")")
    export JAVA_HOME
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A pipeline of Jenkins with what its steps do here: blocks are run, post whatever happened before it.
cat > "$work/pipeline.groovy" <<'GROOVY'
import org.codehaus.groovy.control.CompilerConfiguration

abstract class Steps extends Script {
    static String result = 'SUCCESS'

    def methodMissing(String name, Object arguments) {
        if (arguments && arguments[-1] instanceof Closure) arguments[-1].call()
    }
    def steps(Closure body) {
        try { body() } catch (IllegalStateException problem) { result = 'FAILURE' }
    }
    def unstable(Object text) { result = 'UNSTABLE' }
    def error(Object text) { throw new IllegalStateException(text as String) }
    int sh(Map step) {
        assert step.returnStatus
        new ProcessBuilder('sh', '-xe', '-c', step.script as String).inheritIO().start().waitFor()
    }
    def attachments() { 'attachments' }
    def junit(Map step) {
        assert step.testResults == 'audit/junit.xml' && step.testDataPublishers == ['attachments']
    }
    def archiveArtifacts(Map step) { assert step.artifacts == 'audit/**' }
}
def base = new CompilerConfiguration(scriptBaseClass: 'Steps')
new GroovyShell(this.class.classLoader, new Binding(), base).evaluate(new File(args[0]))
System.exit([SUCCESS: 0, UNSTABLE: 1, FAILURE: 2][Steps.result])
GROOVY
"$python" - "$tool" "$drill" "$work" <<'PYTHON'
import json, os, pathlib, re, shlex, shutil, subprocess, sys
import yaml

tool, drill, work = map(pathlib.Path, sys.argv[1:])
examples = pathlib.Path("Examples/ci").resolve()
outside = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "RUNNER_", "GITLAB_", "CI_", "JENKINS_"))}
(work / "bin").mkdir()
(work / "bin/trainaudit").symlink_to(tool)
(work / "bin/mail").write_text('#!/bin/sh\n{ echo "$@"; cat; } > "$MAILBOX"\n')
(work / "bin/mail").chmod(0o755)
outside["PATH"] = f"{work}/bin:{outside['PATH']}"
# The run of the examples, which a night may break.
run = work / "runs/pretrain-d12"
run.mkdir(parents=True)
for item in drill.iterdir():
    if item.name not in ("audit.yaml", "Reports"):
        (run / item.name).symlink_to(item)


def shell(arguments, folder, **variables):
    result = subprocess.run(
        arguments, cwd=folder, env=outside | {k: str(v) for k, v in variables.items()},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )
    log.append(result.stdout)
    return result.returncode


def here(text):
    return text.replace("/runs/", f"{work}/runs/")


def cron(folder):
    (folder / "mail").unlink(missing_ok=True)
    status = shell([examples / "nightly.sh", run], folder, MAILTO_AUDIT="team", MAILBOX=folder / "mail")
    sent = (folder / "mail").read_text()
    assert f"status {status} team" in sent and len(sent) > 100, f"mailed: {sent}"
    return status, run / "Reports/nightly"


def systemd(folder):
    text = (examples / "systemd/trainaudit@.service").read_text().replace("\\\n", "")
    for line in re.findall(r"^ExecStart(?:Pre)?=(.*)$", text, re.M):
        words = [w.replace("%i", run.name).replace("$$", "$") for w in shlex.split(here(line))]
        words = [w.replace("/usr/local/bin/", f"{work}/bin/") for w in words]
        if status := shell(words, "/", STATE_DIRECTORY=folder):
            break
    return status, folder / "report"


def gitlab(folder):
    job = yaml.safe_load((examples / "gitlab-ci.yml").read_text())["training-audit"]
    project, cache = folder / "project", folder / "cache"
    # A new copy of the repository with what the cache has; script and after_script have shells of their own.
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir()
    names = job["cache"]["paths"]
    for name in names:
        if (cache / name).exists():
            shutil.copy(cache / name, project / name)
    variables = {k: here(v) for k, v in job["variables"].items()} | {"GITLAB_CI": "true", "CI_PROJECT_DIR": project}
    status = shell(["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])], project, **variables)
    shell(["bash", "-eo", "pipefail", "-c", "\n".join(job["after_script"])], project, **variables)
    assert job["cache"]["when"] == job["artifacts"]["when"] == "always"
    cache.mkdir(exist_ok=True)
    for name in names:
        if (project / name).exists():
            shutil.copy(project / name, cache / name)
    kept = [project / path for path in job["artifacts"]["paths"]]
    assert kept == [project / "audit"]
    if status == 1:
        for path in job["artifacts"]["reports"].values():
            assert (project / path).stat().st_size, path
    return status, kept[0]


def github(folder):
    steps = yaml.safe_load((examples / "nightly.github.yml").read_text())["jobs"]["audit"]["steps"]
    action = yaml.safe_load((examples / "action.yml").read_text())
    # The runner empties its folder; the cache is put back into it.
    temporary, cache = folder / "temporary", folder / "cache"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    values = {"runner.temp": str(temporary)}

    def fill(text):
        return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda match: values[match[1]], text)

    paths = {fill(s["with"]["path"]) for s in steps if s.get("uses", "").startswith("actions/cache/")}
    assert len(paths) == 1, "what is saved is not what is restored"
    cached = pathlib.Path(paths.pop())
    if cache.exists():
        shutil.copytree(cache, cached)
    given = next(s["with"] for s in steps if s.get("uses", "").startswith("./"))
    assert given.keys() <= action["inputs"].keys()
    for name, entry in action["inputs"].items():
        values[f"inputs.{name}"] = here(fill(given.get(name, entry.get("default", ""))))
    outcome = 0
    for step in action["runs"]["steps"]:
        # Only the forms of conditions that the example has.
        condition = step.get("if", "")
        if outcome and "always()" not in condition:
            continue
        if match := re.search(r"(steps\.[\w.]+) != ''", condition):
            if not values.get(match[1]):
                continue
        if "run" not in step:
            kept = pathlib.Path(fill(step["with"]["path"]))
            continue
        script, output, summary = folder / "script", folder / "output", folder / "summary"
        script.write_text(step["run"])
        output.write_text("")
        summary.write_text("")
        outcome = shell(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script], folder,
            GITHUB_ACTIONS="true", GITHUB_OUTPUT=output, GITHUB_STEP_SUMMARY=summary,
            **{k: fill(v) for k, v in step["env"].items()},
        )
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            values[f"steps.{step['id']}.outputs.{name}"] = value
        if step.get("id") == "audit" and values["steps.audit.outputs.status"] == "1":
            assert summary.stat().st_size and "::error" in log[-1], "no summary or no annotation"
    assert steps[-1]["if"] == "always()" and steps[-1]["uses"].startswith("actions/cache/save")
    if cached.exists():
        shutil.rmtree(cache, ignore_errors=True)
        shutil.copytree(cached, cache)
    return outcome, kept


def jenkins(folder):
    workspace = folder / "workspace"
    workspace.mkdir(exist_ok=True)
    (folder / "Jenkinsfile").write_text(here((examples / "Jenkinsfile").read_text()))
    status = shell(
        ["groovy", work / "pipeline.groovy", folder / "Jenkinsfile"], workspace, JENKINS_URL="https://jenkins.example.org/"
    )
    if status == 1:
        attached = re.findall(r"\[\[ATTACHMENT\|(.*?)\]\]", (workspace / "audit/junit.xml").read_text())
        assert attached and all(map(os.path.isfile, attached)), "attachments that are no files"
    return status, workspace / "audit"


forms = [cron, systemd, gitlab, github, jenkins]
if not shutil.which("groovy"):
    print("try-examples: skipped: Jenkinsfile (no groovy here)", file=sys.stderr)
    forms.remove(jenkins)
good = (drill / "audit.yaml").read_text()
for form in forms:
    folder = work / form.__name__
    folder.mkdir()
    for night, expected in enumerate([2, 1, 1, 2, 1], 1):
        (run / "audit.yaml").write_text(good if expected == 1 else "run: [")
        log = []
        try:
            status, report = form(folder)
            assert status == expected, f"status {status} where {expected} was expected"
            if expected == 1:
                compared = json.loads((report / "report.json").read_text()).get("comparison")
                assert (compared is not None) == (night > 2), f"compared with: {compared}"
                assert (report / "report.html").is_file() and (report / "junit.xml").is_file()
            else:
                left = [p.name for p in report.rglob("*") if p.is_file() and p.name != "audit.log"] if report.exists() else []
                assert not left, f"an audit that was not completed leaves {left}"
        except (AssertionError, KeyError, OSError) as problem:
            sys.exit(f"try-examples: {form.__name__}, night {night}: {problem!r}\n{''.join(log)[-4000:]}")
print(f"try-examples: {', '.join(form.__name__ for form in forms)}: five nights each as they should be")
sys.exit(0 if jenkins in forms else 3)
PYTHON
