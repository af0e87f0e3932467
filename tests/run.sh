#!/bin/bash
# Installs what is missing (Debian 12; root or sudo), builds three times - release, with the address
# and undefined-behaviour sanitizers, and with the thread sanitizer for what has no I/O and for viewers
# with their threads -, runs every test in each, and ends with one line: "N passed, N failed". Fails
# when one of them does.
#
#   tests/run.sh          everything that a change has to pass, forty-five minutes on two cores
#   tests/run.sh --long   also repeated acceptance runs and long ones
# SPDX-License-Identifier: LGPL-2.1-or-later
set -euo pipefail
cd "$(dirname "$0")/.."

long=false
for argument in "$@"; do
  case "$argument" in
    --long) long=true ;;
    *) echo "usage: tests/run.sh [--long]" >&2; exit 2 ;;
  esac
done

tools/install-dependencies.sh
broken=0
# The other side of interop tests and other playlist parsers, anew when its list has changed.
if ! [ tests/node/node_modules/.package-lock.json -nt tests/node/package-lock.json ]; then
  (cd tests/node && npm ci --ignore-scripts --no-audit --no-fund) </dev/null || broken=1
fi

# In one build only: with a sanitizer the compiler warns of what is not so (gcc(1), -fsanitize).
warnings=()
[ "${CI:-}" = true ] && warnings=(-Dwerror=true)
# Lines for the stack traces and no more, and where much is compiled little is optimized: that takes
# half the time. What is only arithmetic would be too slow for the thread sanitizer then.
sanitized=(-Ddebug=false -Dc_args=-g1 -Dcpp_args=-g1 -Db_lundef=false)
asan=(asan "${sanitized[@]}" -Doptimization=1 -Db_sanitize=address,undefined)
tsan=(tsan "${sanitized[@]}" -Doptimization=2 -Db_sanitize=thread)
logs=()

# build NAME MESON-OPTIONS...: sets up build/NAME and builds everything in it; a build that fails
# counts as one failed test.
build() {
  local name=$1
  set_up "$@" && ninja -C "build/$name" </dev/null >>"build/$name-build.log" 2>&1 && return 0
  tail -n 60 "build/$name-build.log"
  echo "building $name failed"
  broken=$((broken + 1))
  return 1
}

set_up() {
  local name=$1
  shift
  mkdir -p build
  echo "== building $name"
  [ -f "build/$name/build.ninja" ] && return 0
  meson setup "build/$name" "$@" </dev/null >"build/$name-build.log" 2>&1
}

# check NAME[:LOG] MESON-TEST-OPTIONS...: builds what is missing of the tests chosen in build/NAME, and
# runs them; the results go into a log of their own.
check() {
  local name=${1%%:*} log=${1##*:}
  shift
  echo "== testing $name"
  rm -f "build/$name/meson-logs/$log.json"
  # The verdict comes from the log of all runs, at the end.
  meson test -C "build/$name" --print-errorlogs --logbase "$log" "$@" </dev/null || true
  logs+=("$log=build/$name/meson-logs/$log.json")
}

export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# The slow unwinder, since GLib has no frame pointers: who leaked must be told apart from GLib. And no
# guesses at where libraries that are loaded late have their thread-local memory: after a name was
# resolved, the leak check followed garbage at one exit in twenty ("Tracer caught signal 11"). It finds
# that memory without them.
asan_options=detect_stack_use_after_return=1:fast_unwind_on_malloc=0:malloc_context_size=16
export ASAN_OPTIONS=$asan_options:intercept_tls_get_addr=0
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
export TSAN_OPTIONS=halt_on_error=1

long_suite=(--no-suite long)
$long && long_suite=()

if build release --buildtype=release -Doptimization=2 "${warnings[@]}"; then
  # Tests mostly wait: what they leave of the cores compiles the next build, and yields to them. Where
  # time matters, to us or to other people's programs, tests have the machine for themselves.
  set_up "${asan[@]}" && { chrt --idle 0 ninja -C build/asan </dev/null >build/asan-build.log 2>&1 & }
  check release "${long_suite[@]}" --no-suite timing --no-suite swarm --no-suite interop
  wait || true
  check release:release-timing "${long_suite[@]}" --suite timing --suite swarm --suite interop
fi
# A sanitizer makes everything slower, deadlines get room: those of meson, and more so those of Check,
# which are of four seconds.
export CK_TIMEOUT_MULTIPLIER=6
if build "${asan[@]}"; then
  check asan --no-suite long --no-suite timing --timeout-multiplier 3
  # Of the long ones, what it is there for: nothing is left of a thousand connections.
  if $long; then
    check asan:asan-long connects-1000 --timeout-multiplier 3
  fi
fi
# With the thread sanitizer only these are built, by the check itself. Nothing is suppressed: libraries
# that were built without it do their work on our own threads. But the system's proxies are looked up on
# threads of GLib's, whose hand-over is not seen.
set_up "${tsan[@]}" || true
GIO_USE_PROXY_RESOLVER=dummy check tsan --suite core --suite sim --suite threads --no-suite long \
  --no-suite timing --timeout-multiplier 3

exec python3 tests/count.py "$broken" "${logs[@]}"
