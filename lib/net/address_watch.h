// Tells when this machine's IP addresses have changed.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/timer.h"

#include <functional>
#include <string>
#include <vector>

namespace p2plive::net {

/// Lives on the context's thread. Looks once a second: GLib's own monitor belongs to whichever
/// thread of the process has asked for it first.
class AddressWatch {
public:
  using List = std::function<std::vector<std::string>()>;

  /// `changed` comes when the addresses are others than before, and there are some. `list`: from
  /// where they come, else from the system, without loopback.
  AddressWatch(GMainContext* context, std::function<void()> changed, List list = {});

private:
  void look();

  std::function<void()> changed_;
  List list_;
  std::vector<std::string> seen_;
  Timer timer_;
};

} // namespace p2plive::net
