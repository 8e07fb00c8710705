#!/usr/bin/env bash
# SHA-256 verification against `openssl dgst -sha256` and `sha256sum`, on one core and on all, files in the page cache.
set -euo pipefail
binary=$(realpath "${1:?usage: digest.sh TRAINAUDIT}")
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
mebibytes=${DIGEST_MIB:-512}
rounds=${DIGEST_ROUNDS:-5}
# As many files as cores at least, a multiple of them, so that no core idles at the end.
files=$((cores < 4 ? 4 / cores * cores : cores))

# A little-endian int32.
int32() {
    # shellcheck disable=SC2059
    printf "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24)))"
}
mkdir "$folder/data"
for file in $(seq "$files"); do
    # An llm.c shard: a header that claims what follows, then bytes that nothing can compress away.
    {
        int32 20240520
        int32 1
        int32 $((mebibytes * 524288))
        head -c 1012 /dev/zero
        head -c $((mebibytes * 1048576)) /dev/urandom
    } > "$folder/data/bench_train_$(printf '%06d' "$file").bin"
done
"$binary" lock "$folder/data" -o "$folder/shards.lock.json" --quiet > /dev/null
(cd "$folder/data" && for file in *.bin; do
    printf '%s  %s\n' "$(openssl dgst -sha256 -r "$file" | cut -d ' ' -f 1)" "$file"
done) > "$folder/SHA256SUMS"
for manifest in shards.lock.json SHA256SUMS; do
    # Anything but 0 is no measurement: a shard that is not verified may have been left early.
    "$binary" verify "$folder/$manifest" -d "$folder/data" --quiet > /dev/null
done

each_openssl() { for file in "$folder"/data/*.bin; do openssl dgst -sha256 "$file"; done; }
all_openssl() { printf '%s\0' "$folder"/data/*.bin | xargs -0 -P "$cores" -n 1 openssl dgst -sha256; }
each_sums() { sha256sum "$folder"/data/*.bin; }
# What huggingface_hub does for `hf cache verify`: one file after another, a MiB at a time.
hub_python() {
    "$python" - "$folder"/data/*.bin <<'PYTHON'
import hashlib, sys
for name in sys.argv[1:]:
    digest = hashlib.sha256()
    with open(name, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    print(digest.hexdigest())
PYTHON
}
pieces() { "$binary" verify "$folder/shards.lock.json" -d "$folder/data" --quiet -j "$1"; }
whole() { "$binary" verify "$folder/SHA256SUMS" -d "$folder/data" --quiet -j "$1"; }

for ((round = 0; round <= rounds; round++)); do
    record openssl each_openssl
    record verify-1 pieces 1
    record whole-1 whole 1
    record openssl-all all_openssl
    record verify-all pieces "$cores"
    record whole-all whole "$cores"
    if command -v sha256sum > /dev/null; then record sums each_sums; fi
    if has_python; then record hub hub_python; fi
    # The first round warms the page cache.
    if ((round == 0)); then times=(); fi
done
size=$(awk -v files="$files" -v mebibytes="$mebibytes" 'BEGIN { print files * mebibytes * 1.048576 }')
echo "SHA-256 of $files files of $mebibytes MiB, median of $rounds rounds, $cores cores"
row "openssl dgst -sha256, one after another" openssl openssl "openssl, 1 core" "$size"
if [ -n "${times[sums]:-}" ]; then row "sha256sum" sums openssl "openssl, 1 core" "$size"; fi
if [ -n "${times[hub]:-}" ]; then row "Python hashlib, as hf cache verify hashes" hub openssl "openssl, 1 core" "$size"; fi
row "trainaudit verify -j 1, piece digests" verify-1 openssl "openssl, 1 core" "$size"
row "trainaudit verify -j 1, whole-file digests" whole-1 openssl "openssl, 1 core" "$size"
row "openssl dgst -sha256 on all cores (xargs -P)" openssl-all openssl "openssl, 1 core" "$size"
row "trainaudit verify -j $cores, piece digests" verify-all openssl-all "openssl, all cores" "$size"
row "trainaudit verify -j $cores, whole-file digests" whole-all openssl-all "openssl, all cores" "$size"
awk -v one="$(median verify-1)" -v all="$(median verify-all)" -v openssl_one="$(median openssl)" \
    -v openssl_all="$(median openssl-all)" -v cores="$cores" 'BEGIN {
    printf "  from 1 to %d cores: verify %.2f times as fast, openssl %.2f times\n", cores, one / all, openssl_one / openssl_all }'
if [ -n "${times[sums]:-}" ]; then
    awk -v one="$(median verify-1)" -v all="$(median verify-all)" -v sums="$(median sums)" -v cores="$cores" 'BEGIN {
        printf "  verify is %.2f times as fast as sha256sum on one core, and %.2f times on %d\n", sums / one, sums / all, cores }'
fi
