// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/date_time.h"

#include <algorithm>
#include <cstddef>

namespace p2plive::media {

namespace {

/// Reads from the front of a text; the first thing that does not fit makes it fail for good.
class Reader {
public:
  explicit Reader(std::string_view text) : text_(text) {}

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (text_.empty() || text_.front() < '0' || text_.front() > '9') {
        good_ = false;
        return 0;
      }
      value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    return value;
  }

  bool take(std::string_view any_of) {
    if (text_.empty() || any_of.find(text_.front()) == any_of.npos)
      return false;
    text_.remove_prefix(1);
    return true;
  }

  void need(std::string_view any_of) { good_ = take(any_of) && good_; }

  /// Decimals after the point, the first three of them as milliseconds.
  int milliseconds() {
    int value = 0;
    int unit = 100;
    while (good_ && !text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      value += digits(1) * unit;
      unit /= 10;
    }
    return value;
  }

  char front() const { return text_.empty() ? '\0' : text_.front(); }
  bool at_end() const { return text_.empty(); }
  bool good() const { return good_; }

private:
  std::string_view text_;
  bool good_ = true;
};

std::optional<std::chrono::minutes> read_zone(Reader& reader) {
  if (reader.at_end() || reader.take("Zz"))
    return std::chrono::minutes(0);
  int sign = reader.front() == '-' ? -1 : 1;
  reader.need("+-");
  int hours = reader.digits(2);
  int minutes = 0;
  if (!reader.at_end()) {
    reader.take(":");
    minutes = reader.digits(2);
  }
  if (!reader.good() || hours > 23 || minutes > 59)
    return std::nullopt;
  return sign * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
}

/// No stream is from outside of these; beyond 2262 nanoseconds would no longer fit into 64 bits.
bool is_sensible(std::chrono::year year) {
  return year >= std::chrono::year(1970) && year <= std::chrono::year(2200);
}

} // namespace

std::optional<WallTime> parse_date_time(std::string_view text) {
  using namespace std::chrono;
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  Reader reader(text);
  auto date_year = year(reader.digits(4));
  reader.need("-");
  auto date_month = month(static_cast<unsigned>(reader.digits(2)));
  reader.need("-");
  year_month_day date(date_year, date_month, day(static_cast<unsigned>(reader.digits(2))));
  reader.need("Tt ");
  int hour = reader.digits(2);
  reader.need(":");
  int minute = reader.digits(2);
  int second = 0;
  int fraction = 0;
  if (reader.take(":")) {
    second = std::min(reader.digits(2), 60);
    if (reader.take(".,"))
      fraction = reader.milliseconds();
  }
  auto zone = read_zone(reader);
  if (!zone || !reader.good() || !reader.at_end() || !date.ok() || !is_sensible(date_year) ||
      hour > 23 || minute > 59)
    return std::nullopt;
  return sys_days(date) + hours(hour) + minutes(minute) + seconds(std::min(second, 59)) +
         milliseconds(fraction) - *zone;
}

} // namespace p2plive::media
