#!/usr/bin/env bash
# SHA-256 verification against `openssl dgst -sha256` and `sha256sum`, per core and over cores, files in the page cache.
set -euo pipefail
binary=$(realpath "${1:?usage: digest.sh BINARY}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
files=4
mebibytes=${DIGEST_MIB:-512}
rounds=${DIGEST_ROUNDS:-5}
cores=$(nproc)

mkdir "$folder/data"
for file in $(seq "$files"); do
    # An llm.c shard: a header that claims what follows, then bytes that no file system can compress away.
    tokens=$((mebibytes * 1024 * 1024 / 2))
    python3 - "$folder/data/bench_train_00000$file.bin" "$tokens" <<'P' 2>/dev/null || {
import os, struct, sys
with open(sys.argv[1], "wb") as out:
    out.write(struct.pack("<256i", 20240520, 1, int(sys.argv[2]), *[0] * 253))
    for _ in range(int(sys.argv[2]) * 2 >> 20): out.write(os.urandom(1 << 20))
P
        head -c "${mebibytes}M" /dev/urandom > "$folder/data/bench_train_00000$file.bin"
    }
done
"$binary" lock "$folder/data" -o "$folder/shards.lock.json" --quiet > /dev/null
(cd "$folder/data" && openssl dgst -sha256 -r ./*.bin | sed 's# \*\./#  #' > "$folder/SHA256SUMS")

# Seconds of a command, by the shell's own clock.
seconds() {
    local begin end
    begin=$EPOCHREALTIME
    "$@" > /dev/null
    end=$EPOCHREALTIME
    awk -v a="$begin" -v b="$end" 'BEGIN { printf "%.3f", b - a }'
}
each_openssl() { for file in "$folder"/data/*.bin; do openssl dgst -sha256 "$file"; done; }
all_openssl() { printf '%s\n' "$folder"/data/*.bin | xargs -P "$cores" -n 1 openssl dgst -sha256; }
each_sums() { sha256sum "$folder"/data/*.bin; }
pieces() { "$binary" verify "$folder/shards.lock.json" -d "$folder/data" --quiet -j "$1"; }
whole() { "$binary" verify "$folder/SHA256SUMS" -d "$folder/data" --quiet -j "$1"; }

declare -A times
names=(openssl openssl-all sha256sum verify-1 verify-all whole-1)
for round in $(seq 0 "$rounds"); do
    for name in "${names[@]}"; do
        case $name in
            openssl) time=$(seconds each_openssl) ;;
            openssl-all) time=$(seconds all_openssl) ;;
            sha256sum) time=$(seconds each_sums) ;;
            verify-1) time=$(seconds pieces 1) ;;
            verify-all) time=$(seconds pieces "$cores") ;;
            whole-1) time=$(seconds whole 1) ;;
        esac
        # The first round warms the page cache.
        [ "$round" -eq 0 ] || times[$name]+="$time "
    done
done
median() { tr ' ' '\n' <<< "${times[$1]}" | grep . | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
total=$((files * mebibytes))
echo "SHA-256 of $files files of $mebibytes MiB, median of $rounds rounds, $cores cores"
row() {
    awk -v label="$1" -v time="$(median "$2")" -v base="$(median "$3")" -v peer="$4" -v mib="$total" 'BEGIN {
        printf "  %-42s %7.3f s  %6.0f MB/s  %5.2f times %s\n", label, time, mib * 1.048576 / time, base / time, peer }'
}
row "openssl dgst -sha256, one after another" openssl openssl "openssl, 1 core"
row "sha256sum" sha256sum openssl "openssl, 1 core"
row "trainaudit verify -j 1 (piece digests)" verify-1 openssl "openssl, 1 core"
row "trainaudit verify -j 1 (whole-file digests)" whole-1 openssl "openssl, 1 core"
row "openssl on all cores (xargs -P $cores)" openssl-all openssl "openssl, 1 core"
row "trainaudit verify -j $cores" verify-all openssl-all "openssl, all cores"
awk -v one="$(median verify-1)" -v all="$(median verify-all)" -v cores="$cores" 'BEGIN {
    printf "  scaling of verify from 1 to %d cores: %.2f times\n", cores, one / all }'
