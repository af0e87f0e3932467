// Two nat-peer processes that try to connect, and what became of it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "internet.h"
#include "speaker.h"

#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace p2plive::test {

struct Outcome {
  bool connected = false;
  int milliseconds = 0;      ///< from the offer's beginning to the open channel
  std::string local, remote; ///< types of the chosen candidates, as the offerer sees them
  std::string family;        ///< "IPv4", "IPv6" or "link-local IPv6"
  /// From the open channel to the last byte, at the offerer and at the answerer.
  std::array<int, 2> transfer_milliseconds{};
  std::string reason; ///< where it did not connect
};

class Attempt {
public:
  /// Begins at once; each end sends `bytes`, 0: without end.
  Attempt(const Internet& internet, const NetworkNamespace& offerer,
          const NetworkNamespace& answerer, std::uint64_t bytes = 64 * 1024);

  /// Waits for the verdict. Connected means that both ends have received all that was sent (the
  /// first MiB of a flow without end).
  Outcome finish(std::chrono::milliseconds patience = std::chrono::seconds(20));

  /// Ends both; what was wrong with their ends, a sanitizer's complaint for instance; empty:
  /// nothing.
  std::string end();

  Speaker& offerer() { return *offerer_; }
  Speaker& answerer() { return *answerer_; }

private:
  std::filesystem::path log_;
  std::unique_ptr<Speaker> answerer_, offerer_;
};

} // namespace p2plive::test
