// One viewer as a child process, and what it says.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/child_process.h"
#include "swarm/layout.h"
#include "swarm/options.h"
#include "swarm/records.h"

namespace p2plive::bench {

/// Where a viewer finds things.
struct Addresses {
  std::string stream; ///< URL of the playlist
  std::string index;  ///< URL of the index; empty: there are no services, the CDN is all
};

class ViewerProcess {
public:
  static tl::expected<ViewerProcess, std::string> start(unsigned number, const Options& options,
                                                        const Addresses& addresses,
                                                        const Layout& layout,
                                                        const std::filesystem::path& folder);

  const ViewerRecord& record() const { return record_; }
  ViewerRecord& record() { return record_; }
  bool alive() { return process_.alive(); }
  pid_t pid() const { return process_.pid(); }
  int output() const { return process_.output(); }

  /// Takes in what it has said.
  void read();
  /// Reads its use of the machine; to be called a few times a second.
  void measure();
  /// Asks it to leave (SIGTERM); it is gone a little later.
  void ask_to_leave();
  void kill(); ///< as a fault
  /// True once it is gone; then the record is complete.
  bool gone();
  /// Waits for its end, kills it after the deadline.
  void finish(std::chrono::milliseconds deadline);

private:
  void note_end();

  ViewerRecord record_;
  processes::ChildProcess process_;
  std::filesystem::path log_;
  std::string unread_;
  bool noted_ = false;
};

} // namespace p2plive::bench
