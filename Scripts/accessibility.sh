#!/usr/bin/env bash
# Holds reports against the rules of axe-core in a real browser: accessibility.sh REPORT.html...
# Light and dark, wide and narrow; a violation, or a page wider than its window, is an error. Needs chromium and python3
# with venv; axe-core comes from PyPI.
set -euo pipefail
# shellcheck source=Scripts/browser.sh
. "$(dirname "$0")/browser.sh"
"$python" - "$browser" "$@" <<'PYTHON'
import pathlib, sys
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

browser, *reports = sys.argv[1:]
failures = 0
with sync_playwright() as playwright:
    chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
    for report in reports:
        for scheme in ("light", "dark"):
            for width in (1200, 390):
                context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
                page = context.new_page()
                page.goto(pathlib.Path(report).resolve().as_uri())
                result = Axe().run(page).response
                for violation in result["violations"]:
                    failures += 1
                    print(f"{report}: {scheme}, {width}: {violation['id']}: {violation['help']}")
                    for node in violation["nodes"][:3]:
                        print("   ", node["html"][:200])
                shown = page.evaluate("document.documentElement.scrollWidth")
                if shown > width:
                    failures += 1
                    print(f"{report}: {scheme}: {shown} pixels wide in a window of {width}")
                if not result["passes"]:
                    failures += 1
                    print(f"{report}: no rule of axe applied")
                context.close()
    chromium.close()
print(f"accessibility: {len(reports)} reports, {failures} failures")
sys.exit(1 if failures else 0)
PYTHON
