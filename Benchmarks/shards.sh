#!/usr/bin/env bash
# Decoding Parquet shards against pyarrow on one thread, and listing 100 000 small shards against find, files in the page
# cache: Benchmarks/shards.sh TRAINAUDIT.
set -euo pipefail
binary=$(realpath "${1:?usage: shards.sh TRAINAUDIT}")
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
rounds=${SHARDS_ROUNDS:-5}
megabytes=${SHARDS_MB:-200}
count=${SHARDS_COUNT:-100000}

has_pyarrow() { "$python" -c 'import pyarrow.parquet' > /dev/null 2>&1; }

# One shard in nanochat's layout (row groups of 1024 documents, no dictionary) for each codec; the text is words with the
# frequencies of a language, so that it shrinks about as text does.
make_parquet() {
    "$python" - "$folder" "$megabytes" << 'PYTHON'
import os, random, sys
import pyarrow as pa, pyarrow.parquet as pq

folder, megabytes = sys.argv[1], int(sys.argv[2])
random.seed(1)
letters = "etaoinshrdlucmfwypvbgkjqxz"
words = ["".join(random.choices(letters, weights=range(26, 0, -1), k=random.randint(2, 9))) for _ in range(30000)]
weights = [1 / (rank + 3) for rank in range(len(words))]
pool = random.choices(words, weights, k=2_000_000)
documents, size = [], 0
while size < megabytes * 1_000_000:
    start = random.randrange(len(pool) - 2000)
    text = " ".join(pool[start : start + random.randint(50, 2000)]) + " – end."
    documents.append(text)
    size += len(text)
table = pa.table({"text": documents})
for codec in ["zstd", "snappy"]:
    os.makedirs(f"{folder}/{codec}")
    options = {"compression_level": 3} if codec == "zstd" else {}
    pq.write_table(
        table, f"{folder}/{codec}/shard_00000.parquet", row_group_size=1024, use_dictionary=False,
        write_statistics=False, compression=codec, **options,
    )
os.makedirs(f"{folder}/start")
pq.write_table(table.slice(0, 1), f"{folder}/start/shard_00000.parquet", compression="zstd")
print(size / 1e6)
PYTHON
}

# The time that reading takes, without that of starting Python.
pyarrow() {
    "$python" - "$1" << 'PYTHON'
import sys, time
import pyarrow as pa, pyarrow.parquet as pq

pa.set_cpu_count(1)
pa.set_io_thread_count(1)
begin = time.perf_counter()
file = pq.ParquetFile(sys.argv[1])
for group in range(file.num_row_groups):
    file.read_row_group(group, columns=["text"], use_threads=False)
print(time.perf_counter() - begin)
PYTHON
}

if has_pyarrow; then
    size=$(make_parquet)
    for codec in zstd snappy; do
        for ((round = 0; round <= rounds; round++)); do
            seconds=$(pyarrow "$folder/$codec/shard_00000.parquet")
            times[pyarrow-$codec]+="$seconds "
            record "decode-$codec" "$binary" verify "$folder/$codec" --level decode -j 1 --quiet
            record start "$binary" verify "$folder/start" --level decode -j 1 --quiet
            # The first round warms the page cache.
            if ((round == 0)); then times[pyarrow-$codec]='' times[decode-$codec]='' times[start]=''; fi
        done
        start=$(median start)
        times[work-$codec]=$(awk -v all="$(median "decode-$codec")" -v start="$start" 'BEGIN { print all - start }')
        echo "Parquet, $codec, $size MB of text, one thread, median of $rounds rounds"
        row "pyarrow, reading the column" "pyarrow-$codec" "pyarrow-$codec" "pyarrow" "$size"
        row "trainaudit verify --level decode, UTF-8 included" "decode-$codec" "pyarrow-$codec" "pyarrow" "$size"
        row "the same without the start, ${start} s" "work-$codec" "pyarrow-$codec" "pyarrow" "$size"
    done
else
    echo "Parquet: skipped, $python has no pyarrow (pip install pyarrow)"
fi

mkdir "$folder/small"
(cd "$folder/small" && seq -f 'shard_%06.0f.bin' "$count" | xargs touch)
awk -v count="$count" 'BEGIN {
    print "name,bytes"
    for (i = 1; i <= count; i++) printf "shard_%06d.bin,0\n", i }' > "$folder/small.csv"
for ((round = 0; round <= rounds; round++)); do
    record find find "$folder/small" -type f -size 0
    record list "$binary" verify "$folder/small.csv" -d "$folder/small" --level size --quiet
    if ((round == 0)); then times[find]='' times[list]=''; fi
done
echo "$count small shards listed and size-checked, median of $rounds rounds"
awk -v find="$(median find)" -v list="$(median list)" 'BEGIN {
    printf "  %-46s %8.3f s\n  %-46s %8.3f s\n", "find -type f -size 0", find, "trainaudit verify --level size", list }'
