// The examples as a user runs them, from an installation. GST_CHECKS=NAME runs one test.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "stage.h"

#include <gst/check/gstcheck.h>

#include <cstdio>
#include <cstdlib>

namespace p2plive::tests {

using namespace std::chrono_literals;

Stage* stage = nullptr;

namespace {

template <typename Value>
Value or_die(tl::expected<Value, std::string> value) {
  if (!value) {
    std::fprintf(stderr, "%s\n", value.error().c_str());
    std::_Exit(1);
  }
  return std::move(*value);
}

} // namespace

// The encoder works while everything else is installed.
Stage::Stage() : installed_(folder_.path()) {
  start_services();
  stream_.wait_for_segments(4);
}

void Stage::start_services() {
  processes::ServiceOptions options;
  options.directory = folder_.path();
  mosquitto_ = or_die(processes::start_mosquitto(options));

  const auto log = folder_ / "server.log";
  processes::SpawnOptions spawn;
  spawn.argv = {installed_.program("p2plive-server"), "--listen", "127.0.0.1:0", "--mqtt",
                mosquitto_.address()};
  spawn.environment = installed_.environment();
  spawn.log = log;
  server_ = or_die(processes::ChildProcess::spawn(spawn));
  const auto line = or_die(processes::wait_for_line(server_, log, "listening on http://", 10s));
  const auto at = line.find("http://");
  index_ = line.substr(at, line.find(' ', at) - at);
}

} // namespace p2plive::tests

using namespace p2plive::tests;

int main(int argc, char** argv) {
  gst_check_init(&argc, &argv);
  Stage on_stack;
  stage = &on_stack;
  auto* suite = suite_create("examples");
  for (auto* tcase : {play_tests(), pipelines_tests(), record_tests(), seed_tests(),
                      transcode_tests(), relay_tests()})
    suite_add_tcase(suite, tcase);
  return gst_check_run_suite(suite, "examples", __FILE__);
}
