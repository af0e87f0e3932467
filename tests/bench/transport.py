"""Runs the experiments of transport.sh in turn, and says what came out as a table and as JSON.

Libraries take turns within a round, so that all of them meet the same machine; a figure is the
median of the rounds.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later
import argparse
import json
import os
import statistics
import subprocess
import sys

LIBRARIES = ["p2plive", "node-datachannel", "wrtc"]
CONNECTIONS = [1, 50]
MESSAGES = [16 * 1024, 64 * 1024]  # bytes
PACED_MBIT = 200


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", required=True)
    parser.add_argument("--node", required=True)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--quick", action="store_true", help="one short round, to see that it works")
    return parser.parse_args()


def run(command, seconds=150):
    """The JSON that an experiment prints; None when it prints none in time."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=seconds, check=False)
        return json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None


class Bench:
    def __init__(self, options):
        self.options = options
        self.rounds = 1 if options.quick else 5
        self.seconds = 0.5 if options.quick else 1.5

    def ours(self, *what):
        command = [self.options.bench, *map(str, what)]
        return run(command) or sys.exit(f"{' '.join(command)} has failed")

    def throughput(self, library, connections, message):
        if library == "p2plive":
            return self.ours("throughput", connections, message, self.seconds)
        return run(["node", self.options.node, library.replace("-", "_"), str(connections),
                    str(message), str(self.seconds)], 30)

    def throughputs(self):
        """(library, connections, message) -> one result for each round; None: it has failed."""
        results = {}
        for _ in range(self.rounds):
            for message in MESSAGES:
                for connections in CONNECTIONS:
                    for library in LIBRARIES:
                        case = (library, connections, message)
                        results.setdefault(case, []).append(self.throughput(*case))
        return results


def row(case, rounds):
    """What is missing says nothing about speed: it is counted, and left out of the medians."""
    library, connections, message = case
    results = [result for result in rounds if result]
    failed = len(rounds) - len(results)

    def median(figure, digits):
        return round(statistics.median(map(figure, results)), digits) if results else None

    return {
        "library": library,
        "connections": connections,
        "message": message,
        "mb_per_s": median(lambda r: r["bytes"] / r["seconds"] / 1e6, 1),
        "cpu_s_per_gb": median(lambda r: (r["sender_cpu"] / r["sender_seconds"] +
                                          r["receiver_cpu"] / r["seconds"]) /
                               max(r["bytes"] / r["seconds"] / 1e9, 1e-6), 2),
        "min_share": median(lambda r: r["min_share"], 3),
        "failed_rounds": failed,
        "rounds": results,
    }


def summary(bench):
    table = [row(case, results) for case, results in bench.throughputs().items()]
    of = {(r["library"], r["connections"], r["message"]): r for r in table}
    largest = MESSAGES[-1]

    def ratios(figure):
        """Ours to node-datachannel's, for each number of connections."""
        return {n: round(of["p2plive", n, largest][figure] /
                         of["node-datachannel", n, largest][figure], 3) for n in CONNECTIONS}

    quick = bench.options.quick
    paced = bench.ours("throughput", 50, largest, 1 if quick else 5, PACED_MBIT)
    setup = bench.ours("setup", 20 if quick else 200)
    at_once = bench.ours("setup", 50, "at-once")
    idle = bench.ours("idle", *((10, 60) if quick else (100, 1000)))
    goodput, cpu = ratios("mb_per_s"), ratios("cpu_s_per_gb")
    return {
        # The worse of one connection and fifty.
        "goodput_ratio": min(goodput.values()),
        "goodput_ratios": goodput,
        "cpu_ratio": max(cpu.values()),
        "cpu_ratios": cpu,
        "min_share": of["p2plive", 50, largest]["min_share"],
        "idle_kb_per_end": max(idle["offerer_kb"], idle["answerer_kb"]),
        "setup_ms_p50": setup["p50_ms"],
        "setup_ms_p99": setup["p99_ms"],
        "setup_fifty_at_once_ms": at_once["all_ms"],
        "loop_gap_ms_max": max(paced["sender_gap_ms"], paced["receiver_gap_ms"]),
        "paced_core_share": round(max(paced["sender_cpu"] / paced["sender_seconds"],
                                      paced["receiver_cpu"] / paced["seconds"]), 3),
        "paced_mbit_per_s": round(paced["bytes"] * 8 / paced["seconds"] / 1e6, 1),
        "idle_core_share_of_many": idle["offerer_core_share"],
        "table": table,
    }


def show(result):
    print(f"{'library':18}{'connections':>12}{'message':>9}{'MB/s':>8}{'CPU s/GB':>10}"
          f"{'slowest/mean':>14}")
    for line in result["table"]:
        figures = (f"{line['mb_per_s']:8.1f}{line['cpu_s_per_gb']:10.2f}{line['min_share']:14.3f}"
                   if line["mb_per_s"] is not None else f"{'-':>8}{'-':>10}{'-':>14}")
        if line["failed_rounds"]:
            figures += f"  ({line['failed_rounds']} of its rounds failed)"
        print(f"{line['library']:18}{line['connections']:12}{line['message'] // 1024:5} KiB{figures}")
    print()
    for name, value in result.items():
        if name != "table":
            print(f"{name}: {value}")


def main():
    options = arguments()
    result = summary(Bench(options))
    result["processors"] = os.cpu_count()
    show(result)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")


main()
