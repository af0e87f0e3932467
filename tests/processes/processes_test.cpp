// SPDX-License-Identifier: LGPL-2.1-or-later
#include "processes/child_process.h"
#include "processes/free_port.h"
#include "processes/services.h"
#include "processes/temporary_directory.h"

#include <gst/check/gstcheck.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sys/wait.h>

using namespace p2plive::processes;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

static ChildProcess spawn(std::vector<std::string> argv, const fs::path& log = {}) {
  SpawnOptions options;
  options.argv = std::move(argv);
  options.log = log;
  auto child = ChildProcess::spawn(options);
  fail_unless(child.has_value(), "%s", child ? "" : child.error().c_str());
  return std::move(*child);
}

static std::string contents(const fs::path& file) {
  std::ifstream in(file);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

static bool gone(pid_t pid) {
  return ::kill(pid, 0) != 0;
}

/// Runs a shell command, for what only another program can tell.
static std::string output_of(const std::string& command, const fs::path& scratch) {
  auto file = scratch / "command-output";
  fs::remove(file);
  auto child = spawn({"sh", "-c", command}, file);
  fail_unless(child.wait(10s).has_value());
  return contents(file);
}

// Rule: how a program ended is told, code and signal apart.
GST_START_TEST(endings_are_told) {
  auto code = spawn({"sh", "-c", "exit 3"});
  auto ended = code.wait(5s);
  fail_unless(ended && ended->exit_code == 3 && !ended->ok());
  auto signal = spawn({"sleep", "60"});
  fail_unless(signal.alive());
  fail_unless(signal.kill().signal == SIGKILL);
  fail_if(signal.alive());
}
GST_END_TEST;

// Rule: a program that is not there is an error with its name, not a child that ends.
GST_START_TEST(a_missing_program_is_an_error) {
  SpawnOptions options;
  options.argv = {"p2plive-no-such-program"};
  auto child = ChildProcess::spawn(options);
  fail_if(child.has_value());
  fail_unless(child.error().find("p2plive-no-such-program") != std::string::npos);
}
GST_END_TEST;

// Rule: waiting has a deadline.
GST_START_TEST(waiting_has_a_deadline) {
  auto child = spawn({"sleep", "60"});
  fail_if(child.wait(50ms).has_value());
}
GST_END_TEST;

// Rule: who ignores SIGTERM is killed after the grace.
GST_START_TEST(grace_ends) {
  TemporaryDirectory scratch("p2plive-test");
  auto child = spawn({"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"},
                     scratch / "log");
  fail_unless(wait_for_line(child, scratch / "log", "ready", 5s).has_value());
  fail_unless(child.terminate(100ms).signal == SIGKILL);
}
GST_END_TEST;

// Rule: the destructor ends the child.
GST_START_TEST(the_destructor_ends_it) {
  pid_t pid;
  {
    auto child = spawn({"sleep", "60"});
    pid = child.pid();
    fail_if(gone(pid));
  }
  fail_unless(gone(pid));
}
GST_END_TEST;

// Rule: a child dies with its parent, even when that is killed with SIGKILL.
GST_START_TEST(children_die_with_a_killed_parent) {
  int ends[2];
  fail_unless(pipe(ends) == 0);
  auto parent = fork();
  if (parent == 0) {
    auto child = spawn({"sleep", "60"});
    auto pid = child.pid();
    if (write(ends[1], &pid, sizeof pid) != sizeof pid)
      _exit(1);
    for (;;)
      pause();
  }
  pid_t grandchild = 0;
  fail_unless(read(ends[0], &grandchild, sizeof grandchild) == sizeof grandchild);
  fail_if(gone(grandchild));
  ::kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  auto until = std::chrono::steady_clock::now() + 5s;
  // A zombie nobody reaps counts as ended: its state is Z.
  auto ended = [&] {
    auto state = contents("/proc/" + std::to_string(grandchild) + "/stat");
    return state.empty() || state.find(") Z ") != std::string::npos;
  };
  while (!ended() && std::chrono::steady_clock::now() < until)
    g_usleep(10000);
  fail_unless(ended());
  close(ends[0]);
  close(ends[1]);
}
GST_END_TEST;

// Rule: folders of runs that were killed are removed by the next run; those of living ones stay.
GST_START_TEST(stale_folders_are_removed) {
  auto base = fs::temp_directory_path();
  auto stale = base / "p2plive-stale-1-aaaaaa";
  auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  TemporaryDirectory living("p2plive-stale");
  fs::create_directories(stale / "inside");
  fs::last_write_time(stale, long_ago);
  fs::last_write_time(living.path(), long_ago);
  fs::path own;
  {
    TemporaryDirectory directory("p2plive-stale");
    own = directory.path();
    fail_unless(fs::is_directory(own));
    fail_if(fs::exists(stale));
    fail_unless(fs::exists(living.path()));
  }
  fail_if(fs::exists(own));
}
GST_END_TEST;

// Rule: standard output of a child can be read as it comes.
GST_START_TEST(output_is_piped) {
  SpawnOptions options;
  options.argv = {"sh", "-c", "echo hello"};
  options.pipe_output = true;
  auto child = ChildProcess::spawn(options);
  fail_unless(child.has_value());
  fail_unless(child->wait(5s).has_value());
  char text[16] = {};
  fail_unless_equals_int(read(child->output(), text, sizeof text), 6);
  fail_unless_equals_string(text, "hello\n");
}
GST_END_TEST;

/// Listening at 127.0.0.1 and nowhere else; 0100007F is that as /proc writes it.
/// While others' sockets come and go the kernel leaves some out of the list: it is read some times.
static bool on_loopback_only(std::uint16_t port) {
  char port_hex[8];
  g_snprintf(port_hex, sizeof port_hex, ":%04X", port);
  std::string sockets;
  for (int i = 0; i < 10; ++i)
    sockets += contents("/proc/net/tcp") + contents("/proc/net/tcp6");
  auto listening = [&](const std::string& address, const std::string& remote) {
    return sockets.find(address + port_hex + " " + remote + " 0A") != std::string::npos;
  };
  return listening("0100007F", "00000000:0000") && !listening("00000000", "00000000:0000") &&
         !listening(std::string(32, '0'), std::string(32, '0') + ":0000");
}

// Rule: mosquitto starts from the shipped configuration, on loopback only, answers also as a
// WebSocket server, and starts again on the same port.
GST_START_TEST(mosquitto_answers) {
  TemporaryDirectory scratch("p2plive-test");
  auto service = start_mosquitto({scratch.path()});
  fail_unless(service.has_value(), "%s", service ? "" : service.error().c_str());
  fail_unless(tcp_answers(service->port));
  fail_unless(on_loopback_only(service->port) && on_loopback_only(service->websocket_port));
  auto upgrade =
      output_of("curl -sS -m 1 -o /dev/null -D - -H 'Connection: Upgrade' -H 'Upgrade: "
                "websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Protocol: "
                "mqtt' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' http://127.0.0.1:" +
                    std::to_string(service->websocket_port) + "/mqtt; true",
                scratch.path());
  fail_unless(upgrade.find(" 101 ") != std::string::npos, "%s", upgrade.c_str());
  auto port = service->port;
  service->process.kill();
  fail_if(tcp_answers(port));
  auto again = start_mosquitto({scratch.path(), port});
  fail_unless(again.has_value(), "%s", again ? "" : again.error().c_str());
  fail_unless_equals_int(again->port, port);
}
GST_END_TEST;

// Rule: coturn answers STUN binding requests.
GST_START_TEST(coturn_answers) {
  TemporaryDirectory scratch("p2plive-test");
  auto service = start_coturn({scratch.path()});
  fail_unless(service.has_value(), "%s", service ? "" : service.error().c_str());
  fail_unless(stun_answers(service->port, 2s));
  service->process.kill();
  fail_if(stun_answers(service->port, 200ms));
}
GST_END_TEST;

// Rule: nginx serves the folder and logs who got how much of what.
GST_START_TEST(nginx_serves_and_logs) {
  TemporaryDirectory scratch("p2plive-test");
  fs::create_directory(scratch / "root");
  std::ofstream(scratch / "root/a.ts") << std::string(1000, 'x');
  std::ofstream(scratch / "root/live.m3u8") << "#EXTM3U\n";
  NginxOptions options;
  options.directory = scratch.path();
  options.root = scratch / "root";
  options.locations = "location = /teapot { return 418; }";
  auto service = start_nginx(options);
  fail_unless(service.has_value(), "%s", service ? "" : service.error().c_str());
  auto head =
      output_of("curl -sS -A viewer-7 -r 100-199 -D - -o /dev/null " + service->url() + "a.ts ",
                scratch.path());
  fail_unless(head.find(" 206 ") != std::string::npos, "%s", head.c_str());
  fail_unless(head.find("video/mp2t") != std::string::npos);
  head = output_of("curl -sS -D - " + service->url() + "live.m3u8", scratch.path());
  fail_unless(head.find("application/vnd.apple.mpegurl") != std::string::npos, "%s", head.c_str());
  fail_unless(head.find("no-cache") != std::string::npos);
  head = output_of("curl -sS -D - " + service->url() + "teapot", scratch.path());
  fail_unless(head.find(" 418 ") != std::string::npos, "%s", head.c_str());
  auto log = contents(service->directory / "access.log");
  auto line = log.substr(0, log.find('\n'));
  fail_unless(line.find("\tGET\t/a.ts\t206\t100\tbytes=100-199\tbytes 100-199/1000\tviewer-7\t") !=
                  std::string::npos,
              "%s", line.c_str());
}
GST_END_TEST;

// Rule: a server block of the test's own replaces the shipped one.
GST_START_TEST(nginx_takes_other_servers) {
  TemporaryDirectory scratch("p2plive-test");
  NginxOptions options;
  options.directory = scratch.path();
  options.root = scratch.path();
  options.complete_servers = "server { listen 127.0.0.1:@PORT@; return 200 'other'; }";
  auto service = start_nginx(options);
  fail_unless(service.has_value(), "%s", service ? "" : service.error().c_str());
  auto body = output_of("curl -sS " + service->url(), scratch.path());
  fail_unless_equals_string(body.c_str(), "other");
}
GST_END_TEST;

// Rule: a service that cannot start says why, with the end of its log.
GST_START_TEST(a_failed_start_says_why) {
  TemporaryDirectory scratch("p2plive-test");
  NginxOptions options;
  options.directory = scratch.path();
  options.root = scratch.path();
  options.locations = "no_such_directive on;";
  auto service = start_nginx(options);
  fail_if(service.has_value());
  fail_unless(service.error().find("no_such_directive") != std::string::npos, "%s",
              service.error().c_str());
}
GST_END_TEST;

static Suite* processes_suite() {
  auto* suite = suite_create("processes");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, endings_are_told);
  tcase_add_test(tcase, a_missing_program_is_an_error);
  tcase_add_test(tcase, waiting_has_a_deadline);
  tcase_add_test(tcase, grace_ends);
  tcase_add_test(tcase, the_destructor_ends_it);
  tcase_add_test(tcase, children_die_with_a_killed_parent);
  tcase_add_test(tcase, stale_folders_are_removed);
  tcase_add_test(tcase, output_is_piped);
  tcase_add_test(tcase, mosquitto_answers);
  tcase_add_test(tcase, coturn_answers);
  tcase_add_test(tcase, nginx_serves_and_logs);
  tcase_add_test(tcase, nginx_takes_other_servers);
  tcase_add_test(tcase, a_failed_start_says_why);
  return suite;
}

GST_CHECK_MAIN(processes)
