#!/usr/bin/env bash
# Reading speed: `trainaudit diagnose` of a long log against `grep | awk` and a Python `re` loop that only pick out step
# and loss.
set -euo pipefail
binary=$(realpath "${1:?usage: logs.sh TRAINAUDIT}")
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

awk_llmc() { grep -E '^step +[0-9]+/' "$1" | awk '{ split($2, a, "/"); print a[1], $5 }'; }
awk_nanochat() { grep -E '^step [0-9]+/' "$1" | awk '{ split($2, a, "/"); print a[1], $6 }'; }
python_re() {
    "$python" - "$1" "$2" << 'PYTHON'
import re
import sys

pattern, steps, losses = re.compile(sys.argv[2]), [], []
for line in open(sys.argv[1]):
    match = pattern.search(line)
    if match:
        steps.append(int(match[1]))
        losses.append(float(match[2]))
print(len(steps))
PYTHON
}
diagnose() { "$binary" diagnose "$1" --format json --quiet; }

echo "Reading logs of $megabytes MB, median of $rounds rounds; trainaudit reads every value, and diagnoses"
for trainer in llm.c nanochat; do
    log=$folder/$trainer.log
    pattern='step +(\d+)/\d+ \| loss +(\S+)'
    peer=awk_llmc
    if [ "$trainer" = nanochat ]; then
        pattern='step (\d+)/\d+ \(.*?\) \| loss: (\S+)'
        peer=awk_nanochat
    fi
    for ((round = 0; round <= rounds; round++)); do
        record diagnose diagnose "$log"
        record awk "$peer" "$log"
        if has_python; then record python python_re "$log" "$pattern"; fi
        # The first round warms the page cache.
        if ((round == 0)); then times=(); fi
    done
    size=$(wc -c < "$log" | awk '{ print $1 / 1e6 }')
    row "$trainer: grep | awk" awk awk "grep | awk" "$size"
    if has_python; then row "$trainer: Python re" python awk "grep | awk" "$size"; fi
    row "$trainer: trainaudit diagnose" diagnose awk "grep | awk" "$size"
    rm "$log"
    times=()
done
