# Shared by the benchmarks' scripts, which source it.
# shellcheck shell=bash
if [ "${BASH_VERSINFO[0]}" -lt 5 ]; then
    echo "the benchmarks need bash 5 or later (on macOS: brew install bash)" >&2
    exit 2
fi
# shellcheck disable=SC2034 # The scripts use it.
cores=$(getconf _NPROCESSORS_ONLN)
python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
declare -A times

has_python() { "$python" -c '' > /dev/null 2>&1; }
has_torch() { "$python" -c 'import torch' > /dev/null 2>&1; }

# record NAME COMMAND...: adds the seconds that a command takes, its output discarded, to the times of NAME.
record() {
    local name=$1 begin end status=0
    shift
    begin=$EPOCHREALTIME
    "$@" > /dev/null || status=$?
    end=$EPOCHREALTIME
    # 1 is what grep says without a match and trainaudit with findings.
    [ "$status" -le 1 ] || { echo "status $status: $*" >&2; exit "$status"; }
    times[$name]+="$(LC_ALL=C awk -v a="${begin/,/.}" -v b="${end/,/.}" 'BEGIN { printf "%.4f", b - a }') "
}

# median NAME: of the recorded times.
median() {
    tr ' ' '\n' <<< "${times[$1]}" | grep . | sort -g |
        awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# row LABEL NAME PEER DESCRIPTION MEGABYTES: seconds, speed, and how often as fast as the peer.
row() {
    awk -v label="$1" -v time="$(median "$2")" -v peer="$(median "$3")" -v text="$4" -v size="$5" 'BEGIN {
        printf "  %-46s %8.3f s %7.0f MB/s %7.2f times %s\n", label, time, size / time, peer / time, text }'
}
