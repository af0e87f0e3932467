// Where the media playlists of two variants show the same moment.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/counterpart.h"

#include "parse.h"

using namespace p2plive::media;

namespace {

struct Listed {
  std::uint64_t first = 100;
  unsigned segments = 6;
  int begins = 0; ///< seconds
  int seconds = 2;
  int off_by = 0; ///< milliseconds, of dates
  bool dates = true;
  bool inits = false;
  unsigned breaks_before = 99; ///< of its segments
  std::uint64_t breaks_gone = 0;

  MediaPlaylist read() const {
    std::string text = "#EXTM3U\n#EXT-X-TARGETDURATION:" + std::to_string(seconds) +
                       "\n#EXT-X-MEDIA-SEQUENCE:" + std::to_string(first) +
                       "\n#EXT-X-DISCONTINUITY-SEQUENCE:" + std::to_string(breaks_gone) + "\n";
    if (inits)
      text += "#EXT-X-MAP:URI=\"init.mp4\"\n";
    for (unsigned i = 0; i < segments; ++i) {
      if (i == breaks_before)
        text += "#EXT-X-DISCONTINUITY\n";
      if (dates) {
        char date[64];
        auto at = begins + static_cast<int>(i) * seconds;
        std::snprintf(date, sizeof date, "2026-01-01T12:%02d:%02d.%03dZ", at / 60, at % 60, off_by);
        text += "#EXT-X-PROGRAM-DATE-TIME:" + std::string(date) + "\n";
      }
      text += "#EXTINF:" + std::to_string(seconds) + ",\n" + std::to_string(i) + ".ts\n";
    }
    return parse(text);
  }
};

constexpr std::int64_t none = INT64_MIN;

std::int64_t offset(const Listed& from, const Listed& to) {
  return counterpart_offset(from.read(), to.read()).value_or(none);
}

} // namespace

// Rule: dates tell which segments go together, whatever their numbers, and whichever playlist is
// further.
GST_START_TEST(dates_tell) {
  fail_unless_equals_int64(offset({}, {}), 0);
  fail_unless_equals_int64(offset({}, {.first = 7}), -93);
  fail_unless_equals_int64(offset({}, {.first = 7, .begins = 4}), -95);
  fail_unless_equals_int64(offset({.begins = 4}, {.first = 700}), 602);
  fail_unless_equals_int64(offset({}, {.off_by = 90}), 0);
}
GST_END_TEST;

// Rule: segments that begin at other moments, or last longer, do not go together, nor do fewer than
// two.
GST_START_TEST(others_do_not_go_together) {
  fail_unless_equals_int64(offset({}, {.off_by = 500}), none);
  fail_unless_equals_int64(offset({}, {.begins = 1}), none);
  fail_unless_equals_int64(offset({}, {.seconds = 4}), none);
  fail_unless_equals_int64(offset({}, {.seconds = 3}), none);
  fail_unless_equals_int64(offset({}, {.begins = 10}), none);
  fail_unless_equals_int64(offset({}, {.begins = 8}), -4);
  fail_unless_equals_int64(offset({}, {.segments = 0}), none);
  fail_unless_equals_int64(offset({}, {.inits = true}), none);
  fail_unless_equals_int64(offset({.inits = true}, {.inits = true}), 0);
}
GST_END_TEST;

// Rule: without dates numbers tell, where all else is the same.
GST_START_TEST(numbers_tell_without_dates) {
  fail_unless_equals_int64(offset({.dates = false}, {.dates = false}), 0);
  fail_unless_equals_int64(offset({}, {.dates = false}), 0);
  fail_unless_equals_int64(offset({.dates = false}, {.first = 103, .dates = false}), 0);
  fail_unless_equals_int64(offset({.dates = false}, {.first = 7, .dates = false}), none);
  fail_unless_equals_int64(offset({.dates = false}, {.seconds = 3, .dates = false}), none);
  Listed broken{.dates = false, .breaks_before = 3};
  fail_unless_equals_int64(offset(broken, broken), 0);
  fail_unless_equals_int64(offset(broken, {.dates = false}), none);
  fail_unless_equals_int64(offset(broken, {.dates = false, .breaks_before = 3, .breaks_gone = 1}),
                           none);
}
GST_END_TEST;

static Suite* counterpart_suite() {
  auto* suite = suite_create("counterpart");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, dates_tell);
  tcase_add_test(tcase, others_do_not_go_together);
  tcase_add_test(tcase, numbers_tell_without_dates);
  return suite;
}

GST_CHECK_MAIN(counterpart)
