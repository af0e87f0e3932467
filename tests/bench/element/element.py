"""Measures p2plivesrc beside hlsdemux2 and souphttpsrc on the same live stream from a CDN alone.

All pipelines of a round play at the same time, so that all meet the same machine: each is a process of its
own, on a session of its own that begins a share of a segment after the one before. Ratios are of one round, and
the median of the rounds is told. Starts come one after another, in turn.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from stream import FRAMES_PER_SECOND, SEGMENT_SECONDS, Clip, Nginx, Session

BARE = "sync=false async=false"
BYTES = f"fakesink name=screen {BARE}"
PARTS = f"fakesink name=screen {BARE} fakesink name=sound {BARE}"
FRAMES = f"h264parse name=picture ! avdec_h264 ! {PARTS}"

PACED = "p2plivesrc name=source uri={playlist}"
UNPACED = "p2plivesrc name=source pace=none uri={playlist}"
HLS = "souphttpsrc location={playlist} ! hlsdemux2 name=demux"
SOUP = "souphttpsrc name=source location={growing}"
TS = "tsdemux name=demux"
# As hlsdemux2 hands them out.
PARSED = f"{TS} h264parse name=picture ! {BYTES} aacparse name=sound ! fakesink {BARE}"

# As a player has it: sinks that wait for the time of each frame, and room before them.
SINK = "queue max-size-bytes=0 max-size-buffers=0 max-size-time=3000000000 name={} ! fakesink sync=true"
SINKS = f"{SINK.format('picture')} name=screen {SINK.format('sound')}"
PLAYED = (f"{TS} h264parse name=picture ! {SINK.format('p')} name=screen "
          f"aacparse name=sound ! {SINK.format('s')}")

STEADY = {
    "p2plivesrc": f"{PACED} ! {BYTES}",
    "p2plivesrc pace=none": f"{UNPACED} ! {BYTES}",
    "souphttpsrc": f"{SOUP} ! {BYTES}",
    "p2plivesrc ! tsdemux": f"{PACED} ! {TS} {PARTS}",
    "p2plivesrc pace=none ! tsdemux": f"{UNPACED} ! {TS} {PARTS}",
    "p2plivesrc ! tsdemux ! parsers": f"{PACED} ! {PARSED}",
    "p2plivesrc pace=none ! tsdemux ! parsers": f"{UNPACED} ! {PARSED}",
    "hlsdemux2": f"{HLS} {PARTS}",
    "p2plivesrc, played": f"{PACED} ! {PLAYED}",
    "hlsdemux2, played": f"{HLS} {SINKS}",
}
STARTS = {
    "p2plivesrc": f"{PACED} ! {TS} {FRAMES}",
    "p2plivesrc pace=none": f"{UNPACED} ! {TS} {FRAMES}",
    "souphttpsrc": f"{SOUP} ! {TS} {FRAMES}",
    "hlsdemux2": f"{HLS} {FRAMES}",
}


def beside(case):
    """Whose figures a pipeline's are divided by: who hands out the same."""
    if "played" in case:
        return "hlsdemux2, played"
    return "hlsdemux2" if "!" in case or case == "hlsdemux2" else "souphttpsrc"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--mbit", type=float, nargs="+", default=[2, 8, 25], help="bitrates")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20, help="measured of each round")
    parser.add_argument("--warm", type=float, default=10, help="seconds before they are measured")
    parser.add_argument("--starts", type=int, default=20, help="of each pipeline")
    parser.add_argument("--quick", action="store_true", help="one short round, to see that it works")
    options = parser.parse_args()
    if options.quick:
        options.mbit, options.rounds, options.starts = [2], 1, 1
        options.seconds, options.warm = 3 * SEGMENT_SECONDS, SEGMENT_SECONDS
    return options


class Player:
    """element-play on one session."""

    def __init__(self, bench, clip, case, pipeline, what, counting=False, seconds_ago=None):
        bench.sessions += 1
        ago = {} if seconds_ago is None else {"seconds_ago": seconds_ago}
        self.case = case
        self.session = Session(bench.nginx, clip, f"live{bench.sessions}", **ago)
        environment = bench.environment
        if counting:
            environment = environment | {"LD_PRELOAD": str(bench.count), "G_SLICE": "always-malloc"}
        pipeline = pipeline.format(playlist=self.session.url, growing=self.session.growing_url)
        self.process = subprocess.Popen([bench.play, *map(str, what), pipeline], env=environment,
                                        stdout=subprocess.PIPE, text=True)
        bench.processes.append(self.process)

    def result(self):
        output, _ = self.process.communicate(timeout=300)
        self.session.close()
        if self.process.returncode != 0:
            sys.exit(f"{self.case} has failed")
        return json.loads(output)


class Bench:
    def __init__(self, options, folder):
        self.options = options
        here = options.build / "tests/bench/element"
        self.play, self.count = here / "element-play", here / "element-count.so"
        self.nginx = Nginx(folder)
        self.sessions = 0
        self.processes = []
        self.environment = os.environ | {"GST_PLUGIN_PATH": str(options.build / "gst"),
                                         "GST_REGISTRY": str(folder / "registry.bin")}

    def write_registry(self):
        """GStreamer's, which else all players of the first round would do at once."""
        subprocess.run([self.play, "start", f"fakesrc ! {BYTES}"], env=self.environment,
                       stdout=subprocess.DEVNULL, check=True)

    def close(self):
        for process in self.processes:
            process.kill()  # of those that have ended nothing comes of it
        self.nginx.close()

    def clip(self, mbit):
        playing = self.options.warm + self.options.seconds + 20
        return Clip(self.nginx.root / f"clip{mbit:g}", mbit, math.ceil(playing / SEGMENT_SECONDS))

    def round(self, clip, number, counting):
        """case -> result; another one begins in each round."""
        cases = list(STEADY)
        cases = cases[number % len(cases):] + cases[:number % len(cases)]
        players = []
        for case in cases:
            what = ("steady", self.options.warm, self.options.seconds)
            players.append(Player(self, clip, case, STEADY[case], what, counting))
            time.sleep(SEGMENT_SECONDS / len(cases))
        results = {player.case: player.result() for player in players}
        for case, result in results.items():
            # hlsdemux2's bytes are known by its frames alone: its timestamps jump when it falls behind.
            handed_out = (result["source_bytes"] or
                          result["buffers"] / FRAMES_PER_SECOND * clip.bytes_per_second())
            if handed_out == 0:
                sys.exit(f"{case} has handed out nothing while it was measured: {result}")
            result["mb"] = handed_out / 1e6
            result["of_stream"] = handed_out / clip.bytes_per_second() / result["seconds"]
        return results

    def starts(self, clip):
        """case -> ms of each; all begin at the same places within a segment."""
        times = {case: [] for case in STARTS}
        for number in range(self.options.starts):
            phase = number * 0.618 % 1
            for case, pipeline in STARTS.items():
                ago = (6 + phase) * SEGMENT_SECONDS
                player = Player(self, clip, case, pipeline, ("start",), seconds_ago=ago)
                times[case].append(player.result()["start_ms"])
        return times


FIGURES = {  # of one result; the second ones of a result with counts
    "of_stream": lambda r: r["of_stream"],
    "cpu_ms_per_mb": lambda r: r["cpu"] * 1000 / r["mb"],
    "rss_peak_mb": lambda r: r["rss_peak_kb"] / 1024,
}
COUNTS = {
    "allocations_per_mb": lambda r: r["allocations"] / r["mb"],
    "allocated_per_byte": lambda r: r["allocated_bytes"] / 1e6 / r["mb"],
    "copied_per_byte": lambda r: r["copied_bytes"] / 1e6 / r["mb"],
    "reads_per_mb": lambda r: r["reads"] / r["mb"],
    "read_per_byte": lambda r: r["read_bytes"] / 1e6 / r["mb"],
}


def significant(value):
    return float(f"{value:.4g}")


def steady_row(case, rounds, counts):
    row = {"pipeline": case, "beside": beside(case), "ratios": {}}
    for figures, results in ((FIGURES, rounds), (COUNTS, counts)):
        for name, figure in figures.items():
            row[name] = significant(statistics.median(figure(r[case]) for r in results))
            others = [figure(r[row["beside"]]) for r in results]
            if all(others):
                row["ratios"][name] = significant(statistics.median(
                    figure(r[case]) / other for r, other in zip(results, others)))
    row["seen"] = sorted(significant(FIGURES["cpu_ms_per_mb"](r[case])) for r in rounds)
    return row


def quantile(values, share):
    """The smallest value that `share` of all do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def start_row(case, times):
    def figures(values):
        return {"p50_ms": statistics.median(values), "p95_ms": quantile(values, 0.95)}
    row = figures(times[case])
    other = figures(times["hlsdemux2"])
    return {"pipeline": case, **row, "times": times[case],
            "ratios": {name: significant(row[name] / other[name]) for name in row}}


def measure(bench, mbit):
    clip = bench.clip(mbit)
    rounds = [bench.round(clip, number, False) for number in range(bench.options.rounds)]
    counts = [bench.round(clip, 0, True)]
    times = bench.starts(clip)
    return {
        "mbit_per_s": mbit,
        "stream_mbit_per_s": significant(clip.bytes_per_second() * 8 / 1e6),
        "rounds": bench.options.rounds,
        "starts": bench.options.starts,
        "steady": [steady_row(case, rounds, counts) for case in STEADY],
        "start": [start_row(case, times) for case in STARTS],
    }


def with_ratio(row, name, width):
    ratio = row["ratios"].get(name)
    text = f"{row[name]:.4g}" + (f" ({ratio:.2f})" if ratio is not None else "")
    return text.rjust(width)


def show(result):
    print(f"\n{result['mbit_per_s']:g} Mbit/s (in brackets: to souphttpsrc, or to hlsdemux2 where there "
          f"is a demuxer), {result['rounds']} rounds")
    names = {"of_stream": "of the stream", "cpu_ms_per_mb": "CPU ms/MB", "allocations_per_mb": "allocations/MB",
             "allocated_per_byte": "allocated/byte", "copied_per_byte": "copied/byte",
             "reads_per_mb": "reads/MB", "read_per_byte": "read/byte", "rss_peak_mb": "RSS MiB"}
    print(" " * 42 + "".join(title.rjust(17) for title in names.values()))
    for row in result["steady"]:
        print(row["pipeline"].ljust(42) + "".join(with_ratio(row, name, 17) for name in names))
    print(f"\nfirst frame, ms, {result['starts']} starts".ljust(43) + "p50".rjust(17) +
          "p95".rjust(17))
    for row in result["start"]:
        print(row["pipeline"].ljust(42) + with_ratio(row, "p50_ms", 17) +
              with_ratio(row, "p95_ms", 17), flush=True)


def main():
    options = arguments()
    results = []
    with tempfile.TemporaryDirectory(prefix="p2plive-element-bench-") as folder:
        # nginx's worker may be somebody else.
        os.chmod(folder, 0o755)
        bench = Bench(options, pathlib.Path(folder))
        try:
            bench.write_registry()
            for mbit in options.mbit:
                results.append(measure(bench, mbit))
                show(results[-1])
        finally:
            bench.close()
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"processors": os.cpu_count(), "bitrates": results}, file, indent=1)
            file.write("\n")


main()
