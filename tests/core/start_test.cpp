// Where in the window playback begins.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core_test.h"
#include "virtual_cdn.h"

#include <memory>
#include <optional>

namespace {

/// The number of the oldest segment that is listed at the start, of twenty.
constexpr std::uint64_t oldest = 40 + 30;
constexpr Duration segment = VirtualCdn::segment;

struct Begins {
  std::optional<Duration> set;     ///< by the application
  std::optional<Duration> offered; ///< by the playlist

  std::unique_ptr<VirtualCdn> cdn() const {
    Settings settings;
    settings.start_offset = set;
    auto cdn = std::make_unique<VirtualCdn>(settings);
    cdn->lists = 20;
    cdn->start_offset = offered;
    return cdn;
  }

  /// Segments after the oldest with which it begins, at once.
  std::uint64_t with() const {
    auto begun = cdn();
    begun->run_for(2s);
    fail_if(begun->delivered.empty(), "it waits");
    return number(begun->delivered.front().sn) - oldest;
  }
};

double in_seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

} // namespace

// Rule: the application's word holds: from the beginning, or before the end, with the segment in
// which that lies; outside of the window with its first or its last one.
GST_START_TEST(the_applications_word) {
  fail_unless_equals_uint64(Begins{.set = 0s}.with(), 0);
  fail_unless_equals_uint64(Begins{.set = 3s}.with(), 1);
  fail_unless_equals_uint64(Begins{.set = 4s}.with(), 2);
  fail_unless_equals_uint64(Begins{.set = -4s}.with(), 18);
  fail_unless_equals_uint64(Begins{.set = -5s}.with(), 17);
  fail_unless_equals_uint64(Begins{.set = -24h}.with(), 0);
  fail_unless_equals_uint64(Begins{.set = 24h}.with(), 19);
  fail_unless_equals_uint64((Begins{.set = -5s, .offered = 0s}.with()), 17);
}
GST_END_TEST;

// Rule: the playlist's word holds where it is further from live than live-delay.
GST_START_TEST(the_playlists_word) {
  auto usual = Begins{}.with();
  fail_unless(usual >= 15 && usual <= 17, "%d", static_cast<int>(usual));
  fail_unless_equals_uint64(Begins{.offered = -20s}.with(), 10);
  fail_unless_equals_uint64(Begins{.offered = 6s}.with(), 3);
  fail_unless_equals_uint64(Begins{.offered = -2s}.with(), usual);
  fail_unless_equals_uint64(Begins{.offered = 39s}.with(), usual);
}
GST_END_TEST;

// Rule: the distance with which it begins is kept, further or nearer than live-delay: nothing is
// skipped to come to that.
GST_START_TEST(the_distance_is_kept) {
  for (auto offset : {-30s, 0s, -5s}) {
    auto cdn = Begins{.set = offset}.cdn();
    cdn->run_for(3s);
    auto first = cdn->swarm.statistics().delay;
    cdn->run_for(60s);
    auto later = cdn->swarm.statistics().delay;
    fail_unless(std::chrono::abs(later - first) < segment, "%.2f, then %.2f", in_seconds(first),
                in_seconds(later));
    auto wanted = offset == 0s ? 40s : -offset;
    fail_unless(std::chrono::abs(later - wanted) < segment, "%.2f", in_seconds(later));
    fail_unless(cdn->in_order());
    for (std::size_t i = 1; i < cdn->delivered.size(); ++i)
      fail_if(cdn->delivered[i].discontinuity);
    fail_unless_equals_uint64(cdn->swarm.statistics().starvations, 0);
  }
}
GST_END_TEST;

// Rule: who is late comes back to that distance, and not to live-delay.
GST_START_TEST(who_is_late_comes_back_to_it) {
  auto cdn = Begins{.set = -30s}.cdn();
  cdn->run_for(10s);
  cdn->fails = true;
  cdn->run_for(50s); // 30 s of them are here
  cdn->fails = false;
  cdn->run_for(30s);
  std::size_t skips = 0;
  for (const auto& deliver : cdn->delivered)
    skips += deliver.skipped > 0s;
  fail_unless_equals_uint64(skips, 1);
  auto delay = cdn->swarm.statistics().delay;
  fail_unless(delay > 30s - segment && delay < 30s + 2 * segment, "%.2f", in_seconds(delay));
}
GST_END_TEST;

// Rule: a stream that begins again is played at live-delay at the most: its beginning is not waited
// for.
GST_START_TEST(a_new_stream_begins_as_usual) {
  auto cdn = Begins{.set = 0s}.cdn();
  cdn->run_for(10s);
  cdn->began = cdn->now;
  cdn->first_number = 0;
  cdn->run_for(14s);
  fail_unless(number(cdn->delivered.back().sn) < 10, "it waits");
  auto delay = cdn->swarm.statistics().delay;
  fail_unless(delay < 8s + segment, "%.2f", in_seconds(delay));
}
GST_END_TEST;

static Suite* start_suite() {
  auto* suite = suite_create("start");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, the_applications_word);
  tcase_add_test(tcase, the_playlists_word);
  tcase_add_test(tcase, the_distance_is_kept);
  tcase_add_test(tcase, who_is_late_comes_back_to_it);
  tcase_add_test(tcase, a_new_stream_begins_as_usual);
  return suite;
}

GST_CHECK_MAIN(start)
