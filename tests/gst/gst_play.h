// gst-play-1.0 at a terminal of its own, with sinks that show nothing.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/child_process.h"
#include "processes/temporary_directory.h"

#include <chrono>
#include <functional>
#include <string>

namespace p2plive::tests {

class GstPlay {
public:
  explicit GstPlay(const std::string& uri);
  ~GstPlay();
  GstPlay(const GstPlay&) = delete;
  GstPlay& operator=(const GstPlay&) = delete;

  void press(char key);
  std::string output() const;
  /// The last position that it told, in seconds; -1: none so far.
  double position() const;
  /// False: it has ended, or not come to it by the deadline.
  bool wait(const std::function<bool()>& condition, std::chrono::milliseconds deadline);
  std::optional<processes::Ending> end(std::chrono::milliseconds deadline) {
    return process_.wait(deadline);
  }

private:
  processes::TemporaryDirectory directory_{"p2plive-gst-test"};
  int terminal_; ///< our end of it
  processes::ChildProcess process_;
};

} // namespace p2plive::tests
