// ToldEntry as the struct of the schema, and back.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/messages.h"

#include "schemas/peer_generated.h"

#include <optional>

namespace p2plive::core {

inline wire::Entry to_wire(const ToldEntry& entry) {
  auto date = entry.program_date_time.value_or(WallTime{}).time_since_epoch();
  return wire::Entry(wire::MessageKind::Entry, entry.program_date_time.has_value(),
                     entry.discontinuity_sequence,
                     static_cast<std::uint32_t>(entry.duration.count()), number(entry.sn),
                     static_cast<std::uint64_t>(date.count()));
}

/// None: no segment can be like that.
inline std::optional<ToldEntry> from_wire(const wire::Entry& entry) {
  ToldEntry out{SequenceNumber{entry.sequence_number()},
                std::chrono::milliseconds(entry.duration_ms()),
                entry.discontinuity_sequence(),
                {}};
  auto most = static_cast<std::uint64_t>(last_date.time_since_epoch().count());
  if (is_init(out.sn) || entry.program_date_time_ms() > most)
    return {};
  if (entry.dated())
    out.program_date_time = WallTime(std::chrono::milliseconds(entry.program_date_time_ms()));
  return out;
}

} // namespace p2plive::core
