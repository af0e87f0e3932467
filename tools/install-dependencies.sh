#!/bin/bash
# Installs what building, running and testing p2plive needs on Debian 12, as far as it is missing.
# Needs root or sudo for that, and nothing when all is there.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -euo pipefail

packages=(
  # to build
  build-essential meson ninja-build pkgconf ccache python3
  libflatbuffers-dev flatbuffers-compiler libexpected-dev
  libglib2.0-dev libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  libsoup-3.0-dev libnice-dev libssl-dev libmosquitto-dev libusrsctp-dev
  # to play
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
  gstreamer1.0-plugins-bad gstreamer1.0-libav glib-networking
  # the encoder, the CDN and the services of a swarm on this machine
  ffmpeg nginx-light mosquitto coturn
  # for examples/play.py
  python3-gi gir1.2-gstreamer-1.0
  # to draw what p2plive-sim measured
  gnuplot-nox
  # to test
  curl clang-format-14 iproute2 nftables gstreamer1.0-plugins-base-apps
  # the other side of interop tests
  chromium gstreamer1.0-nice
)

# Other people's data channels and playlist parsers, for the tests and the benchmark; any Node.js
# from 18.20 on will do.
command -v node >/dev/null || packages+=(nodejs)
command -v npm >/dev/null || packages+=(npm)

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing, and installing them needs root or sudo: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing ${missing[*]}"
# p2plive runs nginx, mosquitto and coturn itself, on loopback. Debian would also start each of
# them as a service of the machine, which nobody asked for.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
  "${as_root[@]}" chmod 755 $policy
  trap '"${as_root[@]}" rm -f $policy' EXIT
fi
install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Use-Pty=0 -qq)
"${install[@]}" update </dev/null
"${install[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null
if [ -d /run/systemd/system ]; then
  for service in nginx mosquitto coturn; do
    case " ${missing[*]} " in
      *" $service"*) "${as_root[@]}" systemctl disable "$service" >/dev/null 2>&1 || true ;;
    esac
  done
fi
