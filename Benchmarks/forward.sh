#!/usr/bin/env bash
# Tokens per second of forward and backward passes at GPT-2 124M shape in fp32, against PyTorch eager.
set -euo pipefail
binary=$(realpath "${1:?usage: forward.sh BENCHMARKS}")
here=$(dirname "$0")
# shellcheck source=common.sh
. "$here/common.sh"
rounds=${FORWARD_ROUNDS:-3}
options=(--rows "${FORWARD_ROWS:-$((cores < 2 ? 2 : cores))}" --threads 1)
if ((cores > 1)); then options+=(--threads "$cores"); fi
for tokens in ${FORWARD_TOKENS:-256 1024}; do options+=(--tokens "$tokens"); done

torch=
if has_torch; then torch=yes; else echo "PyTorch is not installed (pip install torch): no ratios"; fi
for ((round = 0; round < rounds; round++)); do
    "$binary" forward "${options[@]}" >> "$folder/trainaudit"
    [ -z "$torch" ] || "$python" "$here/forward.py" "${options[@]}" >> "$folder/pytorch"
done
touch "$folder/pytorch"
echo "GPT-2 124M, ${options[1]} rows, fp32, tokens/s, median of $rounds rounds"
awk '
    function median(list, values, n, i, j, value) {
        n = split(list, values, " ")
        for (i = 2; i <= n; i++) {
            value = values[i]
            for (j = i - 1; j > 0 && values[j] + 0 > value + 0; j--) values[j + 1] = values[j]
            values[j + 1] = value
        }
        return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
    }
    FILENAME ~ /trainaudit$/ { if (!($1 in ours)) names[++count] = $1; ours[$1] = ours[$1] " " $3; next }
    { torch[$1] = torch[$1] " " $3 }
    END {
        printf "  %-42s %12s %12s %7s\n", "", "trainaudit", "PyTorch", "ratio"
        for (k = 1; k <= count; k++) {
            name = names[k]
            # PyTorch has no probes: both kinds of forward pass are set against its one.
            peer = name
            sub(/forward\+probes/, "forward", peer)
            printf "  %-42s %12.0f", name, median(ours[name])
            if (peer in torch) printf " %12.0f %7.2f", median(torch[peer]), median(ours[name]) / median(torch[peer])
            printf "\n"
        }
    }' "$folder/trainaudit" "$folder/pytorch"
