#!/usr/bin/env bash
# Makes the guide's pictures anew, light and dark: guide-pictures.sh TRAINAUDIT FOLDER
# Each is drawn by the tool from the log of a drill, a tiny model really trained with that one fault; or, where a path
# stands in place of a drill, from the log of a real run beside the checkout, and left as it is where there is none.
set -euo pipefail
tool=$1
folder=$2
work=${DRILLS:-$(mktemp -d)}

# A picture in a page has no pointer to tell values at.
still() { awk '/^  <g class="readings"/ { on = 1 } !on { print } /^  <\/g>/ { on = 0 }' "$1" > "$2"; }

draw() { # stem of the picture, plot, log and options
    local stem=$1 plot=$2 appearance suffix
    shift 2
    for appearance in light dark; do
        rm -rf "$work/plots"
        "$tool" plot "$@" --only "$plot" --appearance "$appearance" -o "$work/plots" > /dev/null
        suffix=; [ "$appearance" = dark ] && suffix='~dark'
        still "$work/plots/$plot.svg" "$folder/$stem$suffix.svg"
    done
}

# picture: the page, the drill or log, the plot that shows it
while read -r page drill plot; do
    if [[ $drill == */* ]]; then
        [ -f "$drill" ] || { echo "log-$page.svg left as it is: no $drill here"; continue; }
        draw "log-$page" "$plot" "$drill"
        echo "log-$page.svg from $drill"
        continue
    fi
    [ -d "$work/$drill" ] || "$tool" drill "$drill" --quiet -o "$work/$drill" > /dev/null
    # The audit knows the configuration: vocabulary and clipping threshold tell more than the log alone.
    "$tool" audit --quiet --no-previous --config "$work/$drill/audit.yaml" --output "$work/$drill/report" > /dev/null \
        || [ $? -eq 1 ]
    draw "drill-$page" "$plot" "$work/$drill/train.log" --report "$work/$drill/report/report.json"
    echo "drill-$page.svg from $drill"
done < "$(dirname "$0")/guide-pictures.txt"

# The audit of the corrupt shard from near, for the tutorial and the pages on replays and shards.
drill=$work/corrupt-shard
[ -d "$drill" ] || "$tool" drill corrupt-shard --quiet -o "$drill" > /dev/null
"$tool" audit --quiet --no-previous --config "$drill/audit.yaml" --output "$work/report" > /dev/null || [ $? -eq 1 ]
for appearance in light dark; do
    rm -rf "$work/plots"
    "$tool" plot "$drill/train.log" --report "$work/report/report.json" --appearance "$appearance" -o "$work/plots" \
        > /dev/null
    suffix=; [ "$appearance" = dark ] && suffix='~dark'
    still "$work/plots/loss.svg" "$folder/audit-loss$suffix.svg"
    still "$work/plots/finding-1.svg" "$folder/audit-finding$suffix.svg"
    cp "$work/plots/replay-1-losses.svg" "$folder/audit-replay$suffix.svg"
    cp "$work/plots/replay-1-operations.svg" "$folder/audit-operations$suffix.svg"
done
echo 'audit-*.svg from corrupt-shard'
