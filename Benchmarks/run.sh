#!/usr/bin/env bash
# Side-by-side measurements on this machine: Benchmarks/run.sh [BINARY]. Nothing here is a test; no time is checked.
# Figures of one run are comparable with each other only: trust the ratios.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$(realpath "${1:-.build/release/trainaudit}")
for benchmark in Benchmarks/digest.sh Benchmarks/gradients.sh; do
    "$benchmark" "$binary"
done
