// What packed audio is, and where a segment of it begins.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fixtures.h"
#include "id3.h"

#include "media/id3_tag.h"
#include "media/packed_audio_probe.h"

#include <random>

using namespace p2plive::media;

namespace {

const Bytes adts = {0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc};
constexpr std::uint64_t ticks = 0x1'2345'6789;

AudioCodec codec(const Bytes& bytes) {
  return probe_audio_frame(bytes);
}

std::optional<Ticks33> time_in(const Bytes& tag) {
  auto found = probe_packed_audio(tag + adts);
  fail_unless(found.codec == AudioCodec::aac); // whatever the tag is worth, its end is found
  return found.timestamp;
}

bool tells(const Bytes& tag, std::uint64_t expected = ticks) {
  return time_in(tag) == Ticks33{expected};
}

/// Without the size of the tags, which a rule of its own is about.
PackedAudio probe(const Bytes& bytes) {
  auto audio = probe_packed_audio(bytes);
  audio.tags_size = 0;
  return audio;
}

} // namespace

// Rule: the codec is told from its first frame, MPEG audio with its layer.
GST_START_TEST(codecs) {
  fail_unless(codec(adts) == AudioCodec::aac);
  fail_unless(codec({0xff, 0xf8, 0x50, 0x80}) == AudioCodec::aac);     // MPEG-2, with CRC
  fail_unless(codec({0xff, 0xf1, 0x74, 0x80}) == AudioCodec::unknown); // reserved frequency
  fail_unless(codec({0xff, 0xff, 0x90, 0x64}) == AudioCodec::mpeg_layer_1);
  fail_unless(codec({0xff, 0xfd, 0x90, 0x64}) == AudioCodec::mpeg_layer_2);
  fail_unless(codec({0xff, 0xfb, 0x90, 0x64}) == AudioCodec::mp3);
  fail_unless(codec({0xff, 0xf3, 0x90, 0x64}) == AudioCodec::mp3);     // MPEG-2
  fail_unless(codec({0xff, 0xe3, 0x90, 0x64}) == AudioCodec::mp3);     // MPEG-2.5
  fail_unless(codec({0xff, 0xeb, 0x90, 0x64}) == AudioCodec::unknown); // reserved version
  fail_unless(codec({0xff, 0xfb, 0xf0, 0x64}) == AudioCodec::unknown); // reserved bit rate
  fail_unless(codec({0xff, 0xfb, 0x9c, 0x64}) == AudioCodec::unknown); // reserved frequency
  fail_unless(codec({0xff, 0xf1, 0x50}) == AudioCodec::unknown);       // cut
  fail_unless(codec({0x47, 0x40, 0x00, 0x10}) == AudioCodec::unknown);
  fail_unless(codec({}) == AudioCodec::unknown);
}
GST_END_TEST;

// Rule: AC-3 and E-AC-3 share a syncword and are told apart by the bsid.
GST_START_TEST(dolby_codecs) {
  auto with_bsid = [](int bsid) {
    return codec({0x0b, 0x77, 0, 0, 0, static_cast<std::uint8_t>(bsid << 3 | 7)});
  };
  for (int bsid = 0; bsid < 32; ++bsid)
    fail_unless(with_bsid(bsid) == (bsid <= 10   ? AudioCodec::ac3
                                    : bsid <= 16 ? AudioCodec::eac3
                                                 : AudioCodec::unknown));
  fail_unless(codec({0x0b, 0x77, 0, 0, 0}) == AudioCodec::unknown); // cut
}
GST_END_TEST;

// Rule: the timestamp is the lower 33 of the 64 bits in the frame of that owner, and no other's.
GST_START_TEST(timestamps) {
  for (int version : {3, 4}) {
    auto frame_of = [&](const Bytes& content) {
      return time_in(id3(version, frame(version, "PRIV", content)));
    };
    fail_unless(tells(id3(version, timestamp_frame(version, ticks))));
    fail_unless(
        tells(id3(version, timestamp_frame(version, ticks33_modulus - 1)), ticks33_modulus - 1));
    fail_unless(tells(id3(version, timestamp_frame(version, 0xffff'fffe'0000'0005)), 5));
    fail_if(frame_of(text(timestamp_owner) + Bytes{0} + number(ticks, 7)).has_value());
    fail_if(frame_of(text(timestamp_owner) + Bytes{0} + number(ticks, 9)).has_value());
    fail_if(frame_of(text(timestamp_owner)).has_value());
    fail_if(frame_of(text(timestamp_owner) + Bytes{1} + number(ticks, 8)).has_value());
    fail_if(frame_of({}).has_value());
    auto other = frame(version, "PRIV", text("com.example") + Bytes{0} + number(1, 8));
    auto lookalike = text(timestamp_owner) + Bytes{0} + number(1, 8);
    lookalike[0] = 'C';
    fail_if(frame_of(lookalike).has_value());
    auto title = frame(version, "TIT2", timestamp_content(1));
    fail_unless(tells(id3(version, other + title + timestamp_frame(version, ticks))));
  }
  fail_unless((probe_packed_audio(adts) == PackedAudio{AudioCodec::aac, {}}));
}
GST_END_TEST;

// Rule: sizes of frames are plain in version 2.3 and synchsafe in 2.4; of other versions only the
// size of the tag is known.
GST_START_TEST(versions_of_tags) {
  for (int version : {3, 4}) {
    auto picture = frame(version, "APIC", Bytes(300)); // as much as makes a difference
    auto body = picture + timestamp_frame(version, ticks);
    fail_unless(tells(id3(version, body)));
    fail_if(time_in(id3(version == 3 ? 4 : 3, body)).has_value());
  }
  for (int version : {0, 2, 5})
    fail_if(time_in(id3(version, timestamp_frame(4, ticks))).has_value());
}
GST_END_TEST;

// Rule: extended headers, footers and padding are passed over.
GST_START_TEST(parts_of_tags) {
  auto extended = number(6, 4) + Bytes(6);        // 2.3: without its size
  auto extended_too = synchsafe(6) + Bytes{1, 0}; // 2.4: with it
  fail_unless(tells(id3(3, extended + timestamp_frame(3, ticks), 0x40)));
  fail_unless(tells(id3(4, extended_too + timestamp_frame(4, ticks), 0x40)));
  fail_if(time_in(id3(3, number(1000, 4) + timestamp_frame(3, ticks), 0x40)).has_value());
  fail_if(time_in(id3(4, synchsafe(1000) + timestamp_frame(4, ticks), 0x40)).has_value());
  fail_if(time_in(id3(4, {}, 0x40)).has_value());
  auto footer = text("3DI") + Bytes(7);
  fail_unless(tells(id3(4, timestamp_frame(4, ticks), 0x10) + footer));
  fail_unless(tells(id3(3, timestamp_frame(3, ticks) + Bytes(500))));
  fail_if(time_in(id3(3, Bytes(10) + timestamp_frame(3, ticks))).has_value());
}
GST_END_TEST;

// Rule: unsynchronisation is undone, over the whole tag in 2.3 and frame by frame in 2.4.
GST_START_TEST(unsynchronised_tags) {
  constexpr std::uint64_t value = 0x1'ff00'ffe0;
  auto escaped = text(timestamp_owner) + Bytes{0, 0, 0, 0, 1, 0xff, 0, 0, 0xff, 0, 0xe0};
  auto size_of_plain = number(timestamp_content(value).size(), 4);
  auto third = text("PRIV") + size_of_plain + Bytes{0, 0} + escaped;
  auto picture = frame(4, "APIC", Bytes{0xff, 0, 0xff, 0});
  fail_unless(tells(id3(3, third, 0x80), value));
  fail_unless(tells(id3(4, picture + frame(4, "PRIV", escaped), 0x80), value));
  fail_unless(tells(id3(4, picture + frame(4, "PRIV", escaped, 0x02)), value));
  fail_unless(tells(id3(4, timestamp_frame(4, value)), value));
  fail_unless(tells(id3(3, timestamp_frame(3, value)), value));
}
GST_END_TEST;

// Rule: what a frame's flags put before its content is passed over; what they hide is not read.
GST_START_TEST(flags_of_frames) {
  auto content = timestamp_content(ticks);
  auto fourth = [&](int flags, const Bytes& before) {
    return time_in(id3(4, frame(4, "PRIV", before + content, flags)));
  };
  auto third = [&](int flags, const Bytes& before) {
    return time_in(id3(3, frame(3, "PRIV", before + content, flags)));
  };
  fail_unless(fourth(0x40, {9}) == Ticks33{ticks});
  fail_unless(fourth(0x01, synchsafe(53)) == Ticks33{ticks});
  fail_unless(fourth(0x41, Bytes{9} + synchsafe(53)) == Ticks33{ticks});
  fail_unless(third(0x20, {9}) == Ticks33{ticks});
  for (int flag : {0x04, 0x08})
    fail_if(fourth(flag, {}).has_value());
  for (int flag : {0x40, 0x80})
    fail_if(third(flag, {}).has_value());
  // What is passed over ends with the frame.
  auto behind = Bytes{0} + content;
  fail_if(time_in(id3(4, frame(4, "PRIV", {1, 2, 3}, 0x01) + behind)).has_value());
}
GST_END_TEST;

// Rule: of a long tag only the beginning is searched, but its end is found.
GST_START_TEST(search_is_bounded) {
  auto size = timestamp_frame(3, ticks).size();
  auto fits = id3_search_size - 20 - size; // two headers
  fail_unless(tells(id3(3, frame(3, "APIC", Bytes(fits)) + timestamp_frame(3, ticks))));
  fail_if(
      time_in(id3(3, frame(3, "APIC", Bytes(fits + 1)) + timestamp_frame(3, ticks))).has_value());
}
GST_END_TEST;

// Rule: some tags may follow one another; the first timestamp in them counts.
GST_START_TEST(several_tags) {
  auto none = id3(4, frame(4, "TIT2", Bytes(5)));
  auto first = id3(4, timestamp_frame(4, ticks));
  auto second = id3(3, timestamp_frame(3, 1));
  fail_unless(tells(none + first + second));
  Bytes before;
  for (std::size_t i = 1; i < max_id3_tags; ++i)
    before = before + none;
  fail_unless(tells(before + first));
  auto too_many = probe(before + none + first + adts);
  fail_unless((too_many == PackedAudio{AudioCodec::unknown, {}}));
}
GST_END_TEST;

// Rule: it tells how far it is to the audio, also where that is further than what there is.
GST_START_TEST(size_of_tags) {
  auto tag = id3(4, timestamp_frame(4, ticks));
  fail_unless_equals_uint64(probe_packed_audio(adts).tags_size, 0);
  fail_unless_equals_uint64(probe_packed_audio(tag + tag + adts).tags_size, 2 * tag.size());
  fail_unless_equals_uint64(probe_packed_audio(cut(tag, 20)).tags_size, tag.size());
}
GST_END_TEST;

// Rule: what only looks like a tag is none, and of one that is cut off nothing is made up.
GST_START_TEST(broken_tags) {
  auto tag = id3(4, timestamp_frame(4, ticks));
  auto changed = [&](std::size_t offset) {
    auto bytes = tag + adts;
    bytes[offset] = 0xff;
    return probe(bytes);
  };
  fail_unless((probe(tag) == PackedAudio{AudioCodec::unknown, Ticks33{ticks}}));
  for (std::size_t offset : {0, 3, 4, 6, 9}) // "ID3", version, revision, size
    fail_unless(changed(offset) == PackedAudio{});
  fail_unless((changed(17) == PackedAudio{AudioCodec::aac, {}})); // the frame's size
  for (std::size_t size = 0; size < tag.size(); ++size)
    fail_unless(probe(cut(tag, size)) == PackedAudio{});
  auto long_one = tag + adts;
  long_one[8] = 0x7f; // the tag says that it is longer than what is there
  fail_unless((probe(long_one) == PackedAudio{AudioCodec::unknown, Ticks33{ticks}}));
}
GST_END_TEST;

// Rule: so it is with what ffmpeg's muxers write.
GST_START_TEST(ffmpeg_audio) {
  constexpr Ticks33 told{0x1'ff00'e005};
  auto fixture = [](const std::string& name) {
    return probe(read_fixture_bytes("ffmpeg." + name));
  };
  fail_unless((fixture("aac") == PackedAudio{AudioCodec::aac, told})); // version 2.4
  fail_unless((fixture("mp3") == PackedAudio{AudioCodec::mp3, told})); // version 2.3
  fail_unless((fixture("mp2") == PackedAudio{AudioCodec::mpeg_layer_2, {}}));
  fail_unless((fixture("ac3") == PackedAudio{AudioCodec::ac3, {}}));
  fail_unless((fixture("eac3") == PackedAudio{AudioCodec::eac3, {}}));
}
GST_END_TEST;

// Rule: noise does no harm.
GST_START_TEST(any_bytes_are_safe) {
  auto good = id3(3, Bytes{0, 0, 0, 6, 0, 0, 0, 0, 0, 0} + timestamp_frame(3, ticks), 0xc0) +
              id3(4, frame(4, "PRIV", timestamp_content(ticks), 0x02), 0x10) + Bytes(10) + adts;
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    auto noisy = good;
    for (int i = 0; i < 8; ++i)
      noisy[random() % noisy.size()] = static_cast<std::uint8_t>(random());
    (void)probe(noisy);
  }
}
GST_END_TEST;

static Suite* packed_audio_probe_suite() {
  auto* suite = suite_create("packed_audio_probe");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, codecs);
  tcase_add_test(tcase, dolby_codecs);
  tcase_add_test(tcase, timestamps);
  tcase_add_test(tcase, versions_of_tags);
  tcase_add_test(tcase, parts_of_tags);
  tcase_add_test(tcase, unsynchronised_tags);
  tcase_add_test(tcase, flags_of_frames);
  tcase_add_test(tcase, search_is_bounded);
  tcase_add_test(tcase, several_tags);
  tcase_add_test(tcase, size_of_tags);
  tcase_add_test(tcase, broken_tags);
  tcase_add_test(tcase, ffmpeg_audio);
  tcase_add_test(tcase, any_bytes_are_safe);
  return suite;
}

GST_CHECK_MAIN(packed_audio_probe)
