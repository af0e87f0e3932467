// What the swarm's CDN does when it is told to misbehave.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "processes/services.h"
#include "processes/temporary_directory.h"
#include "swarm/cdn_faults.h"

#include <gst/check/gstcheck.h>

#include <fstream>

using namespace p2plive::bench;
using namespace p2plive::processes;
using namespace std::chrono_literals;

namespace {

/// nginx with a file of half a second of the stream.
struct Cdn {
  static constexpr std::uint64_t bitrate = 800'000;

  TemporaryDirectory folder{"p2plive-test"};
  CdnFaults faults{folder.path(), bitrate};
  Service nginx;

  Cdn() {
    std::ofstream(folder / "segment.ts") << std::string(bitrate / 8 / 2, 'x');
    NginxOptions options;
    options.directory = options.root = folder.path();
    options.locations = faults.directives();
    auto started = start_nginx(options);
    fail_unless(started.has_value(), "%s", started ? "" : started.error().c_str());
    nginx = std::move(*started);
  }

  /// The status and the bytes that come within `seconds`, "200 50000".
  std::string answer(const char* seconds = "5") {
    SpawnOptions curl;
    curl.argv = {"curl",       "--silent", "--output",
                 "/dev/null",  "-w",       "%{http_code} %{size_download}\n",
                 "--max-time", seconds,    nginx.url() + "segment.ts"};
    curl.log = folder / "curl.log";
    std::filesystem::remove(curl.log);
    auto child = ChildProcess::spawn(curl);
    fail_unless(child && child->wait(10s));
    std::string line;
    std::getline(std::ifstream(curl.log) >> std::ws, line);
    return line;
  }
};

} // namespace

// Rule: each fault does what it says from its beginning to its end, and the same nginx goes on.
GST_START_TEST(faults_begin_and_end) {
  Cdn cdn;
  auto before = cdn.answer();
  fail_unless(before == "200 50000", "%s", before.c_str());
  auto during = [&](const char* fault, const char* seconds) {
    cdn.faults.begin(fault, cdn.nginx.process);
    auto said = cdn.answer(seconds);
    cdn.faults.end(fault, cdn.nginx.process);
    auto after = cdn.answer();
    fail_unless(after == "200 50000", "%s", after.c_str());
    return said;
  };
  fail_unless(during("cdn-errors", "5").starts_with("503 "));
  auto stalled = during("cdn-stalls", "0.3");
  fail_unless(stalled == "000 0", "%s", stalled.c_str());
  // An eighth of the stream's rate: what a second brings comes at once, the rest not so soon.
  auto slow = during("cdn-slow", "0.5");
  fail_unless(slow.starts_with("200 ") && std::stoi(slow.substr(4)) <= 25'000, "%s", slow.c_str());
}
GST_END_TEST;

static Suite* cdn_faults_suite() {
  auto* suite = suite_create("cdn_faults");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 30);
  tcase_add_test(tcase, faults_begin_and_end);
  return suite;
}

GST_CHECK_MAIN(cdn_faults)
