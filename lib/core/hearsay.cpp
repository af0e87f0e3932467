// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/hearsay.h"

#include "core/version.h"

#include <algorithm>

namespace p2plive::core {

namespace {

/// The same segment, as far as its version tells. Dates that a playlist does not repeat are
/// reckoned, and may differ by a millisecond from viewer to viewer.
bool same(const ToldEntry& a, const ToldEntry& b) {
  auto basis = [](const ToldEntry& entry) {
    return basis_of(
        {entry.sn, entry.duration, entry.discontinuity_sequence, entry.program_date_time});
  };
  return a.sn == b.sn && basis(a) == basis(b);
}

} // namespace

void Hearsay::note(const PeerId& by, const ToldEntry& entry) {
  auto before = std::ranges::find_if(
      told_, [&](const Told& told) { return told.by == by && told.entry.sn == entry.sn; });
  if (before != told_.end())
    before->entry = entry;
  else
    told_.push_back({by, entry});
}

std::optional<ToldEntry> Hearsay::agreed(SequenceNumber sn) const {
  for (const auto& one : told_) {
    if (one.entry.sn != sn)
      continue;
    auto say_so = std::ranges::count_if(
        told_, [&](const Told& other) { return same(one.entry, other.entry); });
    if (static_cast<std::size_t>(say_so) >= witnesses)
      return one.entry;
  }
  return {};
}

std::vector<PeerId> Hearsay::who_told(const ToldEntry& entry) const {
  std::vector<PeerId> who;
  for (const auto& told : told_)
    if (same(entry, told.entry))
      who.push_back(told.by);
  return who;
}

void Hearsay::forget(const PeerId& peer) {
  std::erase_if(told_, [&](const Told& told) { return told.by == peer; });
}

void Hearsay::forget_until(SequenceNumber sn) {
  std::erase_if(told_, [&](const Told& told) { return told.entry.sn <= sn; });
}

} // namespace p2plive::core
