// What one viewer does to another that it must not do.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

namespace p2plive::core {

/// Anybody may offend now and then: two changes cross on the way, or two edges of a CDN disagree.
/// So an offence is forgotten in time, however long viewers stay together.
class Offences {
public:
  static constexpr unsigned most = 20; ///< at a time
  static constexpr Duration forgotten_after = 60s;

  /// One more. True: these are too many.
  bool note(Time now) {
    while (count_ > 0 && now - last_forgotten_ >= forgotten_after) {
      last_forgotten_ += forgotten_after;
      --count_;
    }
    if (count_ == 0)
      last_forgotten_ = now;
    return ++count_ > most;
  }

private:
  unsigned count_ = 0;
  Time last_forgotten_{};
};

} // namespace p2plive::core
