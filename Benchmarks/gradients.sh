#!/usr/bin/env bash
# Loss, gradients and AdamW steps against PyTorch's autograd. Exit status 1 when they do not agree.
set -euo pipefail
binary=$(realpath "${1:?usage: gradients.sh BENCHMARKS [SEED]}")
here=$(dirname "$0")
# shellcheck source=common.sh
. "$here/common.sh"
if ! has_torch; then
    echo "gradients skipped: PyTorch is not installed (pip install torch)"
    exit 0
fi
"$binary" gradients --output "$folder" --seed "${2:-1}"
"$python" "$here/gradients.py" "$folder"
