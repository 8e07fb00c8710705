#!/usr/bin/env bash
# The C code under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer: both passes of every family of models, in
# every precision, at lengths around the sizes of blocks, by a team of three threads; then the same under
# ThreadSanitizer. Takes a minute.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
read -ra compile <<< "$(pkg-config --cflags openblas)"
read -ra link <<< "$(pkg-config --libs openblas)"
# Indirect functions are resolved before the sanitizers are ready: the baseline versions are run.
# The thread sanitizer of Swift's clang refers to libdispatch.
swift=$(dirname "$(dirname "$(command -v swift)")")/lib/swift/linux
build() {
    "${CC:-clang}" -g -O1 -std=c17 -DCT_BASELINE_ONLY "-fsanitize=$1" -fno-sanitize-recover=undefined \
        -ISources/CTransformer/include "${compile[@]}" Scripts/sanitize/passes.c Sources/CTransformer/*/*.c "${link[@]}" \
        -lm -lpthread "${@:2}" -o "$work/passes" 2> "$work/messages" || { cat "$work/messages" >&2; exit 1; }
    "$work/passes"
}
build address,undefined
build thread "-L$swift" -ldispatch -lBlocksRuntime "-Wl,-rpath,$swift"
