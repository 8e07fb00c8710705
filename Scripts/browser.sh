# shellcheck shell=bash
# Sourced by the checks that open pages: sets `browser` to a Chromium, and `python` to one with playwright and axe-core
# from PyPI. Ends the script with status 3 where a part cannot be had.
who=$(basename "$0" .sh)
environment=.build/axe
python=$environment/bin/python
# shellcheck disable=SC2034 # read by the scripts that source this one
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    echo "$who: no chromium here, not checked" >&2
    exit 3
}
if ! "$python" -c 'import axe_playwright_python' 2>/dev/null; then
    if ! { python3 -m venv "$environment" \
        && "$environment/bin/pip" install --quiet 'axe-playwright-python==0.1.8' 'playwright==1.65.2'; }; then
        echo "$who: playwright and axe-core could not be installed from PyPI, not checked" >&2
        exit 3
    fi
fi
