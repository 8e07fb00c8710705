#!/usr/bin/env bash
# Side-by-side measurements on this machine: Benchmarks/run.sh [TRAINAUDIT]. No time is checked, but gradients must agree.
# Figures of one run are comparable with each other only: trust the ratios.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$(realpath "${1:-.build/release/trainaudit}")
[ -x "$binary" ] || { echo "$binary is missing: make build" >&2; exit 2; }
scratch=${BENCHMARKS_SCRATCH:-.build/benchmarks}
swift build -c release --package-path Benchmarks --scratch-path "$scratch" --product benchmarks
benchmarks=$scratch/release/benchmarks
Benchmarks/gradients.sh "$benchmarks"
Benchmarks/forward.sh "$benchmarks"
Benchmarks/products.sh
Benchmarks/digest.sh "$binary"
Benchmarks/fetch.sh "$binary"
Benchmarks/many.sh "$binary"
Benchmarks/logs.sh "$binary" "$benchmarks"
Benchmarks/diagnosis.sh "$benchmarks"
Benchmarks/report.sh "$binary"
Benchmarks/shards.sh "$binary"
Benchmarks/order.sh "$benchmarks"
Benchmarks/tokenizer.sh "$benchmarks"
