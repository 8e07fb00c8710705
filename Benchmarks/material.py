#!/usr/bin/env python3
"""How right `diagnose` is on small runs and public logs, seen and unseen: material.py BINARY [--list] [--jobs N]

The logs are in Material (see its README). Printed for each half: symptoms found, onsets, causes, Brier score of the first
cause's confidence, alarms (warning or failure) on healthy runs, and verdicts. --list prints every disagreement of the seen half.
"""

import argparse
import concurrent.futures
import csv
import json
import pathlib
import subprocess
import tarfile
import tempfile

HERE = pathlib.Path(__file__).parent / "Material"
# What agrees with the verdict of a public log; `early_bump` and `aborted_early` are right either way.
ACCEPT = {
    "nan": {"loss-nonfinite", "gradient-nonfinite"},
    "loss_zero": {"loss-nonfinite", "loss-collapse"},
    "divergence": {"loss-divergence", "slow-rise", "loss-spike", "loss-step-up"},
    "spike": {"loss-spike"},
    "spike_recovered": {"loss-spike"},
    "gradnorm_spike": {"gradient-explosion", "loss-spike"},
    "plateau": {
        "loss-plateau", "loss-flat", "final-loss-high", "loss-constant", "slow-learning", "loss-repeats",
    },
    "overfit": {"overfitting"},
    "oscillation": {"loss-oscillation"},
    "unstable_reported": {"loss-spike", "loss-oscillation", "gradient-explosion", "loss-divergence"},
}


def diagnose(binary, path):
    done = subprocess.run([binary, "diagnose", str(path), "--format", "json"], capture_output=True, timeout=120)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {}


def loud(report):
    return [symptom for symptom in report.get("symptoms", []) if symptom["severity"] != "info"]


class Score:
    """Counts of one half."""

    def __init__(self):
        self.wanted = self.found = self.dated = self.first = self.among = self.healthy = self.alarms = 0
        self.judged = self.agreed = 0
        self.brier, self.misses = [], []

    def small(self, row, report):
        symptoms = loud(report)
        short = report.get("history", {}).get("trainPoints", 0) < 20
        verdict = report.get("verdict")
        if row["verdict"] == "healthy":
            self.healthy += 1
            self.alarms += bool(symptoms)
            self.agree(row, verdict == "healthy" or short and verdict == "undetermined", symptoms)
        elif row["verdict"] == "anomalous" and row["visible"] == "yes":
            self.wanted += 1
            kinds, causes = row["symptoms"].split("|"), row["cause"].split("|")
            matches = [symptom for symptom in symptoms if symptom["kind"] in kinds]
            self.agree(row, verdict == "anomalous", symptoms)
            self.found += bool(matches)
            if not matches:
                self.misses.append(f"{row['file']}: wanted {row['symptoms']}")
            elif row["onset"]:
                scale = json.loads(row["config"] or "{}").get("loggingSteps") or 1
                onset, slack = float(row["onset"]), float(row["onset_tolerance"] or 5)
                steps = [symptom["firstStep"] for symptom in matches]
                self.dated += any(
                    abs(step - onset * by) <= slack * by for step in steps for by in {1, scale}
                )
            causes_said = sorted(report.get("hypotheses", []), key=lambda item: -item["confidence"])
            names = [item["cause"] for item in causes_said]
            right = bool(names) and names[0] in causes
            self.first += right
            self.among += any(name in causes for name in names[:3])
            self.brier.append(((causes_said[0]["confidence"] if names else 0) - right) ** 2)
            if not right:
                self.misses.append(f"{row['file']}: cause {row['cause']}, said {names[:3]}")

    def public(self, row, report):
        kinds = {symptom["kind"] for symptom in loud(report)}
        if row["verdict"] == "healthy":
            self.healthy += 1
            self.alarms += bool(kinds)
            self.agree(row, report.get("verdict") in ("healthy", "undetermined"), loud(report))
        elif row["verdict"] in ACCEPT:
            self.agree(row, bool(kinds & ACCEPT[row["verdict"]]), loud(report))

    def agree(self, row, right, symptoms):
        self.judged += 1
        self.agreed += right
        if not right:
            kinds = sorted({symptom["kind"] for symptom in symptoms})
            self.misses.append(f"{row['file']}: {row['verdict']}, found {kinds or 'nothing'}")

    def line(self):
        def part(count, of):
            return f"{count}/{of}" + (f" ({100 * count / of:.0f} %)" if of else "")

        text = f"verdicts {part(self.agreed, self.judged)} · alarms on healthy runs {part(self.alarms, self.healthy)}"
        if self.wanted:
            text = (
                f"symptom {part(self.found, self.wanted)} · onset {part(self.dated, self.found)} · "
                f"first cause {part(self.first, self.wanted)} · among three {part(self.among, self.wanted)} · "
                f"Brier {sum(self.brier) / len(self.brier):.3f} · {text}"
            )
        return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    opened = set((HERE / "opened.txt").read_text().split())
    with tempfile.TemporaryDirectory() as folder:
        for archive in ("small-runs", "public-logs"):
            with tarfile.open(HERE / f"{archive}.tar.xz") as packed:
                packed.extractall(folder)
        for kind in ("small", "public"):
            scores = {}
            for half in ("seen", "unseen"):
                base = pathlib.Path(folder) / kind / half
                rows = list(csv.DictReader(open(base / "index.csv", newline="")))
                with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
                    reports = list(pool.map(lambda row: diagnose(arguments.binary, base / row["file"]), rows))
                for row, report in zip(rows, reports):
                    name = "opened" if half == "unseen" and row.get("text") in opened else half
                    score = scores.setdefault(name, Score())
                    (score.small if kind == "small" else score.public)(row, report)
            for name, score in scores.items():
                print(f"{kind}, {name}: {score.line()}")
                if arguments.list and name != "unseen":
                    print("\n".join(score.misses))


if __name__ == "__main__":
    main()
