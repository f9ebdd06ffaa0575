#!/usr/bin/env bash
# HTML pages: opened in headless Chromium and compared with the JSON of the same command.
# SPDX-License-Identifier: MIT
#
# Says so and succeeds where there is no browser, or the build has no pages. Under ThreadSanitizer nothing here is new.
set -u
cd "$(dirname "$0")/.."
: "${SINTER:?set SINTER to the path of the command}"
export SINTER LC_ALL=C.UTF-8 TERM=dumb
export SINTER_WEB=$(dirname "$SINTER")/web/package.json

if [ ! -f "$(dirname "$SINTER_WEB")/installed" ]; then
    echo "skipped: this build has no pages"
    exit 0
fi
CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
export CHROMIUM
if [ -z "$CHROMIUM" ]; then
    echo "skipped: there is no Chromium; scripts/setup.sh pages installs it"
    exit 0
fi
exec node --test tests/page/*.test.mjs
