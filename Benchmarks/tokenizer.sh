#!/usr/bin/env bash
# Tokenising on one thread against tiktoken with the same vocabulary: usage tokenizer.sh BENCHMARKS.
# Needs a Python with tiktoken and rustbpe (pip install tiktoken rustbpe), which train a small vocabulary for it.
set -euo pipefail
binary=$(realpath "${1:?usage: tokenizer.sh BENCHMARKS}")
here=$(dirname "$0")
# shellcheck source=common.sh
. "$here/common.sh"
if ! "$python" -c 'import tiktoken, rustbpe' > /dev/null 2>&1; then
    echo "tokenizer skipped: tiktoken and rustbpe are not installed (pip install tiktoken rustbpe)"
    exit 0
fi
"$python" "$here/tokenizer.py" make "$folder"
read -r count speed <<< "$("$binary" tokenize "$folder/tokenizer.pkl" "$folder/text.txt")"
read -r peer_count peer_speed <<< "$("$python" "$here/tokenizer.py" time "$folder")"
[ "$count" = "$peer_count" ] || { echo "trainaudit makes $count tokens, tiktoken $peer_count" >&2; exit 1; }
awk -v a="$speed" -v b="$peer_speed" -v n="$count" 'BEGIN {
    printf "tokenizer, one thread, %d tokens the same: %.1f MB/s, tiktoken %.1f MB/s, ratio %.2f\n", n, a, b, a / b }'
