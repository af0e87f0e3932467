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

constexpr std::int64_t apart = INT64_MIN, little = INT64_MAX;

std::int64_t offset(const Listed& from, const Listed& to) {
  auto found = counterpart_offset(from.read(), to.read());
  return found ? *found : found.error() == Misfit::apart ? apart : little;
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

// Rule: segments that begin at other moments, or last longer, do not go together; of fewer than two
// that is not known.
GST_START_TEST(others_do_not_go_together) {
  fail_unless_equals_int64(offset({}, {.off_by = 500}), apart);
  fail_unless_equals_int64(offset({}, {.begins = 1}), apart);
  fail_unless_equals_int64(offset({}, {.seconds = 4}), apart);
  fail_unless_equals_int64(offset({}, {.seconds = 3}), apart);
  fail_unless_equals_int64(offset({}, {.begins = 10}), little);
  fail_unless_equals_int64(offset({}, {.begins = 60}), little);
  fail_unless_equals_int64(offset({.begins = 60}, {}), little);
  fail_unless_equals_int64(offset({}, {.begins = 8}), -4);
  fail_unless_equals_int64(offset({}, {.segments = 0}), little);
  fail_unless_equals_int64(offset({}, {.inits = true}), apart);
  fail_unless_equals_int64(offset({.inits = true}, {.inits = true}), 0);
}
GST_END_TEST;

// Rule: without dates numbers tell, where all else is the same and both are equally far: an encoder
// that began later has other media under the same numbers.
GST_START_TEST(numbers_tell_without_dates) {
  fail_unless_equals_int64(offset({.dates = false}, {.dates = false}), 0);
  fail_unless_equals_int64(offset({}, {.dates = false}), 0);
  fail_unless_equals_int64(offset({.dates = false}, {.first = 102, .dates = false}), 0);
  fail_unless_equals_int64(offset({.dates = false}, {.first = 103, .dates = false}), apart);
  fail_unless_equals_int64(offset({.first = 103, .dates = false}, {.dates = false}), apart);
  fail_unless_equals_int64(offset({.dates = false}, {.seconds = 3, .dates = false}), apart);
  Listed broken{.dates = false, .breaks_before = 3};
  fail_unless_equals_int64(offset(broken, broken), 0);
  fail_unless_equals_int64(offset(broken, {.dates = false}), apart);
  fail_unless_equals_int64(offset(broken, {.dates = false, .breaks_before = 3, .breaks_gone = 1}),
                           apart);
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
