#!/usr/bin/env python3
"""Counts the tests of several Meson test logs and ends with what failed and "N passed, N failed".

usage: count.py FAILED-BUILDS NAME=LOG.json...

A gst-check program counts as many times as it has tests; any other, and one that crashed, once.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later
import json
import re
import sys

SUMMARY = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$", re.MULTILINE)

# FILE:LINE:F:CASE:TEST:ITERATION: why (E: it crashed, or took too long).
CHECK = re.compile(r"^[^\s:]+:\d+:[FE]:.*$", re.MULTILINE)
# How a sanitizer's report begins; Check says of such a program only that it ended early.
REPORT = re.compile(r"^.*(?:ERROR: |WARNING: Thread|runtime error: )", re.MULTILINE)
MOST_LINES, LONGEST_LINE = 20, 500  # of one program that failed, and as many of its report


def count(run):
    """(passed, failed) of one line of the log."""
    ok = run["result"] in ("OK", "EXPECTEDFAIL")
    if run["result"] == "SKIP":
        return 0, 0
    checks = failed = 0
    for summary in SUMMARY.finditer(run.get("stdout") or ""):
        checks += int(summary[1])
        failed += int(summary[2]) + int(summary[3])
    if checks == 0:
        return (1, 0) if ok else (0, 1)
    if not ok and failed == 0:
        failed = 1  # All its tests passed, and then it failed: a leak, a crash at the end.
    return max(checks - failed, 0), failed


def why(run):
    """What a program that failed said: the checks that did, and how a sanitizer's report begins; with
    neither its last lines."""
    said = CHECK.findall(run.get("stdout") or "")
    left_out = len(said) - MOST_LINES
    said = said[:MOST_LINES] + ([f"and {left_out} more"] if left_out > 0 else [])
    stderr = run.get("stderr") or ""
    if report := REPORT.search(stderr):
        said += stderr[report.start():].splitlines()[:MOST_LINES]
    if said:
        return said
    said = [line for stream in ("stdout", "stderr") for line in (run.get(stream) or "").splitlines()]
    return said[-MOST_LINES:]


def main():
    passed, failed, failures = 0, int(sys.argv[1]), []
    for argument in sys.argv[2:]:
        name, path = argument.split("=", 1)
        try:
            with open(path, encoding="utf-8") as log:
                runs = [json.loads(line) for line in log if line.strip()]
        except FileNotFoundError:
            print(f"{name}: the tests did not run")
            failed += 1
            continue
        of_log = [count(run) for run in runs]
        for run, (_, bad) in zip(runs, of_log):
            if bad:
                failures.append(f"{name}: {run['name']}: {run['result']}, {bad} failed")
                failures += ["  " + line[:LONGEST_LINE] for line in why(run)]
        ok, bad = sum(a for a, _ in of_log), sum(b for _, b in of_log)
        print(f"{name}: {ok} passed, {bad} failed")
        passed, failed = passed + ok, failed + bad
    for line in failures:
        print(line)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
