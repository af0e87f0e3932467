// The core of a viewer with the time at hand: whoever has news tells it here.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/swarm.h"
#include "viewer/now.h"

#include <functional>
#include <type_traits>
#include <utility>

namespace p2plive::viewer {

/// On the network thread. After each piece of news the owner's `pump` carries out what the core
/// wants done; news that arise while it does so are told without another pump inside the first.
class Mind {
public:
  Mind(const core::Settings& settings, std::function<void()> pump)
      : swarm_(now(), settings), pump_(std::move(pump)) {}

  /// tell(&core::Swarm::peer_closed, peer): the time is put in front. Nothing is told after
  /// leave().
  template <typename Result, typename... Parameters, typename... Arguments>
  Result tell(Result (core::Swarm::*event)(core::Time, Parameters...), Arguments&&... arguments) {
    if (left_)
      return Result();
    if constexpr (std::is_void_v<Result>) {
      (swarm_.*event)(now(), std::forward<Arguments>(arguments)...);
      pump_();
    } else {
      auto result = (swarm_.*event)(now(), std::forward<Arguments>(arguments)...);
      pump_();
      return result;
    }
  }

  void leave() {
    tell(&core::Swarm::leave);
    left_ = true;
  }

  core::Swarm& swarm() { return swarm_; }

private:
  core::Swarm swarm_;
  std::function<void()> pump_;
  bool left_ = false;
};

} // namespace p2plive::viewer
