#!/usr/bin/env bash
# Fuzzes one parser: Fuzz/run.sh TARGET [SECONDS] [LIBFUZZER OPTION...]. TARGET: log, manifest, checkpoint, configuration, shard, tokenizer or tracker.
# What is found stays in .build/fuzz/TARGET: the growing corpus, and inputs that crash, hang or take too much memory.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:?usage: run.sh TARGET [SECONDS] [LIBFUZZER OPTION...]}
seconds=${2:-300}
seeds=Fuzz/seeds/$target
[ -d "$seeds" ] || { echo "$target: no such target; expected log, manifest, checkpoint, configuration, shard, tokenizer or tracker" >&2; exit 64; }
scratch=${FUZZ_SCRATCH:-.build/fuzz}
# The compiler lets the last -sanitize decide about coverage, and SwiftPM puts address last: hence fuzzer once more.
swift build -c release --package-path Fuzz --scratch-path "$scratch" --product "fuzz-$target" \
    --sanitize address --sanitize fuzzer -Xswiftc -sanitize=fuzzer
mkdir -p "$scratch/$target/corpus"
# Leaks are not looked for: Foundation keeps caches. Half a minute is a hundred times what any seed takes.
"$scratch/release/fuzz-$target" "$scratch/$target/corpus" "$seeds" -artifact_prefix="$scratch/$target/" \
    -max_total_time="$seconds" -max_len=65536 -timeout=30 -rss_limit_mb=2048 -detect_leaks=0 "${@:3}"
