// Keeps neighbours in step with what is here: differences in batches, the whole state to newcomers.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/messages.h"
#include "core/store.h"
#include "core/timeline.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace p2plive::core {

class HaveJournal {
public:
  /// How many near have a chunk already.
  enum class Spread {
    fresh,  ///< it comes from the CDN: others may be waiting for it
    rare,   ///< few
    common, ///< for most of them it is no news
  };
  /// A chunk was obtained: told in a batch, the sooner the more it is news.
  void gained(Time now, SequenceNumber sn, std::uint32_t chunk, Spread spread);
  /// Few wait for what a slow viewer got from others: that it tells in larger batches.
  void set_slow(bool slow) { slow_ = slow; }
  /// A segment's size became known.
  void sized(Time now, SequenceNumber sn);
  /// The playlist shows more: told a little later, for most others see it themselves.
  void listed(Time now);
  /// What this viewer can upload is another figure now.
  void uplink_changed(Time now);
  /// Everything noted of a segment is void.
  void forget(SequenceNumber sn);
  void clear();

  bool due(Time now) const { return now >= flush_at_; }
  /// When the next batch is full.
  Time wakeup() const { return flush_at_; }

  /// What is new since the last call.
  HaveMessage differences(const Store& store, const Timeline& timeline);
  /// Nothing new, only the ends of the window.
  static HaveMessage nothing(const Store& store, const Timeline& timeline);
  /// Everything.
  static HaveMessage state(const Store& store, const Timeline& timeline);

private:
  void note(Time at) { flush_at_ = std::min(flush_at_, at); }

  std::map<SequenceNumber, std::set<std::uint32_t>> pending_;
  Time flush_at_ = Time::max();
  bool slow_ = false;
};

} // namespace p2plive::core
