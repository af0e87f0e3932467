#!/bin/bash
# Measures lib/net's data channels on loopback, and the same work by node-datachannel and
# @roamhq/wrtc in between: goodput, CPU, set-up, memory. About six minutes on two cores that have
# nothing else to do.
#
#   tests/bench/transport.sh [--quick] [--json FILE]
#
# Takes the build in $BUILD, otherwise build/release, which it makes when it is missing.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${BUILD:-$root/build/release}

[ -f "$build/build.ninja" ] ||
  meson setup "$build" "$root" --buildtype=release -Doptimization=2 >/dev/null </dev/null
ninja -C "$build" tests/bench/transport-bench >/dev/null </dev/null
if [ "$root/tests/node/package-lock.json" -nt "$root/tests/node/node_modules/.package-lock.json" ]; then
  (cd "$root/tests/node" && npm ci --ignore-scripts --no-audit --no-fund >/dev/null)
fi
exec python3 "$here/transport.py" --bench "$build/tests/bench/transport-bench" \
  --node "$root/tests/node/bench/transport.mjs" "$@"
