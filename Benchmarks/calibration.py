#!/usr/bin/env python3
"""How far the confidences of an audit are probabilities, on real incidents with known causes.

    calibration.py TRAINAUDIT CORPUS SCORE

CORPUS is a folder of incidents (runs/, shards/, truth_index.csv), SCORE the folder of its scorer, incidents.py, which says
how a run is laid out and which causes are right. Each incident is audited with all that its owner has, and diagnosed from
its log alone. Printed for both: the Brier score of the first cause's confidence, and a reliability table.
"""
import csv
import importlib.util
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile


def table(title, said):
    """Prints Brier score and reliability of pairs (confidence, right)."""
    if not said:
        print(f"{title}: nothing was said")
        return
    brier = sum((confidence - right) ** 2 for confidence, right in said) / len(said)
    base = sum(right for _, right in said) / len(said)
    print(f"{title}: Brier score {brier:.3f} over {len(said)} first causes, {100 * base:.0f} % of them right")
    for low in range(5):
        inside = [pair for pair in said if min(4, int(pair[0] * 5)) == low]
        if inside:
            mean = sum(pair[0] for pair in inside) / len(inside)
            right = sum(pair[1] for pair in inside) / len(inside)
            print(f"  {20 * low:3d}-{20 * low + 20:3d} %  {len(inside):3d} causes, mean {100 * mean:3.0f} %, right {100 * right:3.0f} %")


def first(command, folder):
    """The first cause of the gravest finding that is more than information, and its confidence; None without one."""
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=600, check=False)
    try:
        document = json.loads(done.stdout)
    except ValueError:
        return None
    for finding in document.get("findings", [])[:1]:
        ranked = sorted(finding.get("hypotheses", []), key=lambda h: -h["confidence"])
        if finding["severity"] != "info" and ranked:
            return ranked[0]["cause"], ranked[0]["confidence"]
    return None


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    binary, corpus, score = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    spec = importlib.util.spec_from_file_location("incidents", score / "incidents.py")
    incidents = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(incidents)
    audited, diagnosed = [], []
    for row in csv.DictReader(open(corpus / "truth_index.csv", encoding="utf-8")):
        if row["category"] == "none" or float(row["confidence"]) < 0.6:
            continue
        damaged = row["category"] == "data_corruption"
        accepted = incidents.CORRUPT if damaged else incidents.CAUSES.get(row["cause"], set())
        scratch = pathlib.Path(tempfile.mkdtemp(prefix="calibration-"))
        try:
            incidents.lay_out(corpus / "runs" / row["run"], scratch)
            logs = [name for name in ("log.txt", "main.log") if (scratch / name).exists()]
            audit = [binary, "audit", "--config", "audit.yaml", "--output", "out", "--format", "json"]
            for said, command in ((audited, audit), (diagnosed, [binary, "diagnose", *logs, "--format", "json"])):
                answer = first(command, scratch)
                if answer:
                    said.append((answer[1], answer[0] in accepted))
        finally:
            shutil.rmtree(scratch)
    table("audit", audited)
    table("diagnose, the log alone", diagnosed)


if __name__ == "__main__":
    main()
