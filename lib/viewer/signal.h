// What two viewers tell each other to get connected: one signalling message as a value.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ids.h"
#include "viewer/wire.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace p2plive::viewer {

struct Signal {
  enum class Kind { offer, answer, candidates, refuse };
  Kind kind{};
  core::Rid rid;
  core::PeerId from;
  core::PeerId to;
  std::uint64_t session = 0; ///< drawn by the offerer; names the attempt
  std::string sdp;           ///< offer, answer
  std::vector<std::string> candidates;
  std::string reason; ///< refuse
};

inline constexpr std::size_t longest_signal = 16 << 10; ///< bytes of a payload

Bytes encode(const Signal& signal);

/// None: no signal, or one with anything longer, more or other than a viewer sends. `payload` need
/// not be aligned.
std::optional<Signal> decode_signal(std::span<const std::uint8_t> payload);

/// The topic of a viewer's inbox.
std::string inbox_of(const core::PeerId& peer);

} // namespace p2plive::viewer
