// SPDX-License-Identifier: LGPL-2.1-or-later
#include "play_once.h"

#include "pipeline.h"
#include "processes/child_process.h"
#include "processes/services.h"

#include <cstdlib>
#include <fstream>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

namespace p2plive::tests {
namespace {

using namespace std::chrono_literals;

/// A tracer that somebody still holds does not look for what is left: that is in its finalize.
int references_to_tracers() {
  auto* tracers = gst_tracing_get_active_tracers();
  int count = 0;
  for (auto* entry = tracers; entry; entry = entry->next)
    count += GST_OBJECT_REFCOUNT_VALUE(entry->data);
  g_list_free_full(tracers, gst_object_unref);
  return count;
}

int play(const char* description) {
  gst_init(nullptr, nullptr);
  const auto references = references_to_tracers();
  const char* how = "late";
  {
    Pipeline pipeline(description);
    pipeline.set_state(GST_STATE_PLAYING);
    const auto failed = [&] { return !pipeline.errors().empty(); };
    if (pipeline.wait([&] { return pipeline.ended() || failed(); }, 30s))
      how = failed() ? "failed" : "ended";
    for (const auto& sent : pipeline.sent())
      g_printerr("play-once: sent %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %zu%s\n",
                 sent.media_sequence, sent.offset, sent.size, sent.traced ? " traced" : "");
    g_printerr("play-once: told of %zu qualities and %zu date ranges\n",
               pipeline.qualities().size(), pipeline.date_ranges().size());
  }
  if (references_to_tracers() != references)
    g_error("play-once: somebody still holds a tracer");
  gst_deinit();
  g_printerr("play-once: %s\n", how);
  return 0;
}

} // namespace

std::vector<std::string> play_once(const std::string& description, const std::string& tracers,
                                   const std::filesystem::path& log, const std::string& how) {
  processes::SpawnOptions options;
  options.argv = {std::filesystem::read_symlink("/proc/self/exe"), "play-once", description};
  options.environment = {
      {"GST_TRACERS", tracers}, {"GST_DEBUG", "GST_TRACER:7"}, {"GST_DEBUG_NO_COLOR", "1"}};
  options.log = log;
  auto child = processes::ChildProcess::spawn(options);
  fail_unless(child.has_value());
  const auto ending = child->wait(40s);
  fail_unless(ending && ending->ok(), "%s", processes::log_tail(log).c_str());
  std::vector<std::string> lines;
  std::ifstream file(log);
  for (std::string line; std::getline(file, line);)
    lines.push_back(line);
  fail_unless(!lines.empty() && lines.back() == "play-once: " + how, "%s",
              processes::log_tail(log).c_str());
  return lines;
}

void fail_unless_nothing_alive(const std::vector<std::string>& log) {
  for (const auto& line : log) {
    const auto alive = line.find("object-alive, type-name=(string)");
    fail_if(alive != std::string::npos && line.find("%s") == std::string::npos, "%s", line.c_str());
  }
}

void be_the_player(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "play-once")
    std::exit(play(argv[2]));
}

} // namespace p2plive::tests
