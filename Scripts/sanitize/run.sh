#!/usr/bin/env bash
# The C code under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer: both passes of every family of models, in
# every precision, at lengths around the sizes of blocks. Takes seconds.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
read -ra compile <<< "$(pkg-config --cflags openblas)"
read -ra link <<< "$(pkg-config --libs openblas)"
# Indirect functions are resolved before the sanitizers are ready: the baseline versions are run.
"${CC:-clang}" -g -O1 -std=c17 -DCT_BASELINE_ONLY -fsanitize=address,undefined -fno-sanitize-recover=undefined \
    -ISources/CTransformer/include "${compile[@]}" Scripts/sanitize/passes.c Sources/CTransformer/*.c "${link[@]}" -lm \
    -o "$work/passes" 2> "$work/messages" || { cat "$work/messages" >&2; exit 1; }
"$work/passes"
