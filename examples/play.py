#!/usr/bin/python3
"""Plays a live stream in a window: p2plive in Python, through GObject introspection.

  play.py https://cdn.example/live.m3u8 [--index https://p2p.example/]

Says once a second how it goes; Ctrl-C ends it. It needs python3-gi and gir1.2-gstreamer-1.0,
which are for the system's own Python, and for the window gstreamer1.0-x or gstreamer1.0-gl.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import argparse
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


class Player:
    def __init__(self, options):
        self.options = options
        self.loop = GLib.MainLoop()
        self.source = None  # the p2plivesrc in playbin3
        self.error = None
        self.playbin = Gst.ElementFactory.make("playbin3")
        # "p2plive+" in front of an http or https address makes playbin3 take p2plivesrc for it.
        prefix = "" if options.address.startswith("p2plive") else "p2plive+"
        self.playbin.props.uri = prefix + options.address
        for name in ("video_sink", "audio_sink"):
            if getattr(options, name):
                sink = Gst.parse_bin_from_description(getattr(options, name), True)
                self.playbin.set_property(name.replace("_", "-"), sink)
        self.playbin.connect("source-setup", self.on_source_setup)
        bus = self.playbin.get_bus()
        bus.add_signal_watch()
        bus.connect("message::buffering", self.on_buffering)
        bus.connect("message::error", self.on_error)
        bus.connect("message::eos", lambda *_: self.loop.quit())

    def on_source_setup(self, _playbin, source):
        self.source = source
        source.props.index_uri = self.options.index

    def on_buffering(self, _bus, message):
        # A queue that runs low is filled in PAUSED, so that the picture does not stutter.
        full = message.parse_buffering() == 100
        self.playbin.set_state(Gst.State.PLAYING if full else Gst.State.PAUSED)

    def on_error(self, _bus, message):
        error, detail = message.parse_error()
        self.error = f"{error.message}\n({detail})"
        self.loop.quit()

    def print_stats(self):
        if self.source:
            stats = self.source.props.stats
            megabytes = {name: stats.get_value(name) / 1e6
                         for name in ("cdn-bytes", "peer-bytes", "upload-bytes")}
            position = self.playbin.query_position(Gst.Format.TIME)[1]
            print(f"played {position / Gst.SECOND:.1f} s  peers {stats.get_value('peers')}  "
                  f"from CDN {megabytes['cdn-bytes']:.2f} MB  "
                  f"from peers {megabytes['peer-bytes']:.2f} MB  "
                  f"sent {megabytes['upload-bytes']:.2f} MB", flush=True)
        return GLib.SOURCE_CONTINUE

    def play(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, self.loop.quit)
        GLib.timeout_add_seconds(1, self.print_stats)
        self.playbin.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.playbin.set_state(Gst.State.NULL)
        return self.error


def main():
    parser = argparse.ArgumentParser(description="Plays a live HLS stream.")
    parser.add_argument("address", help="HLS playlist")
    parser.add_argument("--index", help="Index service, through which viewers find each other")
    parser.add_argument("--video-sink", help="element to use instead of a window")
    parser.add_argument("--audio-sink", help="element to use instead of the loudspeaker")
    options = parser.parse_args()
    Gst.init(None)
    if not Gst.ElementFactory.find("p2plivesrc"):
        return ("GStreamer does not find p2plivesrc. "
                "Set GST_PLUGIN_PATH to the folder that has libgstp2plive.so.")
    return Player(options).play()


if __name__ == "__main__":
    sys.exit(main())
