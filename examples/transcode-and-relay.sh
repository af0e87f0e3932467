#!/bin/sh
# Watches a live stream once, and publishes it with a smaller picture at a lower bitrate, as HLS in
# a folder for a web server to hand on. Who watches that names the same Index, and forms a swarm of
# its own: viewers exchange what has the same address of the playlist. Ctrl-C ends it.
#
#   transcode-and-relay.sh [-i INDEX] [-b KBIT] [-h HEIGHT] [-s SECONDS] ADDRESS FOLDER
#
#   transcode-and-relay.sh -i https://p2p.example/ https://cdn.example/live.m3u8 /var/www/low &
#   gst-play-1.0 "p2plive+https://www.example/low/live.m3u8#index=https%3A%2F%2Fp2p.example%2F"
#
# For H.264 with AAC. It needs GStreamer's bad plugins (openh264enc, hlssink2) and libav.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

usage() {
  echo "usage: transcode-and-relay.sh [-i INDEX] [-b KBIT] [-h HEIGHT] [-s SECONDS] ADDRESS FOLDER" >&2
  exit 2
}

index=
kilobits=300 # of the picture
height=360   # of the picture; its width follows
seconds=2    # of a segment
while getopts i:b:h:s: option; do
  case $option in
    i) index=$OPTARG ;;
    b) kilobits=$OPTARG ;;
    h) height=$OPTARG ;;
    s) seconds=$OPTARG ;;
    *) usage ;;
  esac
done
shift $((OPTIND - 1))
[ $# -eq 2 ] || usage
address=$1
folder=$2

for element in p2plivesrc avdec_h264 openh264enc hlssink2; do
  gst-inspect-1.0 $element >/dev/null 2>&1 || {
    echo "GStreamer does not find $element. Is its plugin installed, and p2plive's folder in GST_PLUGIN_PATH?" >&2
    exit 1
  }
done
mkdir -p "$folder"
# Segments of an earlier run would only stay.
rm -f "$folder"/live.m3u8 "$folder"/segment-*.ts

# What is no longer in the playlist stays for a while, for those who come late. There is no -e: hlssink2
# of GStreamer 1.22 sometimes waits for ever then, and without it writes the end of the playlist as well.
exec gst-launch-1.0 -q p2plivesrc uri="$address" ${index:+"index-uri=$index"} ! parsebin name=p \
  p. ! queue ! h264parse ! avdec_h264 ! videoconvert ! videoscale ! \
    "video/x-raw,height=$height,pixel-aspect-ratio=1/1" ! \
    openh264enc bitrate=$((kilobits * 1000)) rate-control=bitrate complexity=low ! h264parse ! \
    hlssink2 name=h target-duration="$seconds" playlist-length=8 max-files=16 \
      location="$folder/segment-%05d.ts" playlist-location="$folder/live.m3u8" \
  p. ! queue ! aacparse ! h.audio
