// One process of the benchmark: a loop, and its ends of the connections.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "wire.h"

#include "net/ice_reserve.h"
#include "net/peer_connection.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace p2plive::bench {

using Clock = std::chrono::steady_clock;

/// Seconds of CPU that this process has used, all threads.
double cpu_seconds();
/// What of this process is in memory.
long resident_kb();
double seconds_since(Clock::time_point begin);

struct Link {
  std::unique_ptr<net::PeerConnection> connection;
  Clock::time_point began, opened;
  bool open = false;
  std::uint64_t received = 0; ///< bytes of messages
};

/// How the connections of a side gather.
struct Gathering {
  std::optional<net::StunServer> stun;
  std::size_t in_advance = 0; ///< transports
};

class Side {
public:
  Side(GMainContext* context, int socket, const Gathering& gathering);
  ~Side();

  /// Offers a further connection; its number is its place in `links`.
  void connect();
  std::size_t open_count() const { return open_count_; }
  /// As much has gathered in advance as was asked for.
  bool has_gathered() const { return reserve_->gathered() == gathering_.in_advance; }
  /// Whatever is not a description goes to the other side's `heard`.
  void say(const std::string& text) { wire_.say(text); }
  /// Runs the loop until `condition` holds. Ends the process when the other one is gone, when a
  /// connection is lost, or after two minutes: there is nothing to measure then.
  void run_until(const std::function<bool()>& condition);
  void run_for(std::chrono::duration<double> time);

  /// From here on `worst_gap_ms` is the longest time that a 5 ms timer was late.
  void watch_gaps();
  double worst_gap_ms() const { return worst_gap_ms_; }

  std::vector<Link> links;
  std::function<void(const std::string&)> heard = [](auto&) {};
  std::function<void(std::size_t)> drained = [](auto) {};

private:
  std::unique_ptr<net::PeerConnection> make(std::size_t number);
  void hear(const std::string& text);
  static int tick(void* self);

  GMainContext* context_;
  Gathering gathering_;
  std::shared_ptr<const net::Certificate> certificate_;
  std::shared_ptr<net::IceReserve> reserve_;
  std::size_t open_count_ = 0;
  Clock::time_point ticked_;
  double worst_gap_ms_ = 0;
  GSource* ticks_ = nullptr;
  Wire wire_;
};

} // namespace p2plive::bench
