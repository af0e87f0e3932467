// How a viewer's process ends. What it is to the run is a matter of its signals and its output, so
// a shell stands for it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "processes/temporary_directory.h"
#include "swarm/lines.h"
#include "swarm/viewer_process.h"

#include <csignal>
#include <fstream>

#include <gst/check/gstcheck.h>

using namespace p2plive;
using namespace p2plive::bench;
using namespace std::chrono_literals;

namespace {

/// What the run notes of a viewer that does this, and is asked to leave if `asked`.
std::string trouble_of(const std::string& script, bool asked, bool has_spoken = false) {
  processes::TemporaryDirectory directory{"p2plive-viewer-process-test"};
  Layout layout;
  layout.viewer = directory / "viewer";
  std::ofstream(layout.viewer) << "#!/bin/sh\n" << script << "\nexec sleep 20\n";
  std::filesystem::permissions(layout.viewer, std::filesystem::perms::owner_all);
  auto viewer = ViewerProcess::start(1, {}, {}, layout, directory.path());
  fail_unless(viewer.has_value(), "%s", viewer ? "" : viewer.error().c_str());
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (has_spoken && viewer->record().samples.empty() && std::chrono::steady_clock::now() < until)
    viewer->read();
  if (asked)
    viewer->ask_to_leave();
  else
    ::kill(viewer->pid(), SIGTERM);
  viewer->finish(10s);
  return viewer->record().trouble;
}

const std::string speaks = "echo '" + line_of(Sample()) + "'";

} // namespace

// Rule: who is asked to leave in its first moments may die of it; later it has to leave in order.
// Who dies of it unasked has failed.
GST_START_TEST(asked_to_leave) {
  fail_unless(trouble_of("", true).empty());
  const auto later = trouble_of(speaks, true, true), unasked = trouble_of("", false);
  fail_unless(later.starts_with("killed by signal 15"), "%s", later.c_str());
  fail_unless(unasked.starts_with("killed by signal 15"), "%s", unasked.c_str());
}
GST_END_TEST;

static Suite* viewer_process_suite() {
  auto* suite = suite_create("viewer_process");
  auto* tcase = tcase_create("rules");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, asked_to_leave);
  return suite;
}

GST_CHECK_MAIN(viewer_process)
