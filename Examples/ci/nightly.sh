#!/bin/sh
# For cron: 17 3 * * *  /srv/trainaudit/nightly.sh /runs/pretrain-d12
# Mails the summary when the audit finds something or cannot be completed. Set MAILTO_AUDIT to whom.
set -u
run=${1:?usage: nightly.sh FOLDER}
cd "$run" || exit 2
report=Reports/nightly
status=0
mkdir -p "$report"
trainaudit audit --quiet --output "$report" > "$report/audit.log" 2>&1 || status=$?
if [ "$status" -ne 0 ] && [ -n "${MAILTO_AUDIT:-}" ]; then
    text=$report/summary.md
    [ "$status" -eq 1 ] && [ -s "$text" ] || text=$report/audit.log
    mail -s "training audit of $(basename "$run"): status $status" "$MAILTO_AUDIT" < "$text"
fi
exit "$status"
