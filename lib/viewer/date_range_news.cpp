// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/date_range_news.h"

#include <algorithm>
#include <utility>

namespace p2plive::viewer {

namespace {

std::string without_quotes(const std::string& text) {
  bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

} // namespace

DateRange to_public(const media::DateRange& range) {
  DateRange out;
  out.id = range.id;
  out.class_name = range.class_name;
  out.start = *range.start;
  out.end = range.end;
  out.duration = range.duration;
  out.planned_duration = range.planned_duration;
  out.end_on_next = range.end_on_next;
  for (const auto& [name, value] : range.others) {
    auto text = without_quotes(value);
    if (name == "SCTE35-CMD")
      out.scte35_command = std::move(text);
    else if (name == "SCTE35-OUT")
      out.scte35_out = std::move(text);
    else if (name == "SCTE35-IN")
      out.scte35_in = std::move(text);
    else if (name.starts_with("X-"))
      out.attributes.emplace(name, std::move(text));
  }
  return out;
}

void DateRangeNews::add(DateRange range) {
  auto untold = std::ranges::find(news_, range.id, &DateRange::id);
  if (untold != news_.end()) {
    *untold = std::move(range);
    return;
  }
  if (news_.size() >= most)
    news_.pop_front();
  news_.push_back(std::move(range));
}

DateRange DateRangeNews::take() {
  auto first = std::move(news_.front());
  news_.pop_front();
  return first;
}

} // namespace p2plive::viewer
