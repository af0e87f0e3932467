#!/bin/bash
# Measures p2plivesrc beside hlsdemux2 and souphttpsrc, all on one live stream that comes from nginx on
# loopback alone: CPU, memory, allocations, copies, time to the first frame. About ten minutes.
#
#   tests/bench/element.sh [--mbit 2 8 25] [--rounds N] [--starts N] [--quick] [--json FILE]
#
# Takes the build in $BUILD, otherwise build/release, which it makes when it is missing.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${BUILD:-$root/build/release}

[ -f "$build/build.ninja" ] ||
  meson setup "$build" "$root" --buildtype=release -Doptimization=2 >/dev/null </dev/null
ninja -C "$build" gst/libgstp2plive.so tests/bench/element/element-play \
  tests/bench/element/element-count.so >/dev/null </dev/null
exec python3 "$here/element/element.py" --build "$build" "$@"
