#!/usr/bin/env python3
"""How small a block, dip, step or slow rise the diagnosis finds: power.py BINARY LOGS... [--draws N] [--seed S]

LOGS are healthy logs of 1 500 records and more, or folders of them with an index.csv that says which are healthy. A smooth falling
curve of 3 000 records carries their noise (stretches of 60 records drawn with replacement, so that tails and correlation stay), and N
records are moved by K robust sigma. Found: a symptom of severity warning or failure that overlaps them. Beside each share stands
K·sqrt(N): the best possible test with one false alarm in a hundred logs finds half of all blocks at about 5.
"""

import argparse
import csv
import json
import math
import pathlib
import random
import statistics
import subprocess
import tempfile

RECORDS = 3000


def residuals(binary, path):
    """Records without their running median, in robust deviations; None of a short log."""
    with tempfile.TemporaryDirectory() as folder:
        table = pathlib.Path(folder) / "curves.csv"
        subprocess.run([binary, "diagnose", str(path), "--export", str(table)], capture_output=True)
        if not table.exists():
            return None
        lines = csv.DictReader(table.read_text().splitlines())
        rows = {int(row["step"]): float(row["value"]) for row in lines if row["series"] == "train_loss"}
    values = [rows[step] for step in sorted(rows) if math.isfinite(rows[step])][300:]
    if len(values) < 1200:
        return None
    rest = [value - statistics.median(values[max(0, i - 25) : i + 26]) for i, value in enumerate(values)]
    scale = 1.4826 * statistics.median(abs(value) for value in rest)
    return [value / scale for value in rest] if scale > 0 else None


def healthy(paths):
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for row in csv.DictReader(open(path / "index.csv", newline="")):
            if row["verdict"] == "healthy":
                yield path / row["file"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("logs", nargs="+", type=pathlib.Path)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    generator = random.Random(arguments.seed)
    pools = [pool for path in healthy(arguments.logs) for pool in [residuals(arguments.binary, path)] if pool]
    print(f"{len(pools)} healthy logs give the noise; {arguments.draws} draws a cell")

    def draw(kind, length, size):
        pool, sigma = generator.choice(pools), generator.choice([0.02, 0.05, 0.1, 0.3])
        noise = []
        while len(noise) < RECORDS:
            start = generator.randrange(len(pool) - 60)
            noise += pool[start : start + 60]
        at = generator.randrange(600, RECORDS - 2 * length - 60)

        def moved(step):
            if step < at:
                return 0
            inside = step < at + length
            shape = {"block": inside, "dip": -inside, "step": 1, "rise": min(1, (step - at) / length)}[kind]
            return size * sigma * shape

        losses = [2.2 + 8.6 * (1 + s / 40) ** -0.55 + sigma * noise[s] + moved(s) for s in range(RECORDS)]
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write("step,loss\n" + "".join(f"{step},{loss:.5f}\n" for step, loss in enumerate(losses)))
            file.flush()
            done = subprocess.run(
                [arguments.binary, "diagnose", file.name, "--format", "json"], capture_output=True, timeout=60
            )
        grave = [symptom for symptom in json.loads(done.stdout)["symptoms"] if symptom["severity"] != "info"]
        last = at + length + 5 if kind in ("block", "dip") else RECORDS
        return any(item["firstStep"] < last and item["lastStep"] >= at - 5 for item in grave), bool(grave)

    count = 10 * arguments.draws
    alarms = sum(draw("block", 1, 0)[1] for _ in range(count))
    print(f"unchanged curves with a warning or failure: {alarms} of {count}")
    for kind, lengths in (("block", (5, 20, 80, 300)), ("dip", (5, 20, 80, 300)), ("step", (300,)), ("rise", (80, 300))):
        for length in lengths:
            row = []
            for size in (1, 2, 3, 4, 6, 10):
                found = sum(draw(kind, length, size)[0] for _ in range(arguments.draws))
                row.append(f"{size}σ {found / arguments.draws:4.0%} ({size * math.sqrt(length):.0f})")
            print(f"{kind:5} {length:4d} records: " + "  ".join(row))


if __name__ == "__main__":
    main()
