#!/usr/bin/env bash
# Reading speed: every value of a long log, and `trainaudit diagnose`, against what people use: `grep | awk` and a Python
# script that loads the losses it prints, and a Python loop with a regular expression for all values of a line. Then a
# metrics.csv against SwiftCSV and Python's csv.
set -euo pipefail
binary=$(realpath "${1:?usage: logs.sh TRAINAUDIT BENCHMARKS}")
benchmarks=$(realpath "${2:?usage: logs.sh TRAINAUDIT BENCHMARKS}")
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
megabytes=${LOG_MB:-400}
rounds=${LOG_ROUNDS:-3}
export LC_ALL=C

# A loss that falls from 11 with the logarithm of the step, with noise: a healthy curve, so that reading is what counts.
# 129 and 139 are the lengths of the lines.
awk -v lines=$((megabytes * 1000000 / 129)) 'BEGIN {
    srand(1)
    for (i = 1; i <= lines; i++) {
        printf "step %7d/%d | loss %9.6f (%+.2fz)| norm %.4f (%+.2fz)| lr %.2e | %.2f ms | %.1f%% bf16 MFU | %d tok/s\n",
            i, lines, 11 - 0.5 * log(i) + 0.1 * rand(), 2 * rand() - 1, 0.3 + 0.1 * rand(), 2 * rand() - 1,
            i < 700 ? 6e-4 * i / 700 : 6e-4 * (1 - 0.9 * i / lines), 4190 + 9 * rand(), 32 + rand(), 123000 + 900 * rand()
    }
}' > "$folder/llm.c.log"
awk -v lines=$((megabytes * 1000000 / 139)) 'BEGIN {
    srand(2)
    for (i = 0; i < lines; i++)
        printf "step %07d/%d (%.2f%%) | loss: %.6f | lrm: %.2f | dt: %.2fms | tok/sec: %d,%03d,%03d | mfu: %.2f | total time: %.2fm\n",
            i, lines, 100 * i / lines, 11 - 0.5 * log(i + 1) + 0.1 * rand(), i < lines / 2 ? 1 : 2 - 2 * i / lines,
            474 + 5 * rand(), 1, 100 * rand(), 999 * rand(), 48 + rand(), i * 0.008
}' > "$folder/nanochat.log"

# The pipeline of the guides: the losses to a file, and a script that loads them.
pipeline() {
    grep -E '^step +[0-9]+/' "$1" | awk -v field="$2" '{ split($2, a, "/"); print a[1], $field }' > "$folder/losses.txt"
    if has_python; then
        "$python" -c 'import sys; print(len([(int(s), float(l)) for s, l in map(str.split, open(sys.argv[1]))]))' \
            "$folder/losses.txt"
    fi
}
python_re() {
    "$python" - "$1" "$2" << 'PYTHON'
import re
import sys

pattern, rows = re.compile(sys.argv[2]), []
for line in open(sys.argv[1]):
    match = pattern.search(line)
    if match:
        rows.append(tuple(map(float, match.groups())))
print(len(rows))
PYTHON
}
python_csv() {
    "$python" - "$1" << 'PYTHON'
import csv
import sys

rows = [(int(r["step"]), float(r["train_loss"])) for r in csv.DictReader(open(sys.argv[1])) if r["train_loss"]]
print(len(rows))
PYTHON
}
read_alone() { "$benchmarks" read "$1"; }
swift_csv() { "$benchmarks" read --swift-csv "$1"; }
diagnose() { "$binary" diagnose "$1" --format json --quiet; }

# memory LOG: what the curves take and the peak of the process.
memory() { "$benchmarks" read "$1" | awk '{ printf "  %-46s %8.0f MB kept, peak %.0f MB\n", "memory", $3, $4 }'; }

echo "Reading logs of $megabytes MB, median of $rounds rounds; trainaudit and the regular expression read every value"
for trainer in llm.c nanochat; do
    log=$folder/$trainer.log
    pattern='step +(\d+)/\d+ \| loss +(\S+) \((\S+)z\)\| norm (\S+) \((\S+)z\)\| lr (\S+) '
    field=5
    if [ "$trainer" = nanochat ]; then
        pattern='step (\d+)/\d+ \(.*?\) \| loss: (\S+) \| lrm: (\S+) \|'
        field=6
    fi
    for ((round = 0; round <= rounds; round++)); do
        record read read_alone "$log"
        record diagnose diagnose "$log"
        record pipeline pipeline "$log" "$field"
        if has_python; then record python python_re "$log" "$pattern"; fi
        # The first round warms the page cache.
        if ((round == 0)); then times=(); fi
    done
    size=$(wc -c < "$log" | awk '{ print $1 / 1e6 }')
    row "$trainer: grep | awk, loaded in Python" pipeline pipeline "grep | awk" "$size"
    if has_python; then row "$trainer: Python re, all values" python pipeline "grep | awk" "$size"; fi
    row "$trainer: trainaudit, reading" read pipeline "grep | awk" "$size"
    if has_python; then row "$trainer: trainaudit, reading" read python "Python re" "$size"; fi
    row "$trainer: trainaudit diagnose" diagnose pipeline "grep | awk" "$size"
    memory "$log"
    rm "$log"
    times=()
done

awk -v lines=$((megabytes * 1000000 / 4 / 31)) 'BEGIN {
    srand(3)
    print "epoch,grad_norm,lr-AdamW,step,train_loss,val_loss"
    for (i = 0; i < lines; i++) {
        if (i % 2) printf "%d,%.6f,,%d,%.8f,\n", i / 20000, rand(), i, 11 - 0.5 * log(i) + 0.1 * rand()
        else printf "%d,,%.10g,%d,,\n", i / 20000, 3e-4 * (1 - i / lines), i
    }
}' > "$folder/metrics.csv"
for ((round = 0; round <= rounds; round++)); do
    record read read_alone "$folder/metrics.csv"
    if has_python; then record python python_csv "$folder/metrics.csv"; fi
    if ((round == 0)); then times=(); fi
done
# It takes seconds and more than a gigabyte: once is enough.
record swift swift_csv "$folder/metrics.csv"
size=$(wc -c < "$folder/metrics.csv" | awk '{ print $1 / 1e6 }')
echo "A metrics.csv of $size MB"
row "SwiftCSV" swift swift "SwiftCSV" "$size"
if has_python; then row "Python csv" python swift "SwiftCSV" "$size"; fi
row "trainaudit, reading" read swift "SwiftCSV" "$size"
memory "$folder/metrics.csv"
