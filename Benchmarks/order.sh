#!/usr/bin/env bash
# Steps traced to bytes a second, and the time to make the map: usage order.sh BENCHMARKS [SHARDS]. There is no peer.
set -euo pipefail
binary=$(realpath "${1:?usage: order.sh BENCHMARKS [SHARDS]}")
shards=${2:-100000}
echo "data order: the map of $shards shards, then random lookups on one thread"
"$binary" lookups --shards "$shards" |
    awk '{ printf "  %-16s map %8.1f ms %12d steps to bytes/s %12d bytes to steps/s\n", $1, $2, $3, $4 }'
