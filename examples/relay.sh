#!/bin/sh
# Watches a live stream, and sends it on to an RTMP server or to an SRT listener. Ctrl-C ends it.
#
#   relay.sh [-i INDEX] ADDRESS TARGET
#
#   relay.sh -i https://p2p.example/ https://cdn.example/live.m3u8 rtmp://live.example/app/key
#   relay.sh -i https://p2p.example/ https://cdn.example/live.m3u8 srt://studio.example:7001
#
# To RTMP go H.264 and AAC, to SRT any MPEG-TS as it is. To try it, receive with
#
#   ffplay -listen 1 rtmp://127.0.0.1:1935/app/key
#   ffplay 'srt://127.0.0.1:7001?mode=listener'
#
# It needs GStreamer's good and bad plugins.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

usage() {
  echo "usage: relay.sh [-i INDEX] ADDRESS TARGET, where TARGET is rtmp://... or srt://..." >&2
  exit 2
}

index=
while getopts i: option; do
  case $option in
    i) index=$OPTARG ;;
    *) usage ;;
  esac
done
shift $((OPTIND - 1))
[ $# -eq 2 ] || usage
address=$1
target=$2

need() {
  for element in p2plivesrc "$@"; do
    gst-inspect-1.0 "$element" >/dev/null 2>&1 || {
      echo "GStreamer does not find $element. Is its plugin installed, and p2plive's folder in GST_PLUGIN_PATH?" >&2
      exit 1
    }
  done
}

watch() { # ELEMENT...: what follows the source
  exec gst-launch-1.0 -e -q p2plivesrc uri="$address" ${index:+"index-uri=$index"} ! "$@"
}

case $target in
  rtmp://* | rtmps://*)
    need parsebin h264parse aacparse flvmux rtmp2sink
    watch parsebin name=p \
      p. ! queue ! h264parse ! flvmux name=m streamable=true ! rtmp2sink location="$target" \
      p. ! queue ! aacparse ! m.
    ;;
  srt://*)
    need tsparse srtsink
    # Seven packets to a message, each when it is due, not a whole segment at once.
    watch tsparse set-timestamps=true alignment=7 ! srtsink uri="$target"
    ;;
  *) usage ;;
esac
