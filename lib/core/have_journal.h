// Keeps neighbours in step with what is here: differences in batches, the whole state to newcomers.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/messages.h"
#include "core/store.h"
#include "core/timeline.h"

#include <map>
#include <optional>
#include <set>

namespace p2plive::core {

class HaveJournal {
public:
  /// A chunk was obtained: told soon, in a batch; sooner when it is `fresh` from the CDN, for then
  /// others may be waiting for it.
  void gained(Time now, SequenceNumber sn, std::uint32_t chunk, bool fresh);
  /// A segment's size became known.
  void sized(Time now, SequenceNumber sn);
  /// The playlist shows more: told at once.
  void listed(Time now);
  /// Everything noted of a segment is void.
  void forget(SequenceNumber sn) { pending_.erase(sn); }
  void clear() { pending_.clear(); }

  bool due(Time now) const { return now >= wakeup(); }
  /// When the next message is to be sent: when a batch is full, or to show that we are alive.
  Time wakeup() const;

  /// What is new since the last call.
  HaveMessage differences(Time now, const Store& store, const Timeline& timeline);
  /// Everything.
  static HaveMessage state(const Store& store, const Timeline& timeline);

private:
  void note(Time at);

  std::map<SequenceNumber, std::set<std::uint32_t>> pending_;
  Time flush_at_ = Time::max();
  Time sent_at_{};
};

} // namespace p2plive::core
