// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/quality_choice.h"

#include <algorithm>

namespace p2plive::viewer {

namespace {

/// The highest below `from` that `throughput` carries; the lowest, if none.
std::size_t carried(const QualityView& view) {
  auto index = view.current;
  do
    --index;
  while (index > 0 && *view.throughput < QualityChoice::needs_to_stay *
                                             static_cast<double>(view.bandwidths[index]));
  return index;
}

void follow(std::optional<core::Time>& since, bool holds, core::Time now) {
  if (!holds)
    since.reset();
  else if (!since)
    since = now;
}

} // namespace

/// The link carries less than what is played, and what is ahead does not make up for it: it is
/// little, or the next segment would take longer. Where it is little on purpose, what is needed is
/// fetched in time as long as the link carries it.
bool QualityChoice::runs_short(const QualityView& view) const {
  if (!view.throughput)
    return view.starving;
  auto bandwidth = static_cast<double>(view.bandwidths[view.current]);
  if (*view.throughput >= needs_to_stay * bandwidth)
    return false;
  auto takes =
      std::chrono::duration<double>(view.segment) * bandwidth / std::max(*view.throughput, 1.0);
  bool too_late = !view.shared && takes > view.ahead - margin;
  return view.starving || view.ahead < view.enough || too_late;
}

/// The highest that the link is known to carry with room: by one step, but at first as far as that
/// goes.
std::size_t QualityChoice::carried_above(const QualityView& view) const {
  auto index = view.current;
  auto highest =
      std::min(switched_at_ ? index + 1 : view.bandwidths.size(), view.bandwidths.size() - 1);
  while (view.throughput && index < highest &&
         *view.throughput >= needs_to_rise * static_cast<double>(view.bandwidths[index + 1]))
    ++index;
  return index;
}

std::size_t QualityChoice::wanted(core::Time now, const QualityView& view) {
  bool low = view.current > 0 && !view.paused && runs_short(view);
  auto above = carried_above(view);
  bool carries = above > view.current;
  bool unknown = !view.throughput && view.current + 1 < view.bandwidths.size();
  bool well = !low && !view.paused && !view.starving && view.ahead >= view.enough &&
              view.behind <= most_behind;
  follow(carried_since_, well && carries, now);
  follow(well_since_, well && (carries || unknown), now);
  if (low)
    return view.throughput ? carried(view) : view.current - 1;
  auto proves = switched_at_ ? std::max(proves_for, 2 * view.segment) : proves_for;
  bool rested = !switched_at_ || now - *switched_at_ >= rests;
  if (carried_since_ && now - *carried_since_ >= proves && rested)
    return above;
  bool tries = well_since_ && now - *well_since_ >= tries_after && now >= try_from_;
  return tries ? view.current + 1 : view.current;
}

void QualityChoice::switched(core::Time now, bool down) {
  switched_at_ = now;
  carried_since_.reset();
  well_since_.reset();
  if (down)
    try_from_ = now + tries_again_after;
}

void QualityChoice::gave_up(core::Time now) {
  carried_since_.reset();
  well_since_.reset();
  try_from_ = now + tries_again_after;
}

} // namespace p2plive::viewer
