// A STUN server as far away as one likes, in a process of its own.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <sys/types.h>

namespace p2plive::bench {

/// Answers `round_trip` after it was asked, until it is destroyed or this process ends. Forks, so
/// make it before threads.
class FarStun {
public:
  explicit FarStun(std::chrono::milliseconds round_trip);
  ~FarStun();
  FarStun(const FarStun&) = delete;
  FarStun& operator=(const FarStun&) = delete;

  std::uint16_t port() const { return port_; } ///< on 127.0.0.1; 0: there is none

private:
  std::uint16_t port_ = 0;
  pid_t process_ = -1;
};

} // namespace p2plive::bench
