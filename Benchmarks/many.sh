#!/usr/bin/env bash
# 100 000 small shards listed and size-checked, by a checksum list and by a lock file; then the peak memory of verifying.
set -euo pipefail
binary=$(realpath "${1:?usage: many.sh TRAINAUDIT}")
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
count=${MANY_FILES:-100000}
rounds=${MANY_ROUNDS:-5}
mkdir "$folder/data"
seq -f "s%06g.dat" "$count" > "$folder/names"
(cd "$folder/data" && awk '{ print $1 > $1; close($1) }' ../names && xargs -n 5000 sha256sum < ../names > ../SHA256SUMS)
"$binary" lock "$folder/SHA256SUMS" -d "$folder/data" -o "$folder/shards.lock.json" --quiet > /dev/null
sizes() { "$binary" verify "$folder/$1" -d "$folder/data" --level size --quiet; }
for ((round = 0; round <= rounds; round++)); do
    record ls ls -lR "$folder/data"
    record sums sizes SHA256SUMS
    record lock sizes shards.lock.json
    if ((round == 0)); then times=(); fi
done
echo "$count shards listed and size-checked, median of $rounds rounds, $cores cores"
for row in "ls:ls -lR" "sums:trainaudit verify --level size, SHA256SUMS" "lock:trainaudit verify --level size, lock file"; do
    printf '  %-50s %6.2f s\n' "${row#*:}" "$(median "${row%%:*}")"
done
[ -x /usr/bin/time ] || exit 0
rm -rf "$folder/data"
mkdir "$folder/data"
for file in 1 2 3 4; do head -c 268435456 /dev/urandom > "$folder/data/s$file.dat"; done
(cd "$folder/data" && sha256sum ./*) > "$folder/large.sums"
"$binary" lock "$folder/large.sums" -d "$folder/data" -o "$folder/large.json" --quiet > /dev/null
for workers in 1 2 8; do
    /usr/bin/time -f %M -o "$folder/memory" "$binary" verify "$folder/large.json" -d "$folder/data" --quiet -j $workers \
        > /dev/null
    awk -v workers=$workers '{ printf "  verify of 1 GiB with %d workers: %.0f MiB of %d allowed\n",
        workers, $1 / 1024, 64 + 8 * workers }' "$folder/memory"
done
