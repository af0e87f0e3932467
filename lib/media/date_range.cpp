// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/date_range.h"

#include "media/attribute_list.h"
#include "media/playlist_limits.h"

#include <algorithm>
#include <set>

namespace p2plive::media {

namespace {

std::string as_written(const Attribute& attribute) {
  std::string value(attribute.value);
  return attribute.quoted ? '"' + value + '"' : value;
}

std::set<std::string_view> split_at_tabs(std::string_view text) {
  std::set<std::string_view> parts;
  while (!text.empty()) {
    auto end = std::min(text.find('\t'), text.size());
    parts.insert(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

} // namespace

std::optional<DateRange> parse_date_range(std::string_view attributes) {
  DateRange range;
  while (auto attribute = take_attribute(attributes)) {
    auto [name, value, quoted] = *attribute;
    if (name == "ID")
      range.id = value;
    else if (name == "CLASS")
      range.class_name = value;
    else if (name == "START-DATE")
      range.start = parse_date_time(value);
    else if (name == "END-DATE")
      range.end = parse_date_time(value);
    else if (name == "DURATION")
      range.duration = parse_seconds(value);
    else if (name == "PLANNED-DURATION")
      range.planned_duration = parse_seconds(value);
    else if (name == "END-ON-NEXT")
      range.end_on_next = value == "YES";
    else if (name.starts_with("SCTE35-") || name.starts_with("X-"))
      range.others.emplace(name, as_written(*attribute));
  }
  if (range.id.empty())
    return std::nullopt;
  return range;
}

void complete(DateRange& range, const DateRange& other) {
  auto take = [](auto& to, const auto& from) {
    if (!to)
      to = from;
  };
  if (range.class_name.empty())
    range.class_name = other.class_name;
  take(range.start, other.start);
  take(range.end, other.end);
  take(range.duration, other.duration);
  take(range.planned_duration, other.planned_duration);
  range.end_on_next |= other.end_on_next;
  range.others.insert(other.others.begin(), other.others.end());
}

std::size_t text_of(const DateRange& range) {
  auto bytes = range.id.size() + range.class_name.size();
  for (const auto& [name, value] : range.others)
    bytes += name.size() + value.size();
  return bytes;
}

void DateRanges::carry_over(const std::vector<DateRange>& before, std::string_view removed) {
  auto gone = split_at_tabs(removed);
  for (const auto& range : before) {
    if (!gone.contains(range.id))
      add(range);
  }
}

void DateRanges::add(DateRange range) {
  auto bytes = text_of(range);
  auto known = index_.find(range.id);
  bool full = known == index_.end() && ranges_.size() >= max_date_ranges;
  if (full || bytes_ + bytes > max_date_range_bytes)
    return;
  bytes_ += bytes; // what a second tag only repeats counts as well
  if (known != index_.end())
    return complete(ranges_[known->second], range);
  index_.emplace(range.id, ranges_.size());
  ranges_.push_back(std::move(range));
}

} // namespace p2plive::media
