#!/usr/bin/env bash
# What a report of a million steps and 2 000 shards costs: report.sh TRAINAUDIT
# The time to write it is that of an audit without those of reading the log and of verifying the shards alone.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$(realpath "$1")
# shellcheck source=Benchmarks/common.sh
. Benchmarks/common.sh
echo "Report: 1 000 000 steps, 2 000 shards ($cores cores)"
mkdir "$folder/data"
awk 'BEGIN { srand(1)
    for (i = 1; i <= 1000000; i++) {
        loss = 3 + 8 * exp(-i / 20000) + 0.2 * rand() + (i == 654321 || i == 654322 || i == 654323 ? 5 : 0)
        printf "step %d/1000000 | train loss %.6f | norm %.4f | lr %.2e | (100.00 ms | 5000 tok/s)\n",
            i, loss, 1 + rand(), 6e-4 * (1 - i / 1100000)
    } }' > "$folder/train.log"
for number in $(seq -w 0 1999); do printf 'shard %s\n' "$number" > "$folder/data/shard_$number.bin"; done
(cd "$folder/data" && sha256sum shard_*.bin > ../SHA256SUMS)
printf 'damaged\n' > "$folder/data/shard_1234.bin"
cat > "$folder/audit.yaml" <<'YAML'
run: large
logs: [train.log]
shards:
  manifest: SHA256SUMS
  directory: data
YAML
for _ in 1 2 3; do
    record diagnose "$tool" diagnose --quiet "$folder/train.log"
    record verify "$tool" verify --quiet "$folder/SHA256SUMS" --directory "$folder/data"
    rm -rf "$folder/report"
    record audit "$tool" audit --quiet --config "$folder/audit.yaml" --output "$folder/report"
done
awk -v audit="$(median audit)" -v diagnose="$(median diagnose)" -v verify="$(median verify)" 'BEGIN {
    printf "  audit %.2f s = log and diagnosis %.2f s + shards %.2f s + report %.2f s\n",
        audit, diagnose, verify, audit - diagnose - verify }'
(cd "$folder/report" && find . -type f -printf '  %P %s bytes\n' | sort)
