// SPDX-License-Identifier: LGPL-2.1-or-later
#include "date_ranges.h"

#include <algorithm>
#include <utility>

namespace p2plive::gst {
namespace {

using std::chrono::microseconds;

void set_text(GstStructure* structure, const char* name, const std::string& text) {
  if (text.empty())
    return;
  GValue value = G_VALUE_INIT;
  g_value_init(&value, G_TYPE_STRING);
  g_value_take_string(&value, g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())));
  gst_structure_take_value(structure, name, &value);
}

void set_date(GstStructure* structure, const char* name, DateRange::Date date) {
  auto* value = gst_date_time_new_from_unix_epoch_utc_usecs(
      std::chrono::duration_cast<microseconds>(date.time_since_epoch()).count());
  if (!value)
    return;
  gst_structure_set(structure, name, GST_TYPE_DATE_TIME, value, nullptr);
  gst_date_time_unref(value);
}

void set_time(GstStructure* structure, const char* name, std::chrono::nanoseconds time) {
  if (time >= time.zero())
    gst_structure_set(structure, name, G_TYPE_UINT64, static_cast<guint64>(time.count()), nullptr);
}

/// As RFC 8216, 4.2 has it, and small letters.
bool is_name(const std::string& name) {
  return name.starts_with("X-") && std::ranges::all_of(name, [](char c) {
           return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

} // namespace

void DateRanges::add(DateRange range) {
  auto known = std::ranges::find(untold_, range.id, &DateRange::id);
  if (known != untold_.end()) {
    *known = std::move(range);
    return;
  }
  if (untold_.size() >= most_untold)
    untold_.pop_front();
  untold_.push_back(std::move(range));
}

void DateRanges::begin(const Buffer& buffer, const MediaTime::Place& place) {
  begun_ |= !buffer.init_section; // the segment behind that has the date
  if (place.segment)
    anchor_.reset();
  if (buffer.program_date_time)
    anchor_ = {*buffer.program_date_time, place.running, place.stream};
}

GstStructure* DateRanges::take() {
  if (!begun_ || untold_.empty())
    return nullptr;
  auto* structure = to_structure(untold_.front());
  untold_.pop_front();
  return structure;
}

GstStructure* DateRanges::to_structure(const DateRange& range) {
  auto* s = gst_structure_new_empty("p2plive-date-range");
  set_text(s, "id", range.id);
  set_text(s, "class", range.class_name);
  set_date(s, "start-date", range.start);
  if (range.end)
    set_date(s, "end-date", *range.end);
  if (range.duration)
    set_time(s, "duration", *range.duration);
  if (range.planned_duration)
    set_time(s, "planned-duration", *range.planned_duration);
  gst_structure_set(s, "end-on-next", G_TYPE_BOOLEAN, range.end_on_next, nullptr);
  set_text(s, "scte35-cmd", range.scte35_command);
  set_text(s, "scte35-out", range.scte35_out);
  set_text(s, "scte35-in", range.scte35_in);
  for (const auto& [name, value] : range.attributes)
    if (may_name(name))
      set_text(s, name.c_str(), value);
  add_times(s, range.start);
  return s;
}

void DateRanges::add_times(GstStructure* structure, DateRange::Date start) const {
  if (!anchor_)
    return;
  auto ahead = start - anchor_->date;
  set_time(structure, "running-time", anchor_->running + ahead);
  set_time(structure, "stream-time", anchor_->stream + ahead);
}

bool DateRanges::may_name(const std::string& name) {
  if (names_.contains(name))
    return true;
  if (!is_name(name) || name.size() > longest_name || names_.size() >= most_names)
    return false;
  names_.insert(name);
  return true;
}

} // namespace p2plive::gst
