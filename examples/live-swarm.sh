#!/bin/bash
# Shows p2plive at work: four viewers on this machine watch one live stream for a minute, and the
# CDN sends it little more than once. Installs what is missing (Debian 12; root or sudo), builds,
# runs. Options go to p2plive-swarm: examples/live-swarm.sh --viewers 6 --seconds 120
# SPDX-License-Identifier: LGPL-2.1-or-later
set -euo pipefail
cd "$(dirname "$0")/.."

tools/install-dependencies.sh

build=build/release
log=build/release-build.log
mkdir -p build
echo "Building into $build (a few minutes the first time; what the compiler says is in $log)"
if [ ! -f $build/build.ninja ]; then
  meson setup $build --buildtype=release -Doptimization=2 </dev/null >$log 2>&1 || { tail -n 40 $log; exit 1; }
fi
ninja -C $build </dev/null >>$log 2>&1 || { tail -n 60 $log; exit 1; }

exec $build/tools/swarm/p2plive-swarm --viewers 4 --seconds 60 "$@"
