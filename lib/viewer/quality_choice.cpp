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

std::size_t QualityChoice::wanted(core::Time now, const QualityView& view) {
  if (view.current > 0 && runs_short(view)) {
    could_rise_since_.reset();
    return view.throughput ? carried(view) : view.current - 1;
  }
  bool highest = view.current + 1 >= view.bandwidths.size();
  bool carries =
      !highest && view.throughput &&
      *view.throughput >= needs_to_rise * static_cast<double>(view.bandwidths[view.current + 1]);
  if (!carries || view.starving || view.ahead < view.enough) {
    could_rise_since_.reset();
    return view.current;
  }
  if (!could_rise_since_)
    could_rise_since_ = now;
  bool proven = now - *could_rise_since_ >= std::max(proves_for, 2 * view.segment);
  return proven && now - switched_at_ >= rests ? view.current + 1 : view.current;
}

void QualityChoice::switched(core::Time now) {
  switched_at_ = now;
  could_rise_since_.reset();
}

} // namespace p2plive::viewer
