// Between which variants of a master playlist a player may switch while it plays.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/variant_ladder.h"

#include <gst/check/gstcheck.h>

using namespace p2plive::media;

namespace {

Variant variant(std::uint64_t bandwidth, const std::string& codecs = "avc1.64001f,mp4a.40.2",
                std::uint32_t height = 0) {
  return {.uri = "http://cdn.example/" + std::to_string(bandwidth) + codecs,
          .bandwidth = bandwidth,
          .codecs = codecs,
          .height = height};
}

std::vector<std::uint64_t> ladder(const std::vector<Variant>& variants, const Variant& current,
                                  const VariantWish& wish = {}) {
  MasterPlaylist playlist;
  playlist.variants = variants;
  std::vector<std::uint64_t> out;
  for (const auto& one : variant_ladder(playlist, current, wish))
    out.push_back(one.bandwidth);
  return out;
}

using Steps = std::vector<std::uint64_t>;

} // namespace

// Rule: they rise, and there is one for each bandwidth: the current one where it is among them.
GST_START_TEST(one_for_each_bandwidth) {
  auto current = variant(2000, "avc1.4d401f,mp4a.40.5");
  fail_unless((ladder({variant(3000), variant(2000), variant(1000), current, variant(3000)},
                      current) == Steps{1000, 2000, 3000}));
  MasterPlaylist playlist;
  playlist.variants = {variant(2000), current};
  fail_unless((variant_ladder(playlist, current, {}) == std::vector{current}));
}
GST_END_TEST;

// Rule: a decoder of another kind would be needed for other codecs, and for other streams.
GST_START_TEST(of_the_same_codecs) {
  auto current = variant(2000);
  auto separate = variant(1500);
  separate.separate_audio = true;
  fail_unless((ladder({variant(1000, "mp4a.40.5, avc1.42c00c"), variant(1100, "hvc1.1,mp4a.40.2"),
                       variant(1200, "mp4a.40.2"), variant(1300, "avc1.42c00c"), variant(1400, ""),
                       separate, current},
                      current) == Steps{1000, 2000}));
  auto unnamed = variant(2000, "");
  auto picture = variant(2000, "");
  picture.width = 640;
  fail_unless((ladder({unnamed, variant(1000, ""), picture}, picture) == Steps{2000}));
  fail_unless((ladder({variant(1000, ""), variant(1100), unnamed}, unnamed) == Steps{1000, 2000}));
}
GST_END_TEST;

// Rule: within the bounds, but for the current one, which is played because none is.
GST_START_TEST(within_the_bounds) {
  auto current = variant(2000);
  std::vector variants{variant(1000), current, variant(3000), variant(4000)};
  fail_unless((ladder(variants, current, {.max_bandwidth = 3000}) == Steps{1000, 2000, 3000}));
  fail_unless((ladder(variants, current, {.max_bandwidth = 10}) == Steps{2000}));
  std::vector heights{variant(1000, current.codecs, 360), current,
                      variant(3000, current.codecs, 720)};
  fail_unless((ladder(heights, current, {.max_height = 400}) == Steps{1000, 2000}));
}
GST_END_TEST;

// Rule: it begins with the highest within what is said; else with what is listed first, or one
// below it within 5 Mbit/s; with the lowest where none is.
GST_START_TEST(the_first) {
  auto begins_with = [](std::vector<Variant> variants, std::uint64_t start) {
    MasterPlaylist playlist;
    playlist.variants = std::move(variants);
    auto of_other_codecs = variant(1500, "hvc1.1,mp4a.40.2");
    playlist.variants.insert(playlist.variants.begin(), of_other_codecs);
    auto steps = variant_ladder(playlist, playlist.variants.back(), {.max_bandwidth = 8'000'000});
    return first_of_ladder(steps, playlist, start).bandwidth;
  };
  std::vector listed{variant(2'000'000), variant(1'000'000), variant(4'000'000)};
  fail_unless_equals_uint64(begins_with(listed, 0), 2'000'000);
  fail_unless_equals_uint64(begins_with(listed, 4'000'000), 4'000'000);
  fail_unless_equals_uint64(begins_with(listed, 3'999'999), 2'000'000);
  fail_unless_equals_uint64(begins_with(listed, 1), 1'000'000);
  std::vector falling{variant(9'000'000), variant(7'000'000), variant(3'000'000)};
  fail_unless_equals_uint64(begins_with(falling, 0), 3'000'000);
  fail_unless_equals_uint64(begins_with({variant(7'000'000), variant(6'000'000)}, 0), 6'000'000);
}
GST_END_TEST;

static Suite* variant_ladder_suite() {
  auto* suite = suite_create("variant-ladder");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, one_for_each_bandwidth);
  tcase_add_test(tcase, of_the_same_codecs);
  tcase_add_test(tcase, within_the_bounds);
  tcase_add_test(tcase, the_first);
  return suite;
}

GST_CHECK_MAIN(variant_ladder)
