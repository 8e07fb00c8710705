"""How verdicts fall on public logs that are known to be healthy: verdicts.py BINARY LOGS

LOGS is a folder with `index.csv` (columns `file` and `verdict`). A log that is too short for a verdict is `undetermined`, which is no
alarm: it is counted by itself, so that neither silence nor caution passes for the other.
"""

import collections
import csv
import json
import pathlib
import subprocess
import sys


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    counts, alarms = collections.Counter(), []
    for row in csv.DictReader(open(folder / "index.csv")):
        if row["verdict"] != "healthy":
            continue
        done = subprocess.run([binary, "diagnose", str(folder / row["file"]), "--format", "json"], capture_output=True)
        report = json.loads(done.stdout)
        counts[report["verdict"]] += 1
        if report["verdict"] == "anomalous" or done.returncode != 0:
            alarms.append(row["file"])
    total = sum(counts.values())
    print(
        f"healthy logs: healthy {counts['healthy']}/{total} · undetermined {counts['undetermined']}/{total} · "
        f"false alarms {len(alarms)}/{total} {' '.join(alarms)}".rstrip()
    )


if __name__ == "__main__":
    main()
