#!/usr/bin/env bash
# Writes the console's style sheets and scripts anew from the packages in package-lock.json.
set -euo pipefail
cd "$(dirname "$0")"
npm ci --silent --ignore-scripts --no-audit --no-fund
to=../web/static
npx sass --no-source-map --style=compressed --quiet --load-path=node_modules --load-path=. console.scss "$to/console.css"
npx rtlcss --silent "$to/console.css" "$to/console.rtl.css"
cp node_modules/htmx.org/dist/htmx.min.js "$to/htmx.js"
cp node_modules/htmx.org/dist/ext/hx-sse.min.js "$to/htmx-sse.js"
sed -i '/^\/\/# sourceMappingURL/d' "$to/htmx.js" "$to/htmx-sse.js"
