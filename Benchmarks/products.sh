#!/usr/bin/env bash
# The C library by itself at GPT-2 124M shape: the share of the matrix products, what probes cost, what a team of threads
# gains; and, where its source is at hand, llm.c's CPU trainer on one thread: LLMC=/path/to/llm.c Benchmarks/products.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tokens=${PRODUCTS_TOKENS:-1024}
threads=${PRODUCTS_THREADS:-2}
read -ra compile <<< "$(pkg-config --cflags openblas)"
read -ra link <<< "$(pkg-config --libs openblas)"
"${CC:-clang}" -O2 -std=c17 -I"$root/Sources/CTransformer/include" "${compile[@]}" "$here/products.c" \
    "$root"/Sources/CTransformer/*/*.c "${link[@]}" -lm -lpthread -Wl,--wrap=cblas_sgemm -o "$work/products"
"$work/products" "$tokens" "$threads" "${PRODUCTS_ROUNDS:-3}" | tee "$work/ours"

if [ -z "${LLMC:-}" ]; then
    echo "llm.c skipped: LLMC does not name a folder with its source (git clone https://github.com/karpathy/llm.c)"
    exit 0
fi
# llm.c's own flags, without threads.
"${CC:-clang}" -Ofast -march=native -Wno-everything -fno-finite-math-only -I"$LLMC" "$here/llmc.c" -lm -o "$work/llmc"
# A model file of zeros runs as long as any other.
python3 - "$work/model.bin" << 'PYTHON'
import struct, sys
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<256i", 20240326, 3, 1024, 50257, 12, 12, 768, 50304, *[0] * 248))
    file.truncate(1024 + 4 * 124475904)
PYTHON
"$work/llmc" "$work/model.bin" "$tokens" 2> "$work/theirs" > /dev/null
awk -v tokens="$tokens" '
    FILENAME ~ /ours$/ && $3 == "tokens/s," { ours[$1] = $2 }
    FILENAME ~ /theirs$/ && $1 in ours {
        printf "%-17s %7.1f tokens/s in llm.c, one row of %d, one thread: %.1f times\n", $1, $2, tokens, ours[$1] / $2
    }' "$work/ours" "$work/theirs"
