// Short swarms of two viewers that do not decode: the program from end to end, and every way to
// end.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "processes/services.h"
#include "processes/temporary_directory.h"
#include "swarm_run.h"

#include <gst/check/gstcheck.h>

#include <csignal>
#include <set>

using namespace p2plive::processes;
using namespace p2plive::tests;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A short one of two viewers that do not decode.
static ChildProcess swarm(const fs::path& folder, std::vector<std::string> options) {
  options.insert(options.begin(),
                 {"--viewers", "2", "--segment", "1", "--window", "5", "--no-decode"});
  return start_swarm(folder, std::move(options));
}

static bool ended(pid_t pid) {
  auto stat = contents("/proc/" + std::to_string(pid) + "/stat");
  return stat.empty() || stat.find(") Z ") != std::string::npos;
}

/// Children of a process, by the kernel's word, with their names.
static std::vector<std::pair<pid_t, std::string>> children(pid_t parent) {
  std::vector<std::pair<pid_t, std::string>> result;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    auto pid = static_cast<pid_t>(std::atoi(entry.path().filename().c_str()));
    auto stat = pid > 0 ? contents(entry.path() / "stat") : "";
    auto name = stat.find('('), name_end = stat.rfind(')');
    if (name_end == std::string::npos || std::atoi(stat.c_str() + name_end + 3) != parent)
      continue;
    result.emplace_back(pid, stat.substr(name + 1, name_end - name - 1));
  }
  return result;
}

/// Waits until both viewers run; everything that runs then.
static std::vector<std::pair<pid_t, std::string>> wait_for_viewers(ChildProcess& swarm,
                                                                   const fs::path& folder) {
  auto until = std::chrono::steady_clock::now() + 120s;
  while (swarm.alive() && std::chrono::steady_clock::now() < until) {
    auto running = children(swarm.pid());
    // The kernel keeps 15 characters of a name; six others run beside the two.
    auto viewers = std::count_if(running.begin(), running.end(), [](const auto& child) {
      return child.second == std::string("p2plive-swarm-viewer").substr(0, 15);
    });
    if (viewers == 2 && running.size() >= 7)
      return running;
    swarm.wait(50ms);
  }
  fail("no viewers: %s", contents(folder / "log").c_str());
  return {};
}

static void expect_all_gone(const std::vector<std::pair<pid_t, std::string>>& running) {
  auto until = std::chrono::steady_clock::now() + 5s;
  for (const auto& [pid, name] : running) {
    while (!ended(pid) && std::chrono::steady_clock::now() < until)
      g_usleep(20000);
    fail_unless(ended(pid), "%s is alive", name.c_str());
  }
}

// Rule: a swarm plays, shares, and hands out, byte for byte, what the CDN serves; the CDN's log and
// the viewers agree; nothing is left behind.
GST_START_TEST(a_short_swarm_plays) {
  TemporaryDirectory folder("p2plive-test");
  auto run = swarm(folder.path(), {"--seconds", "16", "--steady", "6", "--verify"});
  fail_unless(run.wait(200s).has_value());
  auto log = contents(folder / "log");
  fail_unless(figure(folder.path(), "verified_viewers") == "2", "%s", log.c_str());
  fail_unless(figure(folder.path(), "verify_faults") == "[]", "%s", log.c_str());
  fail_unless(std::atof(figure(folder.path(), "cdn_segment_bytes").c_str()) > 1e6);
  fail_unless(std::atof(figure(folder.path(), "peer_bytes").c_str()) > 0, "nothing shared: %s",
              log.c_str());
  fail_unless(log.find("failed") == std::string::npos, "%s", log.c_str());
  fail_unless(log.find("The CDN sent the stream") != std::string::npos, "%s", log.c_str());
  fail_unless(fs::is_empty(folder / "tmp"));
}
GST_END_TEST;

// Rule: when the program is killed, all it had started is gone within seconds, and its folder with
// the next run.
GST_START_TEST(all_end_with_a_killed_program) {
  TemporaryDirectory folder("p2plive-test");
  auto run = swarm(folder.path(), {"--seconds", "60"});
  auto running = wait_for_viewers(run, folder.path());
  std::set<std::string> names;
  for (const auto& [pid, name] : running)
    names.insert(name);
  for (const char* name : {"ffmpeg", "nginx", "mosquitto", "turnserver", "p2plive-server"})
    fail_unless(names.count(name), "%s does not run", name);
  run.kill();
  expect_all_gone(running);
  fail_if(fs::is_empty(folder / "tmp"));
  // Folders of the last seconds are left alone; this one is not that new any more.
  for (const auto& left : fs::directory_iterator(folder / "tmp"))
    fs::last_write_time(left.path(), fs::file_time_type::clock::now() - 1h);
  auto next = swarm(folder.path(), {"--seconds", "60"});
  wait_for_viewers(next, folder.path());
  next.send_signal(SIGINT);
  fail_unless(next.wait(30s).has_value());
  fail_unless(fs::is_empty(folder / "tmp"));
}
GST_END_TEST;

// Rule: Ctrl-C ends everything in order and reports what was measured; a viewer that somebody else
// killed is named.
GST_START_TEST(an_interrupted_run_reports) {
  TemporaryDirectory folder("p2plive-test");
  auto run = swarm(folder.path(), {"--seconds", "60"});
  auto running = wait_for_viewers(run, folder.path());
  for (const auto& [pid, name] : running)
    if (name.rfind("p2plive-swarm-", 0) == 0) {
      ::kill(pid, SIGKILL);
      break;
    }
  run.send_signal(SIGINT);
  auto how = run.wait(30s);
  fail_unless(how && how->exit_code == 1);
  expect_all_gone(running);
  auto why = contents(folder / "figures.json");
  fail_unless(why.find("it was interrupted") != std::string::npos, "%s", why.c_str());
  fail_unless(why.find("viewer-1 failed") != std::string::npos ||
                  why.find("viewer-2 failed") != std::string::npos,
              "%s", why.c_str());
  fail_unless(contents(folder / "log").find("killed by signal 9") != std::string::npos);
}
GST_END_TEST;

// Rule: what cannot be asked ends with 2 and a sentence.
GST_START_TEST(wrong_options_are_told) {
  TemporaryDirectory folder("p2plive-test");
  auto run = swarm(folder.path(), {"--churn", "9:1"});
  auto how = run.wait(20s);
  fail_unless(how && how->exit_code == 2);
  fail_unless(contents(folder / "log").find("--churn") != std::string::npos);
}
GST_END_TEST;

static Suite* live_suite() {
  auto* suite = suite_create("live");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 300);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_short_swarm_plays);
  tcase_add_test(tcase, all_end_with_a_killed_program);
  tcase_add_test(tcase, an_interrupted_run_reports);
  tcase_add_test(tcase, wrong_options_are_told);
  return suite;
}

GST_CHECK_MAIN(live)
