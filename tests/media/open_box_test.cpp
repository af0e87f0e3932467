// SPDX-License-Identifier: LGPL-2.1-or-later
#include "boxes.h"
#include "fixtures.h"

#include "media/open_box.h"

using namespace p2plive::media;

namespace {

std::uint64_t lacking(const Bytes& bytes, std::size_t piece = SIZE_MAX) {
  OpenBox box;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at))
    box.pass(std::span(bytes).subspan(at, std::min(piece, bytes.size() - at)));
  return box.media_lacking();
}

} // namespace

// Rule: of a real fragment that is cut anywhere in its media data it is known what they lack, in
// whatever pieces it came; of one that is whole, or cut elsewhere, nothing lacks.
GST_START_TEST(a_cut_fragment) {
  const auto file = read_fixture("ffmpeg.m4s");
  const Bytes fragment(file.begin(), file.end());
  const auto begin = file.find("mdat") + 4;
  for (std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1000}, file.size()}) {
    fail_unless_equals_uint64(lacking(fragment, piece), 0);
    fail_unless_equals_uint64(lacking(cut(fragment, file.size() - 5), piece), 5);
    fail_unless_equals_uint64(lacking(cut(fragment, begin), piece), file.size() - begin);
    fail_unless_equals_uint64(lacking(cut(fragment, begin - 1), piece), 0);
    fail_unless_equals_uint64(lacking(cut(fragment, begin - 20), piece), 0);
  }
}
GST_END_TEST;

// Rule: sizes of 64 bits count; of sizes that can not be, or that the end tells, nothing is known.
GST_START_TEST(sizes) {
  const auto large = number(1, 4) + text("mdat") + number(100, 8);
  for (std::size_t piece : {1, 9, 16}) {
    fail_unless_equals_uint64(lacking(large, piece), 84);
    fail_unless_equals_uint64(lacking(large + Bytes(80), piece), 4);
  }
  fail_unless_equals_uint64(lacking(number(0, 4) + text("mdat") + Bytes(9)), 0);
  fail_unless_equals_uint64(lacking(number(7, 4) + text("mdat") + Bytes(9)), 0);
  fail_unless_equals_uint64(lacking(number(1, 4) + text("mdat") + number(15, 8)), 0);
}
GST_END_TEST;

static Suite* open_box_suite() {
  auto* suite = suite_create("open_box");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_cut_fragment);
  tcase_add_test(tcase, sizes);
  return suite;
}

GST_CHECK_MAIN(open_box)
