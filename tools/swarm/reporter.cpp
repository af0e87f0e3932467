// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/reporter.h"

#include <cerrno>
#include <unistd.h>

namespace p2plive::bench {

void Reporter::tell(const std::string& line) {
  std::lock_guard lock(mutex_);
  std::string text = line + "\n";
  for (std::size_t done = 0; done < text.size();) {
    auto written = write(fd_, text.data() + done, text.size() - done);
    if (written > 0)
      done += static_cast<std::size_t>(written);
    else if (errno != EINTR)
      return; // The run is gone, and this process soon will be.
  }
}

} // namespace p2plive::bench
