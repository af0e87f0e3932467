// SctpDepartures: packets written by hand.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/sctp_departures.h"

#include <initializer_list>
#include <vector>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using Bytes = std::vector<std::uint8_t>;

namespace {

Bytes packet(std::initializer_list<Bytes> chunks) {
  Bytes bytes(12, 0xff); // the common header
  for (const auto& chunk : chunks) {
    bytes.insert(bytes.end(), chunk.begin(), chunk.end());
    bytes.resize((bytes.size() + 3) / 4 * 4);
  }
  return bytes;
}

/// RFC 9260 section 3.3.1.
Bytes data(std::uint32_t tsn, std::size_t size) {
  auto length = 16 + size;
  Bytes chunk{0, 3, std::uint8_t(length >> 8), std::uint8_t(length)};
  for (int shift = 24; shift >= 0; shift -= 8)
    chunk.push_back(std::uint8_t(tsn >> shift));
  chunk.resize(length);
  return chunk;
}

const Bytes sack{3, 0, 0, 16, 0, 0, 0, 9, 0, 1, 0, 0, 0, 0, 0, 0};

} // namespace

// Rule: user data counts when it leaves for the first time, wherever it stands in a packet.
GST_START_TEST(data_counts_once) {
  net::SctpDepartures departures;
  departures.saw(packet({sack}));
  fail_unless_equals_uint64(departures.bytes(), 0);
  departures.saw(packet({sack, data(7, 101), data(8, 3)}));
  fail_unless_equals_uint64(departures.bytes(), 104);
  departures.saw(packet({data(7, 101), data(9, 1000)}));
  fail_unless_equals_uint64(departures.bytes(), 1104);
  departures.saw(packet({data(8, 3)}));
  fail_unless_equals_uint64(departures.bytes(), 1104);
}
GST_END_TEST;

// Rule: TSNs go round.
GST_START_TEST(numbers_go_round) {
  net::SctpDepartures departures;
  departures.saw(packet({data(0xfffffffe, 10)}));
  departures.saw(packet({data(0xffffffff, 10), data(0, 10)}));
  departures.saw(packet({data(0xffffffff, 10)}));
  fail_unless_equals_uint64(departures.bytes(), 30);
  departures.saw(packet({data(1, 10)}));
  fail_unless_equals_uint64(departures.bytes(), 40);
}
GST_END_TEST;

// Rule: a packet that is cut short anywhere is read no further.
GST_START_TEST(short_packets_are_survived) {
  auto whole = packet({sack, data(1, 20), data(2, 20)});
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    net::SctpDepartures departures;
    Bytes cut(whole.begin(), whole.begin() + std::ptrdiff_t(size));
    cut.shrink_to_fit();
    departures.saw(cut);
    fail_unless_equals_uint64(departures.bytes(), size < 12 + 16 + 36   ? 0
                                                  : size < whole.size() ? 20
                                                                        : 40);
  }
  net::SctpDepartures departures;
  departures.saw(packet({{0, 0, 0, 0}, data(1, 20)})); // a length of nothing
  fail_unless_equals_uint64(departures.bytes(), 0);
}
GST_END_TEST;

static Suite* sctp_departures_suite() {
  auto* suite = suite_create("sctp_departures");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, data_counts_once);
  tcase_add_test(tcase, numbers_go_round);
  tcase_add_test(tcase, short_packets_are_survived);
  return suite;
}

GST_CHECK_MAIN(sctp_departures)
