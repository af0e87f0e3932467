// The tracks of an init section, and where a segment of fragmented MP4 begins.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "boxes.h"
#include "fixtures.h"

#include "media/fmp4_probe.h"

#include <random>

using namespace p2plive::media;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t video = 1;
constexpr std::uint32_t audio = 2;
constexpr std::uint32_t captions = 3;

Fmp4Init three_tracks() {
  return {{{TrackId{video}, Fmp4Track::Kind::video, 90'000},
           {TrackId{audio}, Fmp4Track::Kind::audio, 48'000},
           {TrackId{captions}, Fmp4Track::Kind::other, 1000}}};
}

std::size_t tracks_in(const Bytes& traks) {
  auto init = probe_init(init_section(traks));
  return init ? init->tracks.size() : 0;
}

/// The time of one track's fragment, in that track's units.
std::optional<std::chrono::nanoseconds> time_of(std::uint32_t timescale, std::uint64_t units) {
  return probe_fragment({{{TrackId{7}, Fmp4Track::Kind::video, timescale}}}, moof(traf(7, units)));
}

} // namespace

// Rule: each track's id, kind and timescale are read, in both versions of the boxes.
GST_START_TEST(tracks_of_an_init_section) {
  for (int version : {0, 1}) {
    auto bytes =
        init_section(trak(video, 90'000, "vide", version) + trak(audio, 48'000, "soun", version) +
                     trak(captions, 1000, "subt", version));
    auto init = probe_init(bytes);
    fail_unless(init.has_value());
    fail_unless(*init == three_tracks());
  }
  auto init = three_tracks();
  fail_unless(init.find(TrackId{audio}) == &init.tracks[1]);
  fail_unless(init.find(TrackId{4}) == nullptr);
}
GST_END_TEST;

// Rule: a track that makes no sense is left out, and takes no other with it.
GST_START_TEST(tracks_that_make_no_sense) {
  auto good = trak(video, 90'000, "vide");
  auto tkhd = box("tkhd", after_dates(0, audio));
  auto mdhd = box("mdhd", after_dates(0, 48'000));
  fail_unless(tracks_in(good + trak(audio, 48'000, "soun")) == 2);
  fail_unless(tracks_in(trak(0, 48'000, "soun") + good) == 1);
  fail_unless(tracks_in(trak(audio, 0, "soun") + good) == 1);
  fail_unless(tracks_in(trak(audio, 48'000, "soun", 2) + good) == 1); // no such version
  fail_unless(tracks_in(box("trak", {}) + good) == 1);
  fail_unless(tracks_in(box("trak", tkhd) + good) == 1);
  fail_unless(tracks_in(box("trak", tkhd + box("mdia", mdhd)) + good) == 1);
  fail_unless(tracks_in(box("trak", tkhd + box("mdia", hdlr("soun"))) + good) == 1);
  fail_unless(tracks_in(box("trak", box("mdia", mdhd + hdlr("soun"))) + good) == 1);
  fail_unless(tracks_in(trak(audio, 0, "soun")) == 0);
  fail_if(probe_init(box("ftyp", text("iso6"))).has_value());
  // Of two with one id the first.
  auto twice = probe_init(init_section(good + trak(video, 1000, "soun")));
  fail_unless(twice && twice->tracks == std::vector{three_tracks().tracks[0]});
}
GST_END_TEST;

// Rule: however many tracks there are, only so many are kept.
GST_START_TEST(tracks_are_bounded) {
  Bytes traks;
  for (std::uint32_t id = 1; id <= max_fmp4_tracks + 10; ++id)
    traks = traks + trak(id, 1000, "soun");
  fail_unless(tracks_in(traks) == max_fmp4_tracks);
}
GST_END_TEST;

// Rule: sizes of 64 bits and "to the end" are understood; one that cannot be is the end.
GST_START_TEST(sizes_of_boxes) {
  auto init = three_tracks();
  auto segment = moof(traf(video, 90'000));
  auto body = Bytes(segment.begin() + 8, segment.end());
  auto large = number(1, 4) + text("moof") + number(16 + body.size(), 8) + body;
  fail_unless(probe_fragment(init, large) == 1s);
  fail_unless(
      probe_fragment(init, number(1, 4) + text("free") + number(20, 8) + Bytes(4) + large) == 1s);
  fail_unless(probe_fragment(init, number(0, 4) + text("moof") + body) == 1s);
  fail_if(probe_fragment(init, number(0, 4) + text("free") + segment).has_value());
  for (std::uint64_t size : {2, 7})
    fail_if(probe_fragment(init, number(size, 4) + text("free") + segment).has_value());
  for (std::uint64_t size : {std::uint64_t{0}, std::uint64_t{15}, ~std::uint64_t{}})
    fail_if(
        probe_fragment(init, number(1, 4) + text("free") + number(size, 8) + segment).has_value());
  // Larger than the box it lies in: ends where that ends, and what follows is not its own.
  auto greedy = box("moof", number(1000, 4) + text("traf") + tfhd(video));
  fail_if(probe_fragment(init, greedy + tfdt(90'000)).has_value());
  fail_unless(probe_fragment(init, box("moof", number(1000, 4) + text("traf") + tfhd(video) +
                                                   tfdt(90'000))) == 1s);
}
GST_END_TEST;

// Rule: decode times of 32 and of 64 bits; no other version is guessed at.
GST_START_TEST(versions_of_decode_times) {
  auto init = three_tracks();
  fail_unless(probe_fragment(init, moof(traf(video, 0xffff'ffff, 0))) == 47'721'858'833'333ns);
  fail_unless(probe_fragment(init, moof(traf(video, 0x1'0000'0000, 1))) == 47'721'858'844'444ns);
  fail_if(probe_fragment(init, moof(traf(video, 90'000, 2))).has_value());
}
GST_END_TEST;

// Rule: the picture's time counts wherever it stands, else the first that can be known.
GST_START_TEST(which_track) {
  auto init = three_tracks();
  auto sound = traf(audio, 48'000);       // 1 s
  auto picture = traf(video, 2 * 90'000); // 2 s
  auto words = traf(captions, 3 * 1000);  // 3 s
  fail_unless(probe_fragment(init, moof(sound + words + picture)) == 2s);
  fail_unless(probe_fragment(init, moof(picture + sound)) == 2s);
  fail_unless(probe_fragment(init, moof(picture + traf(video, 0))) == 2s);
  fail_unless(probe_fragment(init, moof(words + sound)) == 3s);
  fail_unless(probe_fragment(init, moof(traf(9, 1) + sound)) == 1s); // a track unheard of
  fail_if(probe_fragment(init, moof(traf(9, 1))).has_value());
  // A picture without a time does not hide the sound's.
  fail_unless(probe_fragment(init, moof(box("traf", tfhd(video)) + sound)) == 1s);
  fail_unless(probe_fragment(init, moof(box("traf", tfdt(90'000)) + sound)) == 1s);
  fail_if(probe_fragment({}, moof(picture)).has_value());
}
GST_END_TEST;

// Rule: whatever stands before the first moof is passed over; only that moof counts.
GST_START_TEST(what_stands_before_the_fragment) {
  auto init = three_tracks();
  Bytes before;
  for (auto type : {"styp", "sidx", "emsg", "prft", "free", "uuid"})
    before = before + box(type, Bytes(50));
  auto first = moof(traf(video, 90'000));
  auto second = moof(traf(video, 180'000));
  auto segment = before + first + box("mdat", Bytes(100)) + second;
  fail_unless(probe_fragment(init, segment) == 1s);
  fail_if(probe_fragment(init, cut(segment, before.size())).has_value());
  fail_if(probe_fragment(init, moof(traf(9, 0)) + second).has_value());
  fail_if(probe_fragment(init, box("free", Bytes(fmp4_probe_size)) + first).has_value());
}
GST_END_TEST;

// Rule: nanoseconds of any time and any timescale without overflow, rounded down; times too far
// off to reckon with are none.
GST_START_TEST(times_do_not_overflow) {
  constexpr std::uint64_t years_140 = std::chrono::seconds(max_fmp4_time).count();
  fail_unless(time_of(3, 2) == 666'666'666ns);
  fail_unless(time_of(0xffff'ffff, 0xffff'fffe) == 999'999'999ns);
  // 56 years after 1970, counted in 10 MHz and in nearly 2^32 Hz.
  fail_unless(time_of(10'000'000, 17'672'256'001'234'567) == 1'767'225'600'123'456'700ns);
  fail_unless(time_of(4'000'000'000, 7'068'902'400'000'000'001) == 1'767'225'600'000'000'000ns);
  fail_unless(time_of(1, years_140 - 1) == std::chrono::seconds(years_140 - 1));
  fail_if(time_of(1, years_140).has_value());
  fail_if(time_of(1, ~std::uint64_t{}).has_value());
  fail_unless(time_of(0xffff'ffff, ~std::uint64_t{}) == 4'294'967'297s);
}
GST_END_TEST;

// Rule: a segment may carry its own init section; what stands behind a fragment is none.
GST_START_TEST(segments_with_their_own_init_section) {
  auto init = init_section(trak(video, 90'000, "vide"));
  auto fragment = moof(traf(video, 90'000));
  fail_unless(carries_init(init + fragment));
  fail_unless(probe_init(init + fragment)->tracks.size() == 1);
  fail_unless(carries_init(box("moov", {})));
  fail_if(carries_init(fragment));
  fail_if(carries_init(fragment + init));
  fail_if(probe_init(fragment + init).has_value());
  fail_if(carries_init({}));
}
GST_END_TEST;

// Rule: cut bytes and noise do no harm; a cut says nothing or the same.
GST_START_TEST(any_bytes_are_safe) {
  auto init = init_section(trak(video, 90'000, "vide") + trak(audio, 48'000, "soun", 1));
  auto good = init + box("styp", Bytes(8)) + moof(traf(video, 90'000) + traf(audio, 48'000, 0));
  for (std::size_t size = 0; size <= good.size(); ++size) {
    auto bytes = cut(good, size);
    auto tracks = probe_init(bytes);
    auto time = probe_fragment(tracks.value_or(Fmp4Init{}), bytes);
    fail_unless(!time || time == 1s);
    fail_unless(size < good.size() || (time && tracks->tracks.size() == 2));
  }
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    auto noisy = good;
    for (int i = 0; i < 8; ++i)
      noisy[random() % noisy.size()] = static_cast<std::uint8_t>(random());
    (void)probe_fragment(probe_init(noisy).value_or(three_tracks()), noisy);
  }
}
GST_END_TEST;

static Suite* fmp4_probe_suite() {
  auto* suite = suite_create("fmp4_probe");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, tracks_of_an_init_section);
  tcase_add_test(tcase, tracks_that_make_no_sense);
  tcase_add_test(tcase, tracks_are_bounded);
  tcase_add_test(tcase, sizes_of_boxes);
  tcase_add_test(tcase, versions_of_decode_times);
  tcase_add_test(tcase, which_track);
  tcase_add_test(tcase, what_stands_before_the_fragment);
  tcase_add_test(tcase, times_do_not_overflow);
  tcase_add_test(tcase, segments_with_their_own_init_section);
  tcase_add_test(tcase, any_bytes_are_safe);
  return suite;
}

GST_CHECK_MAIN(fmp4_probe)
