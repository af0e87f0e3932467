// The way between the two ends that ICE has chosen, for diagnosis.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/ice_candidate.h"

#include <cstdint>
#include <string>

namespace p2plive::net {

struct SelectedPath {
  struct End {
    IceCandidate::Type type{};
    std::string address; ///< numeric, as the other side of the network sees it
    std::uint16_t port = 0;
  };
  End local, remote;
};

} // namespace p2plive::net
