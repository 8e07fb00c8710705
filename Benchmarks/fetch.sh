#!/usr/bin/env bash
# Downloads from a server on this machine, hash included: one large shard against `curl -o`, many against aria2c with its
# checksums; then the listing and size check of 100 000 small shards, and the memory of verifying.
set -euo pipefail
binary=$(realpath "${1:?usage: fetch.sh TRAINAUDIT}")
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"
has_python || { echo "fetch.sh: no Python to serve files; not measured"; exit 0; }
mebibytes=${FETCH_MIB:-1024}
files=${FETCH_FILES:-400}
rounds=${FETCH_ROUNDS:-5}

mkdir "$folder/one" "$folder/many" "$folder/into"
head -c $((mebibytes * 1048576)) /dev/urandom > "$folder/one/large.dat"
for file in $(seq -w "$files"); do head -c 1048576 /dev/urandom > "$folder/many/s$file.dat"; done
for set in one many; do
    (cd "$folder/$set" && sha256sum ./*.dat) > "$folder/$set.sums"
    "$binary" lock "$folder/$set.sums" -d "$folder/$set" -o "$folder/$set.json" --quiet > /dev/null
done
"$python" "$here/serve.py" "$folder" > "$folder/port" &
server=$!
trap 'kill $server; rm -rf "$folder"' EXIT
for _ in $(seq 50); do [ -s "$folder/port" ] && break; sleep 0.1; done
address=http://127.0.0.1:$(cat "$folder/port")
while read -r digest name; do
    printf '%s\n out=%s\n checksum=sha-256=%s\n' "$address/many/${name#./}" "${name#./}" "$digest"
done < "$folder/many.sums" > "$folder/aria2.txt"

clean() { rm -rf "$folder/into"; mkdir "$folder/into"; }
curl_one() { curl -sS -o "$folder/into/large.dat" "$address/one/large.dat"; }
curl_sync() { curl_one && sha256sum "$folder/into/large.dat" && sync "$folder/into/large.dat"; }
fetch_one() { "$binary" fetch "$folder/one.json" --into "$folder/into" --source "$address/one/" --quiet; }
fetch_many() { "$binary" fetch "$folder/many.json" --into "$folder/into" --source "$address/many/" --quiet; }
aria2_many() {
    aria2c -q -j 8 --dir "$folder/into" --check-integrity=true --file-allocation=none -i "$folder/aria2.txt"
}
for ((round = 0; round <= rounds; round++)); do
    clean; record curl curl_one
    clean; record curl-sync curl_sync
    clean; record fetch-one fetch_one
    if command -v aria2c > /dev/null; then clean; record aria2 aria2_many; fi
    clean; record fetch-many fetch_many
    if ((round == 0)); then times=(); fi
done
echo "Fetch from loopback, median of $rounds rounds, $cores cores"
size=$(awk -v m="$mebibytes" 'BEGIN { print m * 1.048576 }')
row "curl -o, neither hashed nor synced" curl curl "curl" "$size"
row "curl -o, then sha256sum and sync" curl-sync curl "curl" "$size"
row "trainaudit fetch, hashed and synced" fetch-one curl "curl" "$size"
size=$(awk -v m="$files" 'BEGIN { print m * 1.048576 }')
if command -v aria2c > /dev/null; then
    row "aria2c -j 8 with checksums, $files files" aria2 aria2 "aria2c" "$size"
    row "trainaudit fetch, $files files" fetch-many aria2 "aria2c" "$size"
else
    echo "  aria2c is not installed: $files files in $(median fetch-many) s"
fi
kill $server
trap 'rm -rf "$folder"' EXIT
