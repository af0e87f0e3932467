// Timestamps, probes of first bytes, kinds of containers.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fixtures.h"

#include "media/container.h"
#include "media/timestamp.h"
#include "media/ts_probe.h"

#include <random>
#include <string_view>

using namespace p2plive::media;
using namespace std::chrono_literals;

namespace {

using Bytes = std::vector<std::uint8_t>;

// ffmpeg.ts is eight packets; the fourth has the first PCR and begins a PES packet.
constexpr std::uint64_t first_pcr = 245090;
constexpr std::uint64_t first_pts = 308090; // as ffprobe says
constexpr std::size_t pcr_packet = 3 * ts_packet_size;

Container sniff(std::string_view text) {
  return sniff_container({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

} // namespace

// Rule: the first PCR of what ffmpeg wrote; the first PTS when there is no PCR.
GST_START_TEST(ffmpeg_segment) {
  auto bytes = read_fixture_bytes("ffmpeg.ts");
  fail_unless(looks_like_ts(bytes));
  fail_unless((probe_ts(bytes) == TsTimestamp{TsTimestamp::Source::pcr, Ticks33{first_pcr}, 0}));
  bytes[pcr_packet + 5] &= ~0x10; // the PCR flag
  fail_unless((probe_ts(bytes) == TsTimestamp{TsTimestamp::Source::pts, Ticks33{first_pts}, 0}));
}
GST_END_TEST;

// Rule: all 33 bits and the extension are read; an extension that cannot be makes it no PCR.
GST_START_TEST(every_bit_of_a_pcr) {
  auto bytes = read_fixture_bytes("ffmpeg.ts");
  const std::uint8_t highest[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0x2b}; // 2^33 - 1, 299
  std::copy(std::begin(highest), std::end(highest), bytes.begin() + pcr_packet + 6);
  auto found = probe_ts(bytes);
  fail_unless((found == TsTimestamp{TsTimestamp::Source::pcr, Ticks33{ticks33_modulus - 1}, 299}));
  bytes[pcr_packet + 11] = 0x2c; // 300
  fail_unless(probe_ts(bytes)->source == TsTimestamp::Source::pts);
}
GST_END_TEST;

// Rule: rubbish before the first packet is skipped, but not without a bound.
GST_START_TEST(sync_is_searched_within_a_bound) {
  auto bytes = read_fixture_bytes("ffmpeg.ts");
  for (std::size_t rubbish : {std::size_t{1}, ts_sync_search, ts_sync_search + 1}) {
    Bytes shifted(rubbish, 0);
    for (std::size_t i = 1; i < rubbish; i += 3)
      shifted[i] = 0x47; // as if in sync, but not for long
    shifted.insert(shifted.end(), bytes.begin(), bytes.end());
    fail_unless(probe_ts(shifted).has_value() == (rubbish <= ts_sync_search));
  }
}
GST_END_TEST;

// Rule: packets with errors, scrambled payload or impossible lengths say nothing.
GST_START_TEST(bad_packets_say_nothing) {
  auto good = read_fixture_bytes("ffmpeg.ts");
  good.resize(4 * ts_packet_size);
  auto changed = [&](std::size_t offset, std::uint8_t value) {
    auto bytes = good;
    bytes[pcr_packet + offset] = value;
    return probe_ts(bytes);
  };
  fail_unless(probe_ts(good).has_value());
  fail_if(changed(1, good[pcr_packet + 1] | 0x80).has_value()); // transport error
  fail_if(changed(4, 184).has_value());                         // longer than the packet
  fail_unless(changed(3, good[pcr_packet + 3] | 0xc0)->source == TsTimestamp::Source::pcr);
}
GST_END_TEST;

// Rule: no bytes, cut ones or noise do any harm, and nothing is found where nothing is.
GST_START_TEST(any_bytes_are_safe) {
  auto good = read_fixture_bytes("ffmpeg.ts");
  for (std::size_t length = 0; length <= good.size(); ++length) {
    Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)); // exact for ASAN
    fail_unless(probe_ts(cut).has_value() == (length >= pcr_packet + ts_packet_size));
    (void)sniff_container(cut);
  }
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    auto noisy = good;
    for (int i = 0; i < 8; ++i)
      noisy[random() % noisy.size()] = static_cast<std::uint8_t>(random());
    (void)probe_ts(noisy);
  }
  fail_if(looks_like_ts(Bytes(4096, 0)));
  fail_if(probe_ts(Bytes(4096, 0x47)).has_value());
}
GST_END_TEST;

// Rule: time goes on over the wrap at 33 bits, forwards and in small steps backwards.
GST_START_TEST(unwrapping) {
  Unwrapper unwrapper;
  constexpr std::uint64_t second = 90'000;
  auto at = [&](std::uint64_t ticks) { return unwrapper.unwrap(Ticks33{ticks}); };
  auto start = at(ticks33_modulus - second);
  fail_unless(start == 95'442'717'688'888ns); // (2^33 - 90000) / 90 kHz
  fail_unless(at(second) - start == 2s);
  fail_unless(at(ticks33_modulus - second) == start); // back over the wrap
  fail_unless(at(10 * second) - start == 11s);
  for (std::uint64_t i = 1; i <= 400; ++i) // twelve weeks in steps of five hours
    fail_unless(at((10 + i * 18'000) * second) - start == 11s + i * 5h);
  unwrapper.reset();
  fail_unless(unwrapper.unwrap(Ticks33{9}, 27) == 101us);
  fail_unless(at(ticks33_modulus) == 0ns); // more than 33 bits do not count; back below the first
  fail_unless(at(ticks33_modulus - second) == -1s);
}
GST_END_TEST;

// Rule: what a segment is, is told from its first bytes.
GST_START_TEST(containers) {
  using namespace std::literals;
  fail_unless(sniff(read_fixture("ffmpeg.ts")) == Container::mpeg_ts);
  fail_unless(sniff("\0\0\0\x1cstypmsdh"sv) == Container::iso_bmff);
  fail_unless(sniff("\0\0\0\x20"
                    "ftypiso5"sv) == Container::iso_bmff);
  fail_unless(sniff("ID3\4\0\0\0\0\0\0"sv) == Container::packed_audio);
  fail_unless(sniff("\xff\xf1\x50\x80\0\0"sv) == Container::packed_audio);
  fail_unless(sniff("\xff\xfb\x90\x64"sv) == Container::packed_audio);
  fail_unless(sniff("\x0b\x77\0\0"sv) == Container::packed_audio);
  fail_unless(sniff("\xff\xff\xff\xff"sv) == Container::unknown);
  fail_unless(sniff("\xef\xbb\xbf\n<!DOCTYPE html>") == Container::html);
  fail_unless(sniff("<html>") == Container::html);
  fail_unless(sniff("< 3") == Container::unknown);
  fail_unless(sniff("") == Container::unknown);
  fail_unless(sniff("G") == Container::unknown);
}
GST_END_TEST;

static Suite* ts_probe_suite() {
  auto* suite = suite_create("ts_probe");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, ffmpeg_segment);
  tcase_add_test(tcase, every_bit_of_a_pcr);
  tcase_add_test(tcase, sync_is_searched_within_a_bound);
  tcase_add_test(tcase, bad_packets_say_nothing);
  tcase_add_test(tcase, any_bytes_are_safe);
  tcase_add_test(tcase, unwrapping);
  tcase_add_test(tcase, containers);
  return suite;
}

GST_CHECK_MAIN(ts_probe)
