// Real viewers in a small internet, with everything that a swarm needs, and an ear at the broker.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "internet.h"
#include "speaker.h"

#include "net/loop.h"
#include "net/mqtt_client.h"
#include "viewer/live_stream.h"
#include "viewer/signal.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace p2plive::test {

/// The last that a viewer has said.
struct Report {
  unsigned peers = 0;
  std::uint64_t cdn = 0, peer = 0, segments = 0, starved = 0, flaws = 0;
  std::string id;
};

class Spectator {
public:
  Spectator(const NetworkNamespace& where, const std::string& uri, const std::string& index_uri,
            const std::filesystem::path& log);

  /// False: it has ended.
  bool listen();
  const Report& report() const { return report_; }

private:
  Speaker speaker_;
  Report report_;
};

/// One signal that went through the broker.
struct Overheard {
  std::chrono::steady_clock::time_point when;
  viewer::Signal::Kind kind{};
  std::string from, to;
};

class Audience {
public:
  /// Returns when there is a window to share in. Throws std::runtime_error.
  Audience();

  Internet& internet() { return internet_; }
  Spectator& join(const NetworkNamespace& where);

  /// Listens to everybody until `condition` holds; false: `patience` was over before. Throws when a
  /// viewer ends.
  template <typename Condition>
  bool until(Condition condition, std::chrono::milliseconds patience) {
    auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition() && std::chrono::steady_clock::now() < deadline)
      listen();
    return condition();
  }

  const std::vector<Overheard>& signals() const { return signals_; }

private:
  void start_server();
  void listen();

  Internet internet_;
  std::unique_ptr<LiveStream> stream_;
  processes::ChildProcess server_;
  std::string index_uri_;
  std::vector<std::unique_ptr<Spectator>> spectators_;
  std::vector<Overheard> signals_;
  Loop loop_;
  std::unique_ptr<net::MqttClient> ear_;
};

} // namespace p2plive::test
