#!/usr/bin/env python3
"""What tests/run.sh prints last: who failed and why, and then how many."""
# SPDX-License-Identifier: LGPL-2.1-or-later
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

COUNT = pathlib.Path(__file__).with_name("count.py")


def printed(*runs):
    """The lines of count.py for a log of these runs."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "log.json"
        log.write_text("".join(json.dumps(run) + "\n" for run in runs), encoding="utf-8")
        ended = subprocess.run([sys.executable, COUNT, "0", f"release={log}"],
                               stdout=subprocess.PIPE, text=True, check=False)
    return ended.returncode, ended.stdout.splitlines()


def run(name, result, stdout, stderr=""):
    return {"name": name, "result": result, "stdout": stdout, "stderr": stderr}


class Count(unittest.TestCase):
    def test_checks_that_failed_come_before_the_last_line(self):
        code, lines = printed(
            run("good", "OK", "100%: Checks: 3, Failures: 0, Errors: 0\n"),
            run("bad", "FAIL", "Running suite(s): bad\n33%: Checks: 3, Failures: 1, Errors: 1\n"
                "../bad_test.cpp:12:F:rules:late:0: 2 is not 1\n"
                "../bad_test.cpp:20:E:rules:slow:0: (after this point) Test timeout expired\n"
                "Check suite bad ran in 1.0s\n"))
        self.assertEqual(code, 1)
        self.assertEqual(lines, [
            "release: 4 passed, 2 failed",
            "release: bad: FAIL, 2 failed",
            "  ../bad_test.cpp:12:F:rules:late:0: 2 is not 1",
            "  ../bad_test.cpp:20:E:rules:slow:0: (after this point) Test timeout expired",
            "4 passed, 2 failed"])

    def test_a_sanitizers_report_says_why_a_check_ended_early(self):
        _, lines = printed(
            run("leaky", "FAIL", "0%: Checks: 1, Failures: 0, Errors: 1\n"
                "../leaky_test.cpp:12:E:rules:late:0: (after this point) Early exit\n",
                "a warning\n==7==ERROR: LeakSanitizer: detected memory leaks\n"
                + "".join(f"    #{n} frame\n" for n in range(50))))
        self.assertEqual(lines[2:5], [
            "  ../leaky_test.cpp:12:E:rules:late:0: (after this point) Early exit",
            "  ==7==ERROR: LeakSanitizer: detected memory leaks",
            "      #0 frame"])
        self.assertEqual(len(lines), 24)

    def test_any_other_program_says_its_last_lines(self):
        _, lines = printed(run("leaky", "FAIL", "100%: Checks: 3, Failures: 0, Errors: 0\n",
                               "".join(f"leak {n}\n" for n in range(50))))
        self.assertEqual(lines[1], "release: leaky: FAIL, 1 failed")
        self.assertEqual(lines[2:-1], [f"  leak {n}" for n in range(30, 50)])

    def test_no_program_fills_the_screen(self):
        _, lines = printed(run("bad", "FAIL", "0%: Checks: 50, Failures: 50, Errors: 0\n" + "".join(
            f"../bad_test.cpp:{n}:F:rules:bad:{n}: {'x' * 9999}\n" for n in range(50))))
        self.assertEqual(len(lines), 24)
        self.assertEqual(lines[-2], "  and 30 more")
        self.assertLess(max(len(line) for line in lines), 520)

    def test_nothing_more_when_all_pass(self):
        code, lines = printed(run("good", "OK", "100%: Checks: 3, Failures: 0, Errors: 0\n"))
        self.assertEqual((code, lines), (0, ["release: 3 passed, 0 failed", "3 passed, 0 failed"]))


if __name__ == "__main__":
    unittest.main()
