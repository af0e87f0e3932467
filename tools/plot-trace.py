#!/usr/bin/env python3
"""Draws a session of p2plivesrc from the log of the tracer p2plive, and sums it up in a line.

  GST_TRACERS=p2plive GST_DEBUG=GST_TRACER:7 GST_DEBUG_FILE=trace.log gst-launch-1.0 p2plivesrc ...
  plot-trace.py trace.log trace.svg

Over the media time that was handed out: when each chunk was handed out, how long it was waited for,
and how long before it was due it was there; in one colour what came from the CDN, in another what
came from other viewers.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later
import argparse
import re
import statistics
import subprocess
import sys
from typing import NamedTuple, Optional

HOW = ("Play with GST_TRACERS=p2plive GST_DEBUG=GST_TRACER:7 GST_DEBUG_FILE=trace.log, and see with "
       "gst-inspect-1.0 p2plivesrc that the plugin is found.")

MARK = "p2plive-chunk, element="

# As the tracer writes it. A name may have commas in it.
RECORD = re.compile(
    MARK + r"\(string\)(?P<element>.*?), media-sequence=\(guint64\)(?P<sn>\d+)"
    r", init-section=\(boolean\)(?P<init>[01]), offset=\(guint64\)(?P<offset>\d+)"
    r", size=\(guint64\)(?P<size>\d+), duration=\(guint64\)(?P<duration>\d+)"
    r", from=\(string\)(?P<source>cdn|[0-9a-f]{32})"
    r", asked=\(guint64\)(?P<asked>\d+), got=\(guint64\)(?P<got>\d+)"
    r", have-due=\(boolean\)(?P<has_due>[01]), due=\(guint64\)(?P<due>\d+)"
    r", delivered=\(guint64\)(?P<delivered>\d+);")

COMMANDS = """set terminal svg size 1000,900 background 'white'
set multiplot
set grid
set lmargin 10
set xrange [0:*]
set key outside top right horizontal
"""

STYLE = {
    "CDN": "with points pt 7 ps 0.4 lc rgb '#d95f02'",
    "other viewers": "with points pt 7 ps 0.4 lc rgb '#1b6ca8'",
}


class Refused(Exception):
    """What is wrong with the input, and what to do."""


class Chunk(NamedTuple):
    """Times in seconds since GStreamer was initialized."""

    element: str
    source: str
    size: int
    duration: float
    asked: float
    got: float
    due: Optional[float]
    delivered: float

    @property
    def late(self):
        """It came after it was due."""
        return self.due is not None and self.got > self.due


def seconds(nanoseconds):
    return int(nanoseconds) / 1e9


def read(lines):
    """The chunks, in the order in which they were handed out."""
    chunks = []
    flaw = None
    for count, line in enumerate(lines, 1):
        if MARK not in line or "new format string:" in line:
            continue
        if flaw:
            break
        fields = RECORD.search(line)
        if not fields:
            flaw = f"line {count} is not a record as the tracer writes it: {line.strip()}"
            continue
        due = seconds(fields["due"]) if fields["has_due"] == "1" else None
        chunks.append(Chunk(fields["element"], fields["source"], int(fields["size"]),
                            seconds(fields["duration"]), seconds(fields["asked"]),
                            seconds(fields["got"]), due, seconds(fields["delivered"])))
    else:
        flaw = None  # the last record may have been cut off with the process that wrote it
    if flaw:
        raise Refused(flaw)
    return chunks


def choose(chunks, element):
    """Those of one element."""
    if not chunks:
        raise Refused("there is no record of a chunk in it. " + HOW)
    names = sorted({chunk.element for chunk in chunks})
    if element is None and len(names) > 1:
        raise Refused(f"it has several sources; choose one with --element: {', '.join(names)}")
    if element is not None and element not in names:
        raise Refused(f"it has no source {element}, only {', '.join(names)}")
    return [chunk for chunk in chunks if element in (None, chunk.element)]


def summary(chunks):
    from_cdn = sum(chunk.size for chunk in chunks if chunk.source == "cdn")
    share = 100 * from_cdn / sum(chunk.size for chunk in chunks)
    viewers = len({chunk.source for chunk in chunks} - {"cdn"})
    wait = 1000 * statistics.median(chunk.got - chunk.asked for chunk in chunks)
    return (f"{len(chunks)} chunks; from the CDN: {share:.1f} % of the bytes; viewers who sent the "
            f"others: {viewers}; came after they were due: {sum(chunk.late for chunk in chunks)}; "
            f"median wait: {wait:.0f} ms")


def series(chunks, height):
    """(media time, height(chunk)) by who sent it; without those that have no height."""
    out = {name: [] for name in STYLE}
    media = 0.0
    for chunk in chunks:
        if (y := height(chunk)) is not None:
            out["CDN" if chunk.source == "cdn" else "other viewers"].append((media, y))
        media += chunk.duration
    return {name: points for name, points in out.items() if points}


def panel(number, label, points, more=""):
    """Commands for one of three; none where there is nothing in it."""
    if not points:
        return ""
    data, plots = "", []
    for index, (name, line) in enumerate(points.items()):
        block = f"$p{number}_{index}"
        data += f"{block} << EOD\n" + "".join(f"{x:.6f} {y:.6f}\n" for x, y in line) + "EOD\n"
        plots.append(f"{block} using 1:2 {STYLE[name]} title '{name}'")
    return (f"{data}set size 1,0.333\nset origin 0,{(3 - number) / 3:.3f}\nset ylabel '{label}'\n"
            f"{more}plot {', '.join(plots)}\n")


def commands(chunks):
    began = chunks[0].delivered
    return "".join((
        COMMANDS,
        panel(1, "handed out after (s)", series(chunks, lambda c: c.delivered - began)),
        "unset key\nset xlabel 'media time (s)'\n",
        panel(2, "asked for, until it was there (s)", series(chunks, lambda c: c.got - c.asked),
              "set yrange [0:*]\n"),
        panel(3, "there before it was due (s)",
              series(chunks, lambda c: None if c.due is None else c.due - c.got),
              "set yrange [*:*]\nset xzeroaxis lt -1\n"),
        "unset multiplot\n"))


def draw(chunks, file):
    try:
        drawn = subprocess.run(["gnuplot"], input=commands(chunks).encode(), check=True,
                               stdout=subprocess.PIPE)
    except FileNotFoundError as error:
        raise Refused("gnuplot, which draws, is not installed (package gnuplot-nox)") from error
    except subprocess.CalledProcessError as error:
        raise Refused(f"gnuplot did not draw {file}") from error
    with open(file, "wb") as svg:
        svg.write(drawn.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", help="what GStreamer logged (GST_DEBUG_FILE)")
    parser.add_argument("svg", help="the file to draw")
    parser.add_argument("--element", help="name of the source, where the log has several")
    given = parser.parse_args()
    try:
        with open(given.log, encoding="utf-8", errors="replace") as lines:
            chunks = choose(read(lines), given.element)
        draw(chunks, given.svg)
    except (Refused, OSError) as error:
        sys.exit(f"plot-trace.py: {given.log}: {error}")
    print(summary(chunks))


if __name__ == "__main__":
    main()
