// Writes a viewer's lines to the run, from any thread.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "swarm/lines.h"

#include <mutex>

namespace p2plive::bench {

class Reporter {
public:
  /// `fd` stays the caller's.
  explicit Reporter(int fd) : fd_(fd) {}
  void tell(const std::string& line);

private:
  int fd_;
  std::mutex mutex_;
};

} // namespace p2plive::bench
