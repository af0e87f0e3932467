// The date ranges of the playlist as messages for the application.
// Used on the streaming thread only.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media_time.h"
#include "viewer/viewer.h"

#include <gst/gst.h>

#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <string>

namespace p2plive::gst {

/// Holds them back until the first bytes go out: only then is it known where in the stream they
/// are.
class DateRanges {
public:
  static constexpr std::size_t most_untold = 1000;
  /// Names of attributes of the stream's own: GLib never forgets a name that was in a structure.
  static constexpr std::size_t most_names = 256;
  static constexpr std::size_t longest_name = 128;

  /// Of too many the last are kept.
  void add(DateRange range);
  /// This buffer goes out next.
  void begin(const Buffer& buffer, const MediaTime::Place& place);
  /// The next `p2plive-date-range`, for the caller to keep; null: none for now.
  GstStructure* take();

private:
  GstStructure* to_structure(const DateRange& range);
  void add_times(GstStructure* structure, DateRange::Date start) const;
  bool may_name(const std::string& name);

  /// A date, and where in the stream it is.
  struct Anchor {
    DateRange::Date date;
    MediaTime::Time running{};
    MediaTime::Time stream{};
  };

  bool begun_ = false;
  std::optional<Anchor> anchor_; ///< none: there is no date since the last break
  std::deque<DateRange> untold_;
  std::set<std::string> names_;
};

} // namespace p2plive::gst
