#!/bin/sh
# For cron: 17 3 * * *  /srv/trainaudit/nightly.sh /runs/pretrain-d12
# Mails the summary when the audit finds something or cannot be completed. Set MAILTO_AUDIT to whom.
set -u
[ $# -eq 1 ] || { echo 'usage: nightly.sh FOLDER' >&2; exit 64; }
cd "$1" || exit 2
report=Reports/nightly
before=Reports/nightly-before
# The last report makes room, and what changed is told against it: were it left in place, it would look like tonight's
# after an audit that could not be completed. A night without a report takes nothing away.
if [ -s "$report/report.json" ]; then
    rm -rf "$before" || exit 2
    mv "$report" "$before" || exit 2
fi
rm -rf "$report" || exit 2
mkdir -p "$report" || exit 2
set --
if [ -s "$before/report.json" ]; then set -- --previous "$before/report.json"; fi
status=0
trainaudit audit --quiet --output "$report" "$@" > "$report/audit.log" 2>&1 || status=$?
if [ "$status" -ne 0 ] && [ -n "${MAILTO_AUDIT:-}" ]; then
    text=$report/summary.md
    [ "$status" -eq 1 ] && [ -s "$text" ] || text=$report/audit.log
    mail -s "training audit of $(basename "$PWD"): status $status" "$MAILTO_AUDIT" < "$text"
fi
exit "$status"
