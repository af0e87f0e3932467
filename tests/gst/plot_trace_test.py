#!/usr/bin/env python3
"""What tools/plot-trace.py makes of the tracer's records, and of logs that are none."""
# SPDX-License-Identifier: LGPL-2.1-or-later
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PLOT = pathlib.Path(sys.argv.pop(1)).resolve()
PEER = "ab" * 16


def record(source="cdn", element="src", asked=1.0, got=1.5, due=3.0, delivered=2.0, size=100):
    def ns(seconds):
        return int(seconds * 1e9)
    return ("0:00:02.000000000  1 0x1 TRACE  GST_TRACER :0:: p2plive-chunk, "
            f"element=(string){element}, media-sequence=(guint64)7, init-section=(boolean)0, "
            f"offset=(guint64)0, size=(guint64){size}, duration=(guint64)130000000, "
            f"from=(string){source}, asked=(guint64){ns(asked)}, got=(guint64){ns(got)}, "
            f"have-due=(boolean){int(due is not None)}, "
            f"due=(guint64){2**64 - 1 if due is None else ns(due)}, "
            f"delivered=(guint64){ns(delivered)};\n")


def plot(*lines, more=(), environment=None):
    """(exit code, what was printed, what went wrong, the picture)."""
    with tempfile.TemporaryDirectory() as folder:
        log, svg = pathlib.Path(folder) / "log", pathlib.Path(folder) / "svg"
        log.write_text("".join(lines), encoding="utf-8")
        ended = subprocess.run([sys.executable, PLOT, log, svg, *more], text=True, check=False,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        picture = svg.read_text(encoding="utf-8") if svg.exists() else ""
    return ended.returncode, ended.stdout, ended.stderr, picture


class PlotTrace(unittest.TestCase):
    def test_cdn_and_viewers(self):
        code, said, _, svg = plot(
            record(size=300, got=1.1), record(PEER, got=1.2), record("cd" * 16, got=1.3),
            "something else\n", record(PEER, got=4.0, due=3.0, delivered=4.1))
        self.assertEqual(code, 0)
        self.assertEqual(said, "4 chunks; from the CDN: 50.0 % of the bytes; viewers who sent the "
                               "others: 2; came after they were due: 1; median wait: 250 ms\n")
        for text in (">CDN<", ">other viewers<", "there before it was due"):
            self.assertIn(text, svg)

    def test_nothing_is_due_without_a_pace(self):
        code, said, _, svg = plot(record(due=None), record(due=None))
        self.assertEqual(code, 0)
        self.assertIn("came after they were due: 0", said)
        self.assertEqual(svg.count("media time"), 1)  # below two panels of three

    def test_one_of_several_sources(self):
        log = (record(element="a, b"), record(element="c"), record(element="c"))
        code, _, wrong, svg = plot(*log)
        self.assertEqual((code, svg), (1, ""))
        self.assertIn("--element: a, b, c", wrong)
        self.assertIn("2 chunks", plot(*log, more=("--element", "c"))[1])
        self.assertIn("1 chunks", plot(*log, more=("--element", "a, b"))[1])
        self.assertEqual(plot(*log, more=("--element", "d"))[0], 1)

    def test_no_records(self):
        code, _, wrong, svg = plot("0:00:02.0 TRACE GST_TRACER :0:: latency, time=(guint64)1;\n")
        self.assertEqual((code, svg), (1, ""))
        self.assertIn("GST_TRACERS=p2plive GST_DEBUG=GST_TRACER:7", wrong)

    def test_a_record_that_was_cut_off(self):
        self.assertIn("1 chunks", plot(record(), record()[:200])[1])
        code, _, wrong, _ = plot(record(), record()[:200] + "\n", record())
        self.assertEqual(code, 1)
        self.assertIn("line 2 is not a record", wrong)

    def test_without_gnuplot(self):
        code, _, wrong, svg = plot(record(), environment={**os.environ, "PATH": "/nowhere"})
        self.assertEqual((code, svg), (1, ""))
        self.assertIn("gnuplot-nox", wrong)


if __name__ == "__main__":
    unittest.main()
