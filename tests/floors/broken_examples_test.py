#!/usr/bin/env python3
"""The check of the floors finds what it has to find: each broken example fails, each good one passes.

Arguments: the archiver's `nm`, then the C++ compiler's command.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import pathlib
import subprocess
import sys
import tempfile
import unittest

import floors

NM = sys.argv[1]
COMPILER = sys.argv[2:]

GOOD = [
    ("lib/core/a.cpp", '#include "core/a.h"'),
    ("lib/core/a.cpp", "#include <chrono>"),
    ("lib/core/a.cpp", "#include <tl/expected.hpp>"),
    ("lib/core/a.cpp", '#include "schemas/peer_generated.h"'),
    ("lib/core/a.cpp", "#include <flatbuffers/flatbuffers.h>"),
    ("lib/media/a.cpp", "#include <glib.h>\nauto* uri = g_uri_parse(text, G_URI_FLAGS_NONE, 0);"),
    ("lib/service/a.h", '#include "service/b.h"'),
    ("lib/net/a.cpp", "#include <libsoup/soup.h>\n#include <mutex>\n#include <sys/socket.h>"),
    ("lib/net/a.cpp", "#include <gst/sdp/gstsdpmessage.h>"),
    ("lib/sim/a.cpp", '#include "core/swarm.h"'),
    ("lib/viewer/a.cpp", '#include "net/timer.h"\n#include "core/swarm.h"\n#include <glib.h>'),
    ("lib/viewer/uninstalled/p2plive/viewer.h", '#include "../../viewer.h"'),
    ("gst/a.cpp", '#include "viewer/viewer.h"\n#include <gst/base/gstpushsrc.h>'),
    ("tools/a.cpp", '#include "net/timer.h"\n#include "processes/services.h"'),
    ("examples/a.cpp", "#include <p2plive/viewer.h>\n#include <iostream>"),
]

BAD = [
    ("lib/core/a.cpp", '#include "net/timer.h"'),
    ("lib/core/a.cpp", '#include "media/playlist.h"'),
    ("lib/core/a.cpp", '#include "core/../net/timer.h"'),
    ("lib/core/a.cpp", "#include <thread>"),
    ("lib/core/deeper/a.h", "  #  include <mutex>"),
    ("lib/core/a.cpp", "#include <condition_variable>"),
    ("lib/core/a.cpp", "#include <fstream>"),
    ("lib/core/a.cpp", "#include <iostream>"),
    ("lib/core/a.cpp", "#include <cstdlib>"),
    ("lib/core/a.cpp", "#include <sys/socket.h>"),
    ("lib/core/a.cpp", "#include <glib.h>"),
    ("lib/core/a.cpp", "#include HIDDEN"),
    ("lib/core/a.cpp", '#include "timer.h"'),
    ("lib/media/a.cpp", '#include "core/ids.h"'),
    ("lib/media/a.cpp", "#include <gio/gio.h>\nauto* file = g_file_new_for_path(path);"),
    ("lib/media/a.cpp", "#include <glib.h>\nauto now = g_get_monotonic_time();"),
    ("lib/service/a.cpp", '#include "core/ids.h"'),
    ("lib/service/a.cpp", "#include <libsoup/soup.h>"),
    ("lib/net/a.cpp", '#include "core/swarm.h"'),
    ("lib/net/a.cpp", '#include "viewer/viewer.h"'),
    ("lib/net/a.cpp", "#include <gst/gst.h>"),
    ("lib/sim/a.cpp", '#include "net/timer.h"'),
    ("lib/sim/a.cpp", "#include <thread>"),
    ("lib/viewer/a.cpp", "#include <gst/gst.h>"),
    ("lib/viewer/viewer.h", '#include "core/ids.h"'),
    ("lib/viewer/viewer.h", "#include <glib.h>"),
    ("lib/viewer/uninstalled/p2plive/viewer.h", '#include "../../session.h"'),
    ("lib/cellar/a.cpp", ""),
    ("gst/a.cpp", '#include "core/swarm.h"'),
    ("gst/a.cpp", '#include "viewer/session.h"'),
    ("gst/a.cpp", "#include <libsoup/soup.h>"),
    ("examples/a.cpp", '#include "viewer/viewer.h"'),
    ("examples/a.cpp", "#include <libsoup/soup.h>"),
]

# Declared by hand, so that what is linked is what counts, not what is included.
BAD_C = ["socket", "connect", "clock_gettime", "time", "nanosleep", "pthread_create",
         "pthread_mutex_lock", "fopen", "open", "write", "getenv", "printf", "rand", "getrandom",
         "g_malloc", "g_get_monotonic_time", "soup_session_new"]
BAD_CPP = """
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>
long monotonic() { return std::chrono::steady_clock::now().time_since_epoch().count(); }
long wall() { return std::chrono::system_clock::now().time_since_epoch().count(); }
void start() { std::thread([] {}).detach(); }
void wake(std::condition_variable& condition) { condition.notify_all(); }
unsigned draw() { return std::random_device()(); }
bool there(const char* name) { return std::ifstream(name).good(); }
bool exists(const char* name) { return std::filesystem::exists(name); }
void say() { std::cout << 1; }
"""
CPP_SYMBOLS = ["steady_clock::now", "system_clock::now", "std::thread::", "condition_variable::",
               "random_device::", "ifstream", "filesystem::", "std::cout"]
GOOD_CPP = """
#include <atomic>
#include <charconv>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <string>
unsigned draw(std::mt19937& random) { return random(); }
std::string text(std::shared_ptr<std::map<int, std::string>> map) {
  return map->at(std::chrono::seconds(1).count()) + std::to_string(2.5);
}
"""


class Includes(unittest.TestCase):
    def check(self, name, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, name)
            pathlib.Path(folder, "lib").mkdir()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n", "utf-8")
            return floors.check_includes(folder)

    def test_good_ones_pass(self):
        for name, text in GOOD:
            with self.subTest(name=name, text=text):
                self.assertEqual(self.check(name, text), [])

    def test_broken_ones_fail(self):
        for name, text in BAD:
            with self.subTest(name=name, text=text):
                self.assertNotEqual(self.check(name, text), [])

    def test_the_command_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "lib", "core", "a.cpp")
            path.parent.mkdir(parents=True)
            path.write_text("#include <thread>\n", "utf-8")
            script = pathlib.Path(__file__).with_name("floors.py")
            run = subprocess.run([sys.executable, script, "includes", folder],
                                 capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 1)
            self.assertIn("lib/core/a.cpp:1: must not include thread", run.stdout)


class Symbols(unittest.TestCase):
    def check(self, source, floor="core"):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "example.cpp")
            path.write_text(source, "utf-8")
            built = path.with_suffix(".o")
            subprocess.run([*COMPILER, "-std=c++20", "-fno-builtin", "-c", path, "-o", built],
                           check=True)
            return floors.check_symbols(floor, NM, built)

    def test_good_ones_pass(self):
        self.assertEqual(self.check(GOOD_CPP), [])
        uri = 'extern "C" void g_uri_parse(); void f() { g_uri_parse(); }'
        self.assertEqual(self.check(uri, "media"), [])

    def test_c_functions_are_found(self):
        source = "".join(f'extern "C" void {name}(...);\n' for name in BAD_C)
        source += "void use() {\n" + "".join(f"  {name}(1);\n" for name in BAD_C) + "}\n"
        for floor in ("core", "media"):
            problems = self.check(source, floor)
            for name in BAD_C:
                with self.subTest(name=name, floor=floor):
                    self.assertTrue([it for it in problems if it.endswith(f": {name}")])

    def test_cpp_functions_are_found(self):
        problems = self.check(BAD_CPP)
        for name in CPP_SYMBOLS:
            with self.subTest(name=name):
                self.assertTrue([it for it in problems if name in it], problems)

    def test_an_empty_library_is_no_success(self):
        self.assertNotEqual(self.check("int nothing = 0;"), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
