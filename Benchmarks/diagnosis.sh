#!/usr/bin/env bash
# Diagnosis of logs of a million steps, reading apart: a healthy run, and one with spikes, a step and a resume.
set -euo pipefail
benchmarks=$(realpath "${1:?usage: diagnosis.sh BENCHMARKS}")
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
steps=${DIAGNOSIS_STEPS:-1000000}
export LC_ALL=C

# log KIND: the llm.c grammar; a loss that falls with a power of the step, noise of 0.05, a hard batch in five hundred.
log() {
    awk -v steps="$steps" -v kind="$1" 'BEGIN {
        srand(1)
        for (i = 1; i <= steps; i++) {
            loss = 3 + 7.8 * (1 + i / 15) ^ -0.3 + 0.05 * (rand() + rand() + rand() + rand() - 2) * 1.7
            norm = 0.4 + 0.1 * rand()
            if (rand() < 0.002) loss += 0.4 + 0.4 * rand()
            if (kind == "troubled") {
                if (i % 20000 < 10) { loss += 3; norm *= 8 }
                if (i > steps * 0.7) loss += 0.6
            }
            printf "step %d/%d | loss %.6f | norm %.4f | lr %.2e | 100.00 ms | 1 tok/s\n", i, steps, loss, norm, 6e-4
        }
    }'
}
echo "Diagnosing $steps steps, median of 5 rounds, after reading"
for kind in healthy troubled; do
    log "$kind" > "$folder/$kind.log"
    "$benchmarks" diagnose "$folder/$kind.log" | awk -v kind="$kind" '{
        printf "  %-10s reading %6.3f s, diagnosing %6.3f s, %d points, %d events%s\n", kind, $1, $2, $3, $4,
            ($2 > 1 ? " (above one second)" : "") }'
done
