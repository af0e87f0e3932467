// What idle connections to Chromium take of our memory: interop-idle [FEW MANY]. Prints the slope
// of what is in memory, and the share of a core, from FEW connections to MANY (20 and 100).
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "chromium.h"
#include "many.h"
#include "random_id.h"
#include "scripts.h"

#include "../bench/side.h"
#include "../net/loop.h"
#include "processes/temporary_directory.h"

#include <cstdio>
#include <cstdlib>

using namespace p2plive;
using namespace std::chrono_literals;

namespace {

constexpr auto settling = 3s;

std::string options_of_the_other(const test::Meeting& meeting, std::uint16_t websocket_port) {
  return "{\"hold\":true,\"broker\":\"ws://127.0.0.1:" + std::to_string(websocket_port) +
         "\",\"self\":\"" + meeting.other.to_hex() + "\",\"other\":\"" + meeting.self.to_hex() +
         "\",\"rid\":\"" + meeting.rid.to_hex() + "\"}";
}

/// Resident kB with `count` connections open; 0: they do not open.
long with(test::Loop& loop, test::Many& many, std::size_t count) {
  while (many.open() < count) {
    many.connect();
    if (!loop.run_until([&] { return many.open() == many.begun() || !many.failure.empty(); },
                        30s) ||
        !many.failure.empty())
      return 0;
  }
  loop.run_for(settling);
  return many.failure.empty() ? bench::resident_kb() : 0;
}

bool measure(test::Loop& loop, test::Many& many, std::size_t few, std::size_t more) {
  auto before = with(loop, many, few);
  auto after = with(loop, many, more);
  if (before == 0 || after == 0) {
    std::fprintf(stderr, "a connection fails: %s\n", many.failure.c_str());
    return false;
  }
  auto cpu = bench::cpu_seconds();
  loop.run_for(settling);
  cpu = bench::cpu_seconds() - cpu;
  std::printf("{\"kb\": %.1f, \"core_share\": %.4f}\n", double(after - before) / double(more - few),
              cpu / std::chrono::duration<double>(settling).count());
  return true;
}

std::string run(std::size_t few, std::size_t more) {
  processes::TemporaryDirectory directory("p2plive-interop");
  test::Loop loop;
  processes::ServiceOptions options;
  options.directory = directory.path();
  auto broker = processes::start_mosquitto(options);
  if (!broker)
    return broker.error();
  processes::NginxOptions web;
  web.directory = directory.path();
  web.root = directory / "scripts";
  if (auto problem = test::make_scripts(web.root); !problem.empty())
    return problem;
  auto server = processes::start_nginx(web);
  if (!server)
    return server.error();
  test::Meeting meeting{broker->port, test::random_id<core::PeerId>(),
                        test::random_id<core::PeerId>(), test::random_id<core::Rid>(), true};
  test::Many many(loop.context(), meeting);
  if (!loop.run_until([&] { return many.ready(); }, 30s))
    return "our inbox does not open";
  processes::SpawnOptions spawn;
  std::unique_ptr<char, decltype(&g_free)> escaped(
      g_uri_escape_string(options_of_the_other(meeting, broker->websocket_port).c_str(), nullptr,
                          FALSE),
      g_free);
  spawn.argv =
      test::chromium(directory.path(), server->url() + "page.html#" + escaped.get(), false);
  spawn.log = directory / "other.log";
  spawn.environment = {{"HOME", directory.path().string()}};
  auto other = processes::ChildProcess::spawn(spawn);
  if (!other)
    return other.error();
  if (!loop.run_until([&] { return many.met(); }, 60s))
    return "Chromium does not come\n" + processes::log_tail(spawn.log);
  return measure(loop, many, few, more) ? "" : processes::log_tail(spawn.log);
}

} // namespace

int main(int argc, char** argv) {
  auto number = [&](int place, int otherwise) {
    return std::size_t(argc > place ? std::atoi(argv[place]) : otherwise);
  };
  auto problem = run(number(1, 20), number(2, 100));
  if (!problem.empty())
    std::fprintf(stderr, "%s\n", problem.c_str());
  return problem.empty() ? 0 : 1;
}
