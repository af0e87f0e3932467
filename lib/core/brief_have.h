// Most haves in few bytes: names and gains one after another (News and Name in schemas/peer.fbs).
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/messages.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace p2plive::core {

/// None: the have says more than these structs can.
std::optional<std::vector<std::uint8_t>> encode_brief_have(const HaveMessage& have);

/// None: a protocol error; `reason` says which, where it is a particular one.
std::optional<HaveMessage> decode_brief_have(std::span<const std::uint8_t> bytes,
                                             std::string& reason);

} // namespace p2plive::core
